"""What changed inside a text: the pieces that stayed, went and came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from registry_ui.comparison.values import Change

_TOKEN = re.compile(r"[\w.+-]+|\s+|.", re.DOTALL)
_WORD = re.compile(r"[\w.+-]")
_MOST_CHARACTERS = 4_000
_MOST_PAIRS = 40_000
_LEAST_SHARED = 1 / 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that both have (`same`), or only one of them."""

    change: Change
    text: str


def inner_difference(before: str, after: str) -> tuple[Piece, ...]:
    """Return in order what two texts share, what was removed and what was added.

    Words and numbers are taken as a whole. What lies between the first and the last
    difference is one piece removed and one added where it is too long to look into.
    Empty where the texts share less than a third of the longer one.
    """
    head, tail = _ends(before, after)
    pieces = [
        *_piece(Change.SAME, before[:head]),
        *_middle(before[head : len(before) - tail], after[head : len(after) - tail]),
        *_piece(Change.SAME, before[len(before) - tail :]),
    ]
    shared = sum(len(one.text) for one in pieces if one.change is Change.SAME)
    if shared < _LEAST_SHARED * max(len(before), len(after)):
        return ()
    return tuple(pieces)


def _ends(before: str, after: str) -> tuple[int, int]:
    """Return how many characters both begin and end with, whole words only."""
    texts = (before, after)
    head = _shared(before, after)
    while any(_is_inside_a_word(text, head) for text in texts):
        head -= 1
    tail = _shared(before[head:][::-1], after[head:][::-1])
    while tail and any(_is_inside_a_word(text, len(text) - tail) for text in texts):
        tail -= 1
    return head, tail


def _is_inside_a_word(text: str, at: int) -> bool:
    around = text[at - 1 : at + 1] if at else ""
    return len(around) == 2 and all(map(_WORD.match, around))  # noqa: PLR2004 - both sides


def _shared(one: str, other: str) -> int:
    """Return the length of the longest beginning that two texts have in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _middle(before: str, after: str) -> Iterator[Piece]:
    old, new = [before], [after]
    if len(before) + len(after) <= _MOST_CHARACTERS:
        old, new = _TOKEN.findall(before), _TOKEN.findall(after)
        if len(old) * len(new) > _MOST_PAIRS:
            old, new = [before], [after]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            yield from _piece(Change.SAME, "".join(old[old_from:old_to]))
        else:
            yield from _piece(Change.REMOVED, "".join(old[old_from:old_to]))
            yield from _piece(Change.ADDED, "".join(new[new_from:new_to]))


def _piece(change: Change, text: str) -> Iterator[Piece]:
    if text:
        yield Piece(change, text)
