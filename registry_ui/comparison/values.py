"""Named texts side by side: parameters, tags, environment, lineage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """How one version's value stands to the baseline's."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNKNOWN = "unknown"


def change_of_row(changes: Iterable[Change]) -> Change:
    """Sum up one row: the change that all versions but the baseline share, if they do.

    Args:
        changes: of all cells, the baseline's `same` among them.
    """
    cells = list(changes)
    found = {change for change in cells if change is not Change.SAME}
    if not found:
        return Change.SAME
    is_shared = len(found) == 1 and cells.count(Change.SAME) == 1
    return found.pop() if is_shared else Change.CHANGED


@dataclass(frozen=True, slots=True)
class ValueCell:
    """One version's value; None where it has none, or where it could not be read.

    `before` is the baseline's value where that is another one. `url` leads to what the
    value names, where that is known.
    """

    value: str | None
    change: Change
    before: str | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One name, one cell a version."""

    name: str
    cells: tuple[ValueCell, ...]

    @property
    def change(self) -> Change:
        """Return what happened to it, over all versions."""
        return change_of_row(cell.change for cell in self.cells)

    @property
    def is_different(self) -> bool:
        """Does any version differ from the baseline, or might?"""
        return any(cell.change is not Change.SAME for cell in self.cells)


def change_between(
    before: object, after: object, *, is_before_read: bool, is_after_read: bool
) -> Change:
    """Name the change from one value to another.

    None means absent: known to be so if that side was read, else unknown.
    """
    if (before is None and not is_before_read) or (after is None and not is_after_read):
        return Change.UNKNOWN
    if before == after:
        return Change.SAME
    if before is None:
        return Change.ADDED
    return Change.REMOVED if after is None else Change.CHANGED


def compare_values(
    values: Sequence[Mapping[str, str]], *, baseline: int, is_read: Sequence[bool]
) -> tuple[ValueRow, ...]:
    """Lay mappings side by side: one row a name, sorted.

    Args:
        values: one mapping a version.
        baseline: index of the version that the others are compared with.
        is_read: one flag a version: False where a missing name means nothing.
    """
    names = sorted({name for mapping in values for name in mapping})
    return tuple(
        compare_one(
            name,
            [mapping.get(name) for mapping in values],
            baseline=baseline,
            is_read=is_read,
        )
        for name in names
    )


def compare_one(
    name: str,
    values: Sequence[str | None],
    *,
    baseline: int,
    is_read: Sequence[bool],
) -> ValueRow:
    """Build the row of one name from one value a version; None where absent."""
    before = values[baseline]
    cells = []
    for index, value in enumerate(values):
        change = change_between(
            before,
            value,
            is_before_read=is_read[baseline],
            is_after_read=is_read[index],
        )
        if index == baseline:
            change = Change.SAME
        cells.append(
            ValueCell(value, change, before if change is Change.CHANGED else None)
        )
    return ValueRow(name, tuple(cells))
