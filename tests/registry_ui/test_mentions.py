"""Finding `@name` in Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from registry_ui.mentions import MENTION, MOST_NAMES, names_in, tokens_of

USER_NAME = st.from_regex(r"[\w.@+-]{0,30}\w", fullmatch=True).filter(
    lambda name: name.isascii() and "__" not in name and name[0] not in "_@"
)


PLAIN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _texts(tokens: list[Token]) -> list[str]:
    """Return the text of each paragraph, heading and cell, without code and links."""
    return [
        "".join(c.content for c in token.children if c.type in {"text", MENTION})
        for token in tokens
        if token.children is not None
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@rui", ["rui"]),
        ("Ask @rui, @dana and @rui.", ["rui", "dana"]),
        ("(@rui)", ["rui"]),
        ("@rui's data", ["rui"]),
        ("@rui_tanaka @rui.t @a+b-c", ["rui_tanaka", "rui.t", "a+b-c"]),
        ("@dana@firm.example", ["dana@firm.example"]),
        ("**@rui** _@dana_\n> @maya\n\n- @ada", ["rui", "dana", "maya", "ada"]),
        ("# @rui", ["rui"]),
        ("| who |\n| --- |\n| @rui |", ["rui"]),
        ("@\uff32\uff35\uff29", ["RUI"]),
        ("@Øystein", ["Øystein"]),
    ],
)
def test_names_are_found(text: str, names: list[str]) -> None:
    assert list(names_in(text)) == names


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "@ rui",
        "`@rui`",
        "```\n@rui\n```",
        "    @rui",
        "rui@firm.example",
        "<rui@firm.example>",
        "https://elsewhere.example/@rui",
        "<https://elsewhere.example/@rui>",
        "[@rui](https://elsewhere.example)",
        r"\@rui",
        "&#64;rui",
        "@@rui",
        "@" + "x" * 151,
        "@...",
    ],
)
def test_what_is_no_mention_is_left_alone(text: str) -> None:
    assert names_in(text) == ()


def test_not_more_people_are_looked_up_than_anybody_means() -> None:
    assert len(names_in(" ".join(f"@user{n}" for n in range(200)))) == MOST_NAMES


@given(USER_NAME)
def test_every_usual_user_name_can_be_mentioned(name: str) -> None:
    assert names_in(f"Ask @{name}, please.") == (name,)


@given(st.text(st.sampled_from("@ab._-+`*[]()\\ \n<>&#1:/"), max_size=60))
def test_marking_mentions_loses_nothing_of_the_text(text: str) -> None:
    assert _texts(tokens_of(text)) == _texts(PLAIN.parse(text))


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert len(names_in(text)) <= MOST_NAMES
