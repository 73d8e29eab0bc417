"""The differences that matter, in a few short statements, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from registry_ui.comparison.background import DatasetComparison
from registry_ui.comparison.compatibility import Compatibility
from registry_ui.comparison.facts import VersionFacts
from registry_ui.comparison.metrics import MetricCell, MetricRow, Verdict
from registry_ui.comparison.numbers import format_number, format_relative
from registry_ui.comparison.requirements import RequirementRow, Step
from registry_ui.comparison.signatures import SignatureComparison
from registry_ui.comparison.values import Change, ValueRow

_MOST_METRICS = 3
_MOST_NAMES = 4
_LONGEST_NAME = 80


class Tone(StrEnum):
    """How a statement should be taken; the order is the order of a summary."""

    HEADLINE = "headline"
    BAD = "bad"
    CAUTION = "caution"
    GOOD = "good"
    NEUTRAL = "neutral"


_ORDER = {tone: order for order, tone in enumerate(Tone)}


@dataclass(frozen=True, slots=True)
class Statement:
    """One difference in words.

    `verdict` says good or bad where the tone does not (the headline metric); `section`
    is the part of the comparison that has the details; `version` is the index of the
    version it is about.
    """

    tone: Tone
    section: str
    text: str
    version: int
    verdict: Verdict = Verdict.UNKNOWN


@dataclass(frozen=True, slots=True)
class Findings:
    """The sections that a summary is made from."""

    metrics: tuple[MetricRow, ...]
    params: tuple[ValueRow, ...]
    signature: SignatureComparison
    requirements: tuple[RequirementRow, ...]
    environment: tuple[ValueRow, ...]
    datasets: DatasetComparison


def summarise(
    versions: Sequence[VersionFacts], findings: Findings, *, baseline: int
) -> tuple[Statement, ...]:
    """Say what matters of each version: its headline metric, then the worst first."""
    statements: list[Statement] = []
    for index, version in enumerate(versions):
        statements += [
            Statement(Tone.CAUTION, "lineage", f"{version.label}: {error}", index)
            for error in version.evidence_errors
        ]
        if index != baseline:
            if version.is_run_read:
                headline = versions[baseline].choices.headline_of(
                    row.name for row in findings.metrics
                )
                statements += _metrics(findings.metrics, headline, baseline, index)
            statements += _signature(findings.signature, index)
            statements += _datasets(findings.datasets, index)
            statements += _requirements(findings.requirements, index)
            statements += _environment(findings.environment, baseline, index)
            statements += _params(findings.params, index)
    return tuple(sorted(statements, key=lambda one: _ORDER[one.tone]))


def _metrics(
    rows: Sequence[MetricRow], headline: str | None, baseline: int, index: int
) -> Iterator[Statement]:
    for row in rows:
        if row.name == headline and not _is_missing(row, baseline, index):
            verdict = row.cells[index].verdict
            text = _metric_text(row, baseline, index)
            yield Statement(Tone.HEADLINE, "metrics", text, index, verdict)
    others = [row for row in rows if row.name != headline]
    for words, names in (
        ("is missing", [row.name for row in rows if _is_missing(row, baseline, index)]),
        ("is NaN", [row.name for row in others if _became_nan(row, baseline, index)]),
    ):
        if names:
            text = f"{_listed(names)} {words if len(names) == 1 else _plural(words)}"
            yield Statement(Tone.CAUTION, "metrics", text, index)
    for verdict, tone in ((Verdict.WORSE, Tone.BAD), (Verdict.BETTER, Tone.GOOD)):
        judged = [row for row in others if row.cells[index].verdict is verdict]
        for text in _largest(judged, verdict, baseline, index):
            yield Statement(tone, "metrics", text, index, verdict)


def _largest(
    rows: list[MetricRow], verdict: Verdict, baseline: int, index: int
) -> Iterator[str]:
    rows = sorted(rows, key=lambda row: -_size(row.cells[index]))
    for row in rows[:_MOST_METRICS]:
        yield _metric_text(row, baseline, index)
    more = len(rows) - _MOST_METRICS
    if more > 0:
        yield f"{more} more {'metric is' if more == 1 else 'metrics are'} {verdict}"


def _metric_text(row: MetricRow, baseline: int, index: int) -> str:
    before, after = row.cells[baseline], row.cells[index]
    if after.verdict is Verdict.SAME:
        return f"{_short(row.name)} is the same: {_value(after)}"
    relative = f" ({format_relative(after.relative)})" if after.relative else ""
    return f"{_short(row.name)} {_value(before)} → {_value(after)}{relative}"


def _is_missing(row: MetricRow, baseline: int, index: int) -> bool:
    """Is it lost: there in the baseline, and not here?"""
    return row.cells[index].is_missing and not row.cells[baseline].is_missing


def _became_nan(row: MetricRow, baseline: int, index: int) -> bool:
    return row.cells[index].is_nan and not row.cells[baseline].is_nan


def _plural(words: str) -> str:
    return words.replace("is ", "are ", 1)


def _value(cell: MetricCell) -> str:
    return "missing" if cell.is_missing else format_number(cell.value)


def _size(cell: MetricCell) -> float:
    return float("inf") if cell.relative is None else abs(cell.relative)


def _signature(signature: SignatureComparison, index: int) -> Iterator[Statement]:
    tones = {
        Compatibility.BREAKING: (Tone.BAD, "The signature breaks callers"),
        Compatibility.UNKNOWN: (Tone.CAUTION, "The signature cannot be judged"),
        Compatibility.WIDENED: (Tone.NEUTRAL, "The signature is widened"),
    }
    verdict = signature.verdicts[index]
    if verdict in tones:
        tone, words = tones[verdict]
        text = f"{words}: {_listed(signature.worst_reasons[index], '; ')}"
        yield Statement(tone, "signature", text, index)


def _datasets(datasets: DatasetComparison, index: int) -> Iterator[Statement]:
    if datasets.is_comparable[index] is False:
        text = "Data sets differ, so metrics may not compare"
        yield Statement(Tone.CAUTION, "datasets", text, index)


def _requirements(rows: Sequence[RequirementRow], index: int) -> Iterator[Statement]:
    def named(*, is_downgrade: bool) -> list[str]:
        return [
            f"{row.name} {row.cells[index].text}"
            for row in rows
            if row.cells[index].is_downgrade == is_downgrade
            and (is_downgrade or row.cells[index].step is Step.MAJOR)
        ]

    if majors := named(is_downgrade=False):
        text = f"New major version of {_listed(majors)}"
        yield Statement(Tone.CAUTION, "requirements", text, index)
    if downgrades := named(is_downgrade=True):
        text = f"Older version of {_listed(downgrades)}"
        yield Statement(Tone.CAUTION, "requirements", text, index)
    for change, words in (
        (Change.ADDED, "New dependency"),
        (Change.REMOVED, "No longer needed"),
    ):
        names = [row.name for row in rows if row.cells[index].change is change]
        if names:
            text = f"{words}: {_listed(names)}"
            yield Statement(Tone.NEUTRAL, "requirements", text, index)


def _environment(
    rows: Sequence[ValueRow], baseline: int, index: int
) -> Iterator[Statement]:
    for row in rows:
        before, after = row.cells[baseline].value, row.cells[index].value
        if row.cells[index].change is not Change.CHANGED or not before or not after:
            continue
        if row.name == "Python" and _minor(before) == _minor(after):
            continue
        tone = Tone.CAUTION if row.name in {"Python", "Flavors"} else Tone.NEUTRAL
        text = f"{row.name} {_short(before)} → {_short(after)}"
        yield Statement(tone, "environment", text, index)


def _params(rows: Sequence[ValueRow], index: int) -> Iterator[Statement]:
    names = [
        row.name
        for row in rows
        if row.cells[index].change in {Change.ADDED, Change.REMOVED, Change.CHANGED}
    ]
    if names:
        word = "parameter differs" if len(names) == 1 else "parameters differ"
        text = f"{len(names)} {word}: {_listed(names)}"
        yield Statement(Tone.NEUTRAL, "params", text, index)


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]


def _listed(names: Sequence[str], joint: str = ", ") -> str:
    shown = joint.join(_short(name) for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
