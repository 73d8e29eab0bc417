"""Signatures side by side: one row a column, one verdict a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry_ui.comparison.compatibility import (
    Compatibility,
    Finding,
    judge_column,
    severity,
    worst,
)
from registry_ui.comparison.facts import VersionFacts
from registry_ui.comparison.schemas import (
    Column,
    SchemaError,
    parse_columns,
    parse_params,
)
from registry_ui.comparison.values import Change, change_between, change_of_row

_PARTS = ("input", "output", "param")


@dataclass(frozen=True, slots=True)
class SchemaCell:
    """One version's declaration of a column; `text` is None where it has none.

    `notes` say what changed, in words: "now required", "moved".
    """

    text: str | None
    change: Change
    verdict: Compatibility
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """One column, one cell a version; columns without a name are `#1`, `#2`, …."""

    name: str
    cells: tuple[SchemaCell, ...]

    @property
    def change(self) -> Change:
        """Return what happened to it, over all versions."""
        return change_of_row(cell.change for cell in self.cells)

    @property
    def is_different(self) -> bool:
        """Does any version declare it differently from the baseline?"""
        return any(cell.change is not Change.SAME or cell.notes for cell in self.cells)


@dataclass(frozen=True, slots=True)
class SignatureComparison:
    """All three parts, and for each version a verdict with its reasons.

    `verdicts` and `reasons` have one entry a version; the baseline is compatible with
    itself. A reason is a short clause, worst first: "input age: now required".
    `worst_reasons` are just those that led to the verdict.
    """

    inputs: tuple[SchemaRow, ...]
    outputs: tuple[SchemaRow, ...]
    params: tuple[SchemaRow, ...]
    verdicts: tuple[Compatibility, ...]
    reasons: tuple[tuple[str, ...], ...]
    worst_reasons: tuple[tuple[str, ...], ...]

    @property
    def sections(self) -> tuple[tuple[str, tuple[SchemaRow, ...]], ...]:
        """Return each part that has rows, with its title."""
        parts = (
            ("Inputs", self.inputs),
            ("Outputs", self.outputs),
            ("Params", self.params),
        )
        return tuple(part for part in parts if part[1])

    @property
    def rows(self) -> tuple[SchemaRow, ...]:
        """Return the rows of all parts."""
        return self.inputs + self.outputs + self.params


@dataclass(frozen=True, slots=True)
class _Side:
    """One part of one version's signature.

    `columns` is None where it declares nothing; `is_read` is False where it might.
    """

    columns: tuple[Column, ...] | None
    is_read: bool = True
    problem: str = ""


def compare_signatures(
    versions: Sequence[VersionFacts], *, baseline: int
) -> SignatureComparison:
    """Compare each version's signature with the baseline's; never raises."""
    sides = {part: [_read(part, version) for version in versions] for part in _PARTS}
    rows = {part: _rows(part, sides[part], baseline) for part in _PARTS}
    verdicts: list[Compatibility] = []
    reasons: list[tuple[str, ...]] = []
    worst_reasons: list[tuple[str, ...]] = []
    for index in range(len(versions)):
        findings: list[Finding] = []
        if index != baseline:
            findings = _gaps(versions, sides, baseline, index)
            for part in _PARTS:
                findings += _named_findings(part, rows[part], index)
            findings.sort(key=lambda finding: -severity(finding.verdict))
        verdict = worst(findings)
        verdicts.append(verdict)
        reasons.append(tuple(one.note for one in findings))
        worst_reasons.append(
            tuple(one.note for one in findings if one.verdict is verdict)
        )
    return SignatureComparison(
        rows["input"],
        rows["output"],
        rows["param"],
        tuple(verdicts),
        tuple(reasons),
        tuple(worst_reasons),
    )


def _read(part: str, version: VersionFacts) -> _Side:
    """Parse one part; what cannot be parsed is unknown, not an error of ours."""
    if version.signature is None:
        return _Side(None, is_read=version.is_model_read)
    schema = version.signature.get(f"{part}s")
    try:
        parsed = parse_params(schema) if part == "param" else parse_columns(schema)
    except SchemaError as error:
        return _Side(None, is_read=False, problem=str(error))
    return _Side(parsed)


def _gaps(
    versions: Sequence[VersionFacts],
    sides: dict[str, list[_Side]],
    baseline: int,
    index: int,
) -> list[Finding]:
    """Say what cannot be judged, since a side declares nothing."""
    unknown = Compatibility.UNKNOWN
    for version in (versions[baseline], versions[index]):
        if version.signature is None:
            why = "has no" if version.is_model_read else "could not be read for a"
            return [Finding(unknown, f"{version.label} {why} signature")]
    notes: list[str] = []
    for part, of_part in sides.items():
        pair = of_part[baseline], of_part[index]
        problems = [side.problem for side in pair if side.problem]
        notes += [f"{part}s cannot be read: {problem}" for problem in problems]
        if not problems and part != "param":
            notes += _undeclared(part, *pair)
    return [Finding(unknown, note) for note in notes]


def _undeclared(part: str, before: _Side, after: _Side) -> list[str]:
    if before.columns is not None and after.columns is None:
        return [f"{part}s are not declared any more"]
    # Nobody relied on outputs that nobody had declared.
    if part == "input" and before.columns is None and after.columns is not None:
        return ["inputs were not declared before"]
    return []


def _named_findings(
    part: str, rows: tuple[SchemaRow, ...], index: int
) -> list[Finding]:
    return [
        Finding(cell.verdict, f"{part} {row.name[:100]}: {', '.join(cell.notes)}")
        for row in rows
        if (cell := row.cells[index]).notes
    ]


def _rows(part: str, sides: list[_Side], baseline: int) -> tuple[SchemaRow, ...]:
    """Lay one part of all versions side by side, in the baseline's order."""
    is_by_name = all(column.name for side in sides for column in side.columns or ())
    keyed = [_keyed(side, is_by_name=is_by_name) for side in sides]
    names = list(
        dict.fromkeys([*keyed[baseline], *(key for one in keyed for key in one)])
    )
    moved = [_moved(keyed[baseline], one) if is_by_name else set() for one in keyed]
    return tuple(
        SchemaRow(
            name,
            tuple(
                _cell(
                    part,
                    (sides[baseline], keyed[baseline].get(name)),
                    (sides[index], keyed[index].get(name)),
                    is_moved=name in moved[index],
                )
                for index in range(len(sides))
            ),
        )
        for name in names
    )


