"""The whole comparison of some versions with one of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from registry_ui.comparison.artifacts import (
    compare_examples,
    compare_files,
    compare_model_files,
)
from registry_ui.comparison.background import (
    DatasetComparison,
    compare_datasets,
    compare_environment,
    compare_lineage,
)
from registry_ui.comparison.compatibility import Compatibility
from registry_ui.comparison.facts import VersionFacts
from registry_ui.comparison.metrics import MetricRow, compare_metrics
from registry_ui.comparison.requirements import RequirementRow, compare_requirements
from registry_ui.comparison.signatures import SignatureComparison, compare_signatures
from registry_ui.comparison.summary import Findings, Statement, summarise
from registry_ui.comparison.values import ValueRow, compare_values

SAME_SIZE = (
    "MLflow tells sizes and no digests: files of the same size may still differ."
)


class _Row(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def is_different(self) -> bool: ...


_RowType = TypeVar("_RowType", bound=_Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Versions side by side; the cells of every row are in the order of `versions`.

    `baseline` is the index of the version that all others are compared with. Rows are
    sorted by name, those of a signature in the baseline's order.
    """

    versions: tuple[VersionFacts, ...]
    baseline: int
    metrics: tuple[MetricRow, ...]
    params: tuple[ValueRow, ...]
    tags: tuple[ValueRow, ...]
    signature: SignatureComparison
    requirements: tuple[RequirementRow, ...]
    environment: tuple[ValueRow, ...]
    files: tuple[ValueRow, ...]
    model_file: tuple[ValueRow, ...]
    input_example: tuple[ValueRow, ...]
    datasets: DatasetComparison
    lineage: tuple[ValueRow, ...]
    summary: tuple[Statement, ...]

    @property
    def base(self) -> VersionFacts:
        """Return the version that all others are compared with."""
        return self.versions[self.baseline]

    @property
    def base_label(self) -> str:
        """Return the label of the baseline."""
        return self.labels[self.baseline]

    @property
    def headline(self) -> str | None:
        """Return the metric that speaks for all of them, be its row shown or not."""
        names = (name for version in self.versions for name in version.metrics)
        return self.base.choices.headline_of(names)

    @property
    def is_pair(self) -> bool:
        """Are there two versions, so that a row has one change?"""
        return len(self.versions) == 2  # noqa: PLR2004 - a pair

    @property
    def is_alone(self) -> bool:
        """Is there nothing to compare with?"""
        return len(self.versions) == 1

    @property
    def is_one_model(self) -> bool:
        """Are all of them versions of one model?"""
        return len({version.model_name for version in self.versions}) == 1

    @property
    def title(self) -> str:
        """Return a heading: "churn: v5 compared with v7", "4 versions compared"."""
        subject = f"{self.base.model_name}: " if self.is_one_model else ""
        others = [
            label for index, label in enumerate(self.labels) if index != self.baseline
        ]
        if len(others) == 1:
            return f"{subject}{self.base_label} compared with {others[0]}"
        return f"{subject}{len(self.versions)} versions compared"

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the shortest names that tell the versions apart: "v7", "churn v7"."""
        if self.is_one_model:
            return tuple(f"v{version.number}" for version in self.versions)
        return tuple(version.label for version in self.versions)

    @property
    def signature_verdicts(
        self,
    ) -> list[tuple[str, Compatibility, tuple[str, ...]]]:
        """Return label, verdict and reasons of each version but the baseline."""
        found = zip(
            self.labels, self.signature.verdicts, self.signature.reasons, strict=True
        )
        return [one for i, one in enumerate(found) if i != self.baseline]

    @property
    def files_note(self) -> str:
        """Say what the list of files cannot tell, and what of it is missing."""
        errors = [
            f"{label}: {version.files_error}"
            for label, version in zip(self.labels, self.versions, strict=True)
            if version.files_error
        ]
        return " ".join([SAME_SIZE, *errors] if self.files else errors)

    @property
    def difference_counts(self) -> dict[str, int]:
        """Return how many rows differ, by the name of the section."""
        return {
            "metrics": _count(self.metrics),
            "params": _count(self.params),
            "tags": _count(self.tags),
            "signature": _count(self.signature.rows),
            "requirements": _count(self.requirements),
            "environment": _count(self.environment),
            "files": _count(self.files),
            "model_file": _count(self.model_file),
            "input_example": _count(self.input_example),
            "datasets": _count(self.datasets.rows),
            "lineage": _count(self.lineage),
        }

    @property
    def summary_by_version(self) -> list[tuple[str, list[Statement]]]:
        """Return the statements of each version that has any, with its label."""
        groups = [
            (label, [one for one in self.summary if one.version == index])
            for index, label in enumerate(self.labels)
        ]
        return [group for group in groups if group[1]]

    @property
    def has_differences(self) -> bool:
        """Does any row differ?"""
        return any(self.difference_counts.values())

    def only_differences(self, *, pins: Collection[str] = ()) -> Comparison:
        """Return the same without the rows that are equal in all versions.

        Args:
            pins: rows that stay in any case, at the top of their section:
                `metrics/auc`.
        """
        return self._only(lambda row: row.is_different, pins)

    def only_named(self, part: str, *, pins: Collection[str] = ()) -> Comparison:
        """Return the same with just the rows whose name has this part, in any case.

        Args:
            part: of a name; "" leaves all rows, but in the order that pins give them.
            pins: as of `only_differences`.
        """
        wanted = part.casefold()
        return self._only(lambda row: wanted in row.name.casefold(), pins)

    def _only(
        self, is_wanted: Callable[[_Row], bool], pins: Collection[str]
    ) -> Comparison:
        def kept(section: str, rows: tuple[_RowType, ...]) -> tuple[_RowType, ...]:
            pinned = [row for row in rows if pins and f"{section}/{row.name}" in pins]
            rest = [row for row in rows if row not in pinned and is_wanted(row)]
            return (*pinned, *rest)

        signature = self.signature
        return replace(
            self,
            metrics=kept("metrics", self.metrics),
            params=kept("params", self.params),
            tags=kept("tags", self.tags),
            signature=replace(
                signature,
                inputs=kept("inputs", signature.inputs),
                outputs=kept("outputs", signature.outputs),
                params=kept("signature_params", signature.params),
            ),
            requirements=kept("requirements", self.requirements),
            environment=kept("environment", self.environment),
            files=kept("files", self.files),
            model_file=kept("model_file", self.model_file),
            input_example=kept("input_example", self.input_example),
            datasets=replace(self.datasets, rows=kept("datasets", self.datasets.rows)),
            lineage=kept("lineage", self.lineage),
        )


def compare(versions: Sequence[VersionFacts], *, baseline: int = 0) -> Comparison:
    """Lay versions side by side, of one model or of several.

    Args:
        versions: at least one; a single one gives rows without a difference.
        baseline: index of the version that all others are compared with.

    Raises:
        ValueError: there is no version, or no such baseline.
    """
    if not 0 <= baseline < len(versions):
        raise ValueError(f"no version {baseline} among {len(versions)}")
    metrics = compare_metrics(versions, baseline=baseline)
    params = compare_values(
        [version.params for version in versions],
        baseline=baseline,
        is_read=[version.is_run_read for version in versions],
    )
    tags = compare_values(
        [version.tags for version in versions],
        baseline=baseline,
        is_read=[True] * len(versions),
    )
    signature = compare_signatures(versions, baseline=baseline)
    requirements = compare_requirements(versions, baseline=baseline)
    environment = compare_environment(versions, baseline=baseline)
    datasets = compare_datasets(versions, baseline=baseline)
    findings = Findings(metrics, params, signature, requirements, environment, datasets)
    return Comparison(
        versions=tuple(versions),
        baseline=baseline,
        metrics=metrics,
        params=params,
        tags=tags,
        signature=signature,
        requirements=requirements,
        environment=environment,
        files=compare_files(versions, baseline=baseline),
        model_file=compare_model_files(versions, baseline=baseline),
        input_example=compare_examples(versions, baseline=baseline),
        datasets=datasets,
        lineage=compare_lineage(versions, baseline=baseline),
        summary=summarise(versions, findings, baseline=baseline),
    )


def _count(rows: Sequence[_Row]) -> int:
    return sum(row.is_different for row in rows)
