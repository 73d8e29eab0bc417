"""Markdown of people as tokens, and the `@name` in it that may be somebody.

One parser for pages and record, so what is marked on a page is what was recorded. Who
really is somebody, the caller finds out.
"""

import re
from collections.abc import Iterator
from unicodedata import normalize

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MENTION = "mention"
MOST_NAMES = 50
"""So many people are looked up for one text; nobody reads on after as many."""

MOST_CELLS = 2000
"""A few characters make 60,000 empty ones, which keep a browser busy for seconds."""

_LONGEST_NAME = 150  # Django's bound for user names
# What user names consist of. The full stop after one ends the sentence, and what has
# such a character before it is an address of mail or of the web.
_NAME = re.compile(r"(?<![\w.+\-@/])@(?!@)([\w.@+-]*\w)")


def tokens_of(text: str) -> list[Token]:
    """Parse CommonMark with tables, without HTML and without images.

    Where tables have more than 2,000 cells together, they stay text.

    Returns:
        The tokens of markdown-it; among the children of an inline one, each `@name`
        outside code and links is a token of type `mention`: its content is what was
        typed, its `meta["name"]` the name in the form in which user names are stored.
        After a backslash it is text.
    """
    tokens = PARSER.parse(text)
    cells = sum(token.type == "td_open" for token in tokens)
    return tokens if cells <= MOST_CELLS else _WITHOUT_TABLES.parse(text)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that a text mentions, each once, the first 50 in their order."""
    if "@" not in text:
        return ()
    names: dict[str, None] = {}
    for token in tokens_of(text):
        for child in token.children or ():
            if child.type == MENTION:
                names[child.meta["name"]] = None
    return tuple(names)[:MOST_NAMES]


def _mark_mentions(state: StateCore) -> None:
    for token in state.tokens:
        if token.children and "@" in token.content:
            token.children = list(_marked(token.children))


def _marked(tokens: list[Token]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not depth:
            yield from _parts(token)
        else:
            yield token


def _parts(token: Token) -> Iterator[Token]:
    """Split text into text and mentions."""
    text, end = token.content, 0
    for found in _NAME.finditer(text):
        name = normalize("NFKC", found[1])
        if len(name) > _LONGEST_NAME:
            continue
        if found.start() > end:
            yield _token("text", text[end : found.start()], token.level)
        mention = _token(MENTION, found[0], token.level)
        mention.meta["name"] = name
        yield mention
        end = found.end()
    if end < len(text):
        yield _token("text", text[end:], token.level)


def _token(kind: str, content: str, level: int) -> Token:
    return Token(kind, "", 0, content=content, level=level)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.disable("image")  # another host's picture would tell it who reads this
    # Before texts are joined, what a backslash made text is still told apart.
    parser.core.ruler.before("text_join", "mentions", _mark_mentions)
    return parser


_WITHOUT_TABLES = _parser()
PARSER = _parser().enable("table")