def _keyed(side: _Side, *, is_by_name: bool) -> dict[str, Column]:
    return {
        column.name if is_by_name else f"#{position}": column
        for position, column in enumerate(side.columns or (), start=1)
    }


def _moved(before: dict[str, Column], after: dict[str, Column]) -> set[str]:
    """Return the shared names that stand in another order."""
    old = [name for name in before if name in after]
    new = [name for name in after if name in before]
    return {name for name, other in zip(old, new, strict=True) if name != other}


def _cell(
    part: str,
    before: tuple[_Side, Column | None],
    after: tuple[_Side, Column | None],
    *,
    is_moved: bool,
) -> SchemaCell:
    (old_side, old), (new_side, new) = before, after
    text = None if new is None else str(new)
    change = change_between(
        old, new, is_before_read=old_side.is_read, is_after_read=new_side.is_read
    )
    if part == "param":
        is_judged = old_side.is_read and new_side.is_read
    else:
        is_judged = old_side.columns is not None and new_side.columns is not None
    if not is_judged:
        return SchemaCell(text, change, Compatibility.UNKNOWN)
    findings = judge_column(part, old, new)
    if is_moved:
        findings.append(Finding(Compatibility.COMPATIBLE, "moved"))
    return SchemaCell(
        text, change, worst(findings), tuple(finding.note for finding in findings)
    )
