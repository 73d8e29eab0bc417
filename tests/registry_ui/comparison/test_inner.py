"""What changed inside a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.comparison import Change, Piece, inner_difference

LONG = "a value that is so long that one would rather see the difference alone: "


def marked(pieces: tuple[Piece, ...]) -> str:
    """Write what was removed in [-…-] and what was added in {+…+}."""
    forms = {Change.REMOVED: "[-{}-]", Change.ADDED: "{{+{}+}}"}
    return "".join(forms.get(one.change, "{}").format(one.text) for one in pieces)


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        ("depth 6, eta 0.12, seed 7", "depth 6, eta 0.15, seed 7",
         "depth 6, eta [-0.12-]{+0.15+}, seed 7"),
        ('{"a": 1, "b": 2, "c": 3}', '{"a": 9, "b": 2, "c": 8}',
         '{"a": [-1-]{+9+}, "b": 2, "c": [-3-]{+8+}}'),
        ("one two", "one two three", "one two{+ three+}"),
        ("one two three", "one two", "one two[- three-]"),
        ("one three", "one two three", "one {+two +}three"),
        ("same", "same", "same"),
    ],
)  # fmt: skip
def test_whole_words_are_taken_out_and_put_in(
    before: str, after: str, difference: str
) -> None:
    assert marked(inner_difference(before, after)) == difference


def test_texts_that_share_little_are_not_compared() -> None:
    assert inner_difference("s3://bucket/one", "an altogether different text") == ()
    assert inner_difference("", "something") == ()


def test_what_is_too_long_to_look_into_is_one_change() -> None:
    before = LONG * 100 + "x " * 3_000 + LONG * 100
    after = LONG * 100 + "y " * 3_000 + LONG * 100

    changes = [one.change for one in inner_difference(before, after)]

    assert changes == [Change.SAME, Change.REMOVED, Change.ADDED, Change.SAME]


@given(st.text("ab .,", max_size=40), st.text("ab .,", max_size=40))
def test_the_pieces_make_both_texts(before: str, after: str) -> None:
    pieces = inner_difference(before, after)

    if pieces:
        old = (one.text for one in pieces if one.change is not Change.ADDED)
        new = (one.text for one in pieces if one.change is not Change.REMOVED)
        assert ("".join(old), "".join(new)) == (before, after)
