"""MLflow's REST JSON to entities: integers come as text, what is empty is left out."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from registry_ui.mlflow_client.answers import JsonObject, understood
from registry_ui.mlflow_client.entities import (
    RUN_ID_LENGTH,
    DatasetInfo,
    MetricPoint,
    ModelInfo,
    RunInfo,
    VersionInfo,
)

_DATASET_CONTEXT_TAG = "mlflow.data.context"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def model_in(payload: JsonObject) -> ModelInfo:
    """Read an answer that holds one `registered_model`."""
    return understood(lambda it: model_info(it["registered_model"]), payload)


def version_in(payload: JsonObject) -> VersionInfo:
    """Read an answer that holds one `model_version`."""
    return understood(lambda it: version_info(it["model_version"]), payload)


def model_info(payload: JsonObject) -> ModelInfo:
    """Read a `registered_model`."""
    aliases = payload.get("aliases", ())
    return ModelInfo(
        name=str(payload["name"]),
        description=payload.get("description") or "",
        created_at=_time(payload.get("creation_timestamp", 0)),
        updated_at=_time(payload.get("last_updated_timestamp", 0)),
        tags=_pairs(payload.get("tags", ())),
        aliases={str(item["alias"]): int(item["version"]) for item in aliases},
    )


def version_info(payload: JsonObject) -> VersionInfo:
    """Read a `model_version` of a call that fills in the aliases."""
    aliases = tuple(sorted(payload.get("aliases", ())))
    return _version(payload, aliases)


def found_version_info(payload: JsonObject) -> VersionInfo:
    """Read a `model_version` of a search, which never fills in the aliases."""
    return _version(payload, None)


def run_info(payload: JsonObject) -> RunInfo:
    """Read a `run`."""
    info, data = payload["info"], payload.get("data", {})
    inputs = payload.get("inputs", {}).get("dataset_inputs", ())
    return RunInfo(
        run_id=str(info["run_id"]),
        name=info.get("run_name") or "",
        experiment_id=str(info["experiment_id"]),
        user=info.get("user_id") or "",
        status=info.get("status") or "",
        started_at=_time_or_none(info.get("start_time")),
        ended_at=_time_or_none(info.get("end_time")),
        metrics={item["key"]: float(item["value"]) for item in data.get("metrics", ())},
        params=_pairs(data.get("params", ())),
        tags=_pairs(data.get("tags", ())),
        datasets=tuple(_dataset(item) for item in inputs),
    )


def metric_point(payload: JsonObject) -> MetricPoint:
    """Read one `metric` of a history."""
    return MetricPoint(
        step=int(payload.get("step", 0)),
        value=float(payload["value"]),
        timestamp=_time(payload["timestamp"]),
    )


def _version(payload: JsonObject, aliases: tuple[str, ...] | None) -> VersionInfo:
    return VersionInfo(
        name=str(payload["name"]),
        number=int(payload["version"]),
        created_at=_time(payload.get("creation_timestamp", 0)),
        updated_at=_time(payload.get("last_updated_timestamp", 0)),
        stage=payload.get("current_stage") or "None",
        description=payload.get("description") or "",
        source=payload.get("source") or "",
        run_id=(payload.get("run_id") or "")[:RUN_ID_LENGTH],
        run_link=payload.get("run_link") or "",
        status=payload.get("status") or "",
        status_message=payload.get("status_message") or "",
        tags=_pairs(payload.get("tags", ())),
        aliases=aliases,
    )


def _dataset(payload: JsonObject) -> DatasetInfo:
    dataset = payload.get("dataset", {})
    tags = _pairs(payload.get("tags", ()))
    return DatasetInfo(
        name=dataset.get("name") or "",
        digest=dataset.get("digest") or "",
        context=tags.get(_DATASET_CONTEXT_TAG, ""),
    )


def _pairs(items: Iterable[JsonObject]) -> dict[str, str]:
    return {str(item["key"]): item.get("value") or "" for item in items}


def _time_or_none(milliseconds: int | str | None) -> datetime | None:
    return None if milliseconds is None else _time(milliseconds)


def _time(milliseconds: int | str) -> datetime:
    """Return the time; whoever logs a metric may give any number, so it is clamped."""
    try:
        return _EPOCH + timedelta(milliseconds=int(milliseconds))
    except OverflowError:
        return _LATEST if int(milliseconds) > 0 else _EARLIEST
