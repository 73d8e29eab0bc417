"""From rows of the mirror to the facts that comparisons are made of. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import prefetch_related_objects

from registry_ui.comparison import Dataset, Direction, MetricChoices, VersionFacts
from registry_ui.models import Evidence, ModelVersion, RegisteredModel

RUN_NOT_READ = "Its run has not been read yet."
FILES_NOT_READ = "Its files have not been read yet."


def version_facts(version: ModelVersion) -> VersionFacts:
    """Return what is known of one version; see `versions_facts`."""
    return versions_facts([version])[0]


def versions_facts(versions: Sequence[ModelVersion]) -> list[VersionFacts]:
    """Return what is known of each version, in the same order.

    Rows that `with_evidence()` fetched cost no query; for others the missing relations
    are fetched for all of them at once.
    """
    prefetch_related_objects(versions, "model", "evidence", "tags", "aliases")
    return [_facts(version) for version in versions]


def _facts(version: ModelVersion) -> VersionFacts:
    evidence = getattr(version, "evidence", None) or Evidence()
    run_error = evidence.run_error if evidence.run_read_at else RUN_NOT_READ
    model_error = evidence.model_error if evidence.model_read_at else FILES_NOT_READ
    errors = dict.fromkeys(filter(None, [run_error, model_error]))
    return VersionFacts(
        model_name=version.model.name,
        number=version.number,
        stage=version.stage,
        aliases=tuple(sorted(alias.name for alias in version.aliases.all())),
        created_at=version.created_at,
        run_id=version.run_id,
        run_name=evidence.run_name,
        experiment_id=evidence.experiment_id,
        user=evidence.run_user,
        source=version.source,
        description=version.description,
        choices=metric_choices(version.model),
        metrics=_metrics(evidence.metrics),
        params=_texts(evidence.params),
        tags={tag.key: tag.value for tag in version.tags.all()},
        run_tags=_texts(evidence.run_tags),
        datasets=tuple(_datasets(evidence.datasets)),
        signature=evidence.signature,
        requirements=tuple(str(line) for line in evidence.requirements),
        flavors=tuple(evidence.flavors),
        model_file=model_file_of(evidence),
        model_size_bytes=evidence.model_size_bytes,
        python_version=evidence.python_version,
        mlflow_version=evidence.mlflow_version,
        files=evidence.files,
        files_error=evidence.files_error or model_error,
        input_example=evidence.input_example,
        input_example_error=evidence.input_example_error,
        is_run_read=not run_error,
        is_model_read=not model_error,
        evidence_errors=tuple(errors),
    )


def metric_choices(model: RegisteredModel) -> MetricChoices:
    """Return what people chose for a model's metrics."""
    directions = {
        name: Direction(chosen) for name, chosen in model.metric_directions.items()
    }
    return MetricChoices(model.headline_metric, directions)


def _metrics(stored: Mapping[str, float | str]) -> dict[str, float]:
    """Read metrics as stored: `float` knows "NaN", "Infinity" and "-Infinity"."""
    return {name: float(value) for name, value in stored.items()}


def model_file_of(evidence: Evidence) -> dict[str, Any]:
    """Return what the MLmodel file says, but for its signature; {} if it is unread."""
    if not evidence.flavors and not evidence.model_metadata:
        return {}
    return {"flavors": evidence.flavors, **evidence.model_metadata}


def _texts(stored: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in stored.items()}


def _datasets(stored: Iterable[Mapping[str, Any]]) -> Iterable[Dataset]:
    for dataset in stored:
        yield Dataset(
            str(dataset.get("name", "")),
            str(dataset.get("digest", "")),
            str(dataset.get("context") or ""),
        )
