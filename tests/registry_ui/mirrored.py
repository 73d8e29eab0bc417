"""Is the mirror what MLflow has? Asked through MLflow's own client."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mlflow import MlflowClient as PlainClient

from registry_ui.mlflow_client.entities import NAME_LENGTH
from registry_ui.models import ModelVersion, RegisteredModel


def in_mlflow(plain: PlainClient) -> dict[str, Any]:
    """Return all that MLflow has, in the form of `in_the_mirror`."""
    models = plain.search_registered_models(max_results=1000)
    versions = plain.search_model_versions(max_results=100_000)
    found: dict[str, Any] = {
        model.name: {
            "created_at": _time(model.creation_timestamp),
            "updated_at": _time(model.last_updated_timestamp),
            "description": as_stored(model.description),
            "tags": {key: as_stored(value) for key, value in model.tags.items()},
            "aliases": {a: int(v) for a, v in model.aliases.items()},
            "versions": {},
        }
        for model in models
        if len(model.name) <= NAME_LENGTH
    }
    for version in versions:
        if version.name not in found:
            continue
        found[version.name]["versions"][int(version.version)] = {
            "created_at": _time(version.creation_timestamp),
            "updated_at": _time(version.last_updated_timestamp),
            "description": as_stored(version.description),
            "stage": version.current_stage,
            "source": version.source or "",
            "run_id": (version.run_id or "")[:64],
            "run_link": version.run_link or "",
            "status": version.status,
            "tags": {key: as_stored(value) for key, value in version.tags.items()},
        }
    return found


def in_the_mirror() -> dict[str, Any]:
    """Return what we hold of it."""
    found: dict[str, Any] = {}
    models = RegisteredModel.objects.live().prefetch_related("tags", "aliases__version")
    for model in models:
        found[model.name] = {
            "created_at": model.created_at,
            "updated_at": model.updated_at,
            "description": model.description,
            "tags": {tag.key: tag.value for tag in model.tags.all()},
            "aliases": {a.name: a.version.number for a in model.aliases.all()},
            "versions": {},
        }
    versions = ModelVersion.objects.live().select_related("model")
    for version in versions.prefetch_related("tags"):
        found[version.model.name]["versions"][version.number] = {
            "created_at": version.created_at,
            "updated_at": version.updated_at,
            "description": version.description,
            "stage": version.stage,
            "source": version.source,
            "run_id": version.run_id,
            "run_link": version.run_link,
            "status": version.status,
            "tags": {tag.key: tag.value for tag in version.tags.all()},
        }
    return found


def _time(milliseconds: int | None) -> datetime:
    assert milliseconds is not None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def as_stored(value: str | None) -> str:
    """Return a text as it is mirrored: PostgreSQL stores no NUL."""
    return (value or "").replace("\x00", "\ufffd")


def check_mirrors(plain: PlainClient) -> None:
    """Compare what is live in the mirror with what MLflow has, field by field."""
    mlflow, mirror = in_mlflow(plain), in_the_mirror()
    assert mirror.keys() == mlflow.keys()
    for name, model in mlflow.items():
        assert mirror[name] == model
