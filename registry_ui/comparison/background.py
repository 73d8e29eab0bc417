"""Where versions come from: environment, data sets, lineage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from registry_ui.comparison.facts import VersionFacts
from registry_ui.comparison.git import commit_of, commit_url
from registry_ui.comparison.numbers import format_bytes
from registry_ui.comparison.values import ValueRow, compare_one, compare_values


def _size(facts: VersionFacts) -> str:
    size = facts.model_size_bytes
    return "" if size is None else format_bytes(size)


def _created(facts: VersionFacts) -> str:
    return f"{facts.created_at:%Y-%m-%d %H:%M} UTC" if facts.created_at else ""


GIT_COMMIT = "Git commit"
_Reader = Callable[[VersionFacts], str]

_ENVIRONMENT: tuple[tuple[str, _Reader], ...] = (
    ("Python", lambda facts: facts.python_version),
    ("MLflow", lambda facts: facts.mlflow_version),
    ("Flavors", lambda facts: ", ".join(sorted(facts.flavors))),
    ("Model size", _size),
)
# Whether it is read from the run (or from the registry, which is always read).
_LINEAGE: tuple[tuple[str, bool, _Reader], ...] = (
    ("Run", False, lambda facts: facts.run_name or facts.run_id),
    ("Experiment", True, lambda facts: facts.experiment_id),
    ("User", True, lambda facts: facts.user),
    ("Source", False, lambda facts: facts.source),
    (GIT_COMMIT, True, lambda facts: commit_of(facts.run_tags)),
    ("Created", False, _created),
    ("Description", False, lambda facts: facts.description),
)


@dataclass(frozen=True, slots=True)
class DatasetComparison:
    """Data sets by name and context, with digests as values.

    `is_comparable` has one entry a version: False where a data set that both runs name
    has another digest or their sets differ, so that metrics may not compare; None where
    a run names none.
    """

    rows: tuple[ValueRow, ...]
    is_comparable: tuple[bool | None, ...]


def compare_environment(
    versions: Sequence[VersionFacts], *, baseline: int
) -> tuple[ValueRow, ...]:
    """Lay Python, MLflow, flavors and size side by side; no row that nobody fills."""
    is_read = [version.is_model_read for version in versions]
    return tuple(
        compare_one(name, values, baseline=baseline, is_read=is_read)
        for name, read in _ENVIRONMENT
        if any(values := [read(version) or None for version in versions])
    )


def compare_lineage(
    versions: Sequence[VersionFacts], *, baseline: int
) -> tuple[ValueRow, ...]:
    """Lay run, experiment, user, source, commit and age side by side."""
    rows = [
        compare_one(
            name,
            values,
            baseline=baseline,
            is_read=[not of_run or version.is_run_read for version in versions],
        )
        for name, of_run, read in _LINEAGE
        if any(values := [read(version) or None for version in versions])
    ]
    urls = [commit_url(version.run_tags) for version in versions]
    return tuple(_linked(row, urls) if row.name == GIT_COMMIT else row for row in rows)


def _linked(row: ValueRow, urls: Sequence[str]) -> ValueRow:
    pairs = zip(row.cells, urls, strict=True)
    return replace(row, cells=tuple(replace(cell, url=url) for cell, url in pairs))


def compare_datasets(
    versions: Sequence[VersionFacts], *, baseline: int
) -> DatasetComparison:
    """Lay the data sets side by side, and say whether metrics rest on the same data."""
    digests = [_digests(version) for version in versions]
    rows = compare_values(
        digests,
        baseline=baseline,
        is_read=[version.is_run_read for version in versions],
    )
    return DatasetComparison(
        rows,
        tuple(
            digests[baseline] == one if digests[baseline] and one else None
            for one in digests
        ),
    )


def _digests(version: VersionFacts) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for dataset in version.datasets:
        context = f" ({dataset.context})" if dataset.context else ""
        found.setdefault(f"{dataset.name}{context}", []).append(dataset.digest)
    return {name: ", ".join(sorted(set(digests))) for name, digests in found.items()}
