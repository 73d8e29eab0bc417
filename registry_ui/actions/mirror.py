"""Storing what a sweep read: rows to insert, change and retire, and their events."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import ModelInfo, VersionInfo
from registry_ui.models import (
    Alias,
    ModelTag,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
    VersionTag,
)

_Row = TypeVar("_Row", RegisteredModel, ModelVersion)
_MODEL_FIELDS = ("description", "updated_at")
_VERSION_FIELDS = (
    "updated_at",
    "stage",
    "description",
    "source",
    "run_id",
    "run_link",
    "status",
    "status_message",
)


@dataclass(slots=True)
class SweepContext:
    """What one sweep has seen so far."""

    started_at: datetime
    is_first: bool
    """The first sweep into an empty mirror: no event a row."""
    seen_models: set[int] = field(default_factory=set)
    seen_versions: set[int] = field(default_factory=set)
    aliases: dict[int, dict[str, int]] = field(default_factory=dict)
    """Alias maps by the model's primary key, kept until the versions are there."""
    change_count: int = 0

    def record(self, event_type: EventType, **what: Any) -> None:
        """Record a change that was seen in MLflow, where nobody names an actor."""
        self.change_count += 1
        if not self.is_first:
            record_event(event_type, actor=None, through="mlflow", **what)

    def is_newer_than(self, model: RegisteredModel) -> bool:
        """Did the sweep begin after our last own write to the model?"""
        return model.written_at is None or model.written_at < self.started_at


def _locked(rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Lock rows before their events take the lock of the chain, and in one order.

    `no_key`: what refers to a row, such as a comment, need not wait.
    """
    return rows.order_by("pk").select_for_update(no_key=True)


@transaction.atomic
def mirror_models(page: Sequence[ModelInfo], context: SweepContext) -> None:
    """Store a page of models with their tags; remember their aliases."""
    names = [info.name for info in page]
    live = RegisteredModel.objects.live().filter(name__in=names)
    rows = {row.name: row for row in _locked(live)}
    reborn = [
        rows.pop(info.name)
        for info in page
        if info.name in rows and rows[info.name].created_at != info.created_at
    ]
    retire_models(reborn)
    new = [
        RegisteredModel(
            name=info.name,
            description=info.description,
            created_at=info.created_at,
            updated_at=info.updated_at,
        )
        for info in {info.name: info for info in page}.values()
        if info.name not in rows
    ]
    for model in RegisteredModel.objects.bulk_create(new):
        rows[model.name] = model
        context.record(EventType.REGISTERED_MODEL_CREATED, model=model)
    changed = [
        row for info in page if _update_model(row := rows[info.name], info, context)
    ]
    RegisteredModel.objects.bulk_update(changed, _MODEL_FIELDS)
    _mirror_tags(
        [(rows[info.name], info.tags) for info in page],
        _TagKind(
            ModelTag,
            "model",
            EventType.REGISTERED_MODEL_TAG_SET,
            EventType.REGISTERED_MODEL_TAG_DELETED,
        ),
        context,
        quiet={model.pk for model in new},
    )
    for info in page:
        context.seen_models.add(rows[info.name].pk)
        context.aliases[rows[info.name].pk] = dict(info.aliases)


def _update_model(row: RegisteredModel, info: ModelInfo, context: SweepContext) -> bool:
    if all(getattr(row, name) == getattr(info, name) for name in _MODEL_FIELDS):
        return False
    if row.description != info.description:
        context.record(EventType.REGISTERED_MODEL_UPDATED, model=row)
    row.description = info.description
    row.updated_at = info.updated_at
    return True


@transaction.atomic
def mirror_versions(page: Sequence[VersionInfo], context: SweepContext) -> None:
    """Store a page of versions with their tags.

    Versions of a model that we wrote to since the sweep began, or are about to, keep
    their stage: this page may be older than the mirror.
    """
    live = RegisteredModel.objects.live().filter(name__in={info.name for info in page})
    numbers = {info.number for info in page}
    versions = ModelVersion.objects.filter(model__in=live, number__in=numbers)
    known = {(row.model_id, row.number): row for row in _locked(versions)}
    # Read after the lock: who held it may have written to a model just now.
    models = {model.name: model for model in live}
    busy = set(
        TransitionRequest.objects.in_flight()
        .filter(version__model__in=models.values())
        .values_list("version__model", flat=True)
    )
    new: list[ModelVersion] = []
    changed: list[ModelVersion] = []
    tagged: list[tuple[ModelVersion, dict[str, str]]] = []
    for info in {(info.name, info.number): info for info in page}.values():
        model = models.get(info.name)
        if model is None:
            continue  # created after the models were read: the next sweep has it
        row = known.get((model.pk, info.number))
        if row is None:
            row = ModelVersion(model=model, number=info.number, **_columns(info))
            new.append(row)
        else:
            row.model = model
            holds_still = context.is_newer_than(model) and model.pk not in busy
            if _update_version(row, info, context, may_move=holds_still):
                changed.append(row)
        tagged.append((row, dict(info.tags)))
    ModelVersion.objects.bulk_create(new)
    for row in new:
        context.record(
            EventType.MODEL_VERSION_CREATED,
            version=row,
            run_id=row.run_id,
            stage=row.stage,
        )
    ModelVersion.objects.bulk_update(
        changed, [*_VERSION_FIELDS, "created_at", "deleted_at"]
    )
    _mirror_tags(
        tagged,
        _TagKind(
            VersionTag,
            "version",
            EventType.MODEL_VERSION_TAG_SET,
            EventType.MODEL_VERSION_TAG_DELETED,
        ),
        context,
        quiet={row.pk for row in new},
    )
    context.seen_versions.update(row.pk for row, _ in tagged)


def _columns(info: VersionInfo) -> dict[str, Any]:
    return {
        "created_at": info.created_at,
        **{name: getattr(info, name) for name in _VERSION_FIELDS},
    }


def _update_version(
    row: ModelVersion, info: VersionInfo, context: SweepContext, *, may_move: bool
) -> bool:
    """Bring a row up to date; True if anything is different."""
    columns = _columns(info)
    if not may_move:
        columns["stage"] = row.stage
    columns["deleted_at"] = None
    if all(getattr(row, name) == value for name, value in columns.items()):
        return False
    if row.stage != columns["stage"]:
        context.record(
            EventType.MODEL_VERSION_TRANSITIONED,
            version=row,
            from_stage=row.stage,
            to_stage=columns["stage"],
        )
    if row.description != info.description:
        context.record(EventType.MODEL_VERSION_UPDATED, version=row)
    for name, value in columns.items():
        setattr(row, name, value)
    return True


@dataclass(frozen=True, slots=True)
class _TagKind:
    """Tags of models and of versions are mirrored alike."""

    table: type[ModelTag] | type[VersionTag]
    owner: str
    set_event: EventType
    deleted_event: EventType


def _mirror_tags(
    wanted: Iterable[tuple[Any, dict[str, str]]],
    kind: _TagKind,
    context: SweepContext,
    *,
    quiet: set[int],
) -> None:
    """Make the stored tags equal to the wanted ones, in bulk.

    Args:
        wanted: owners with the tags they have in MLflow.
        kind: which table, and what its events are called.
        context: of the sweep.
        quiet: owners that are new: the event of their creation says it all.
    """
    owners = {owner.pk: (owner, tags) for owner, tags in wanted}
    rows: Any = kind.table._default_manager
    stored: dict[int, dict[str, Any]] = defaultdict(dict)
    for tag in rows.filter(**{f"{kind.owner}__in": owners}):
        stored[getattr(tag, f"{kind.owner}_id")][tag.key] = tag
    new: list[Any] = []
    changed: list[Any] = []
    gone: list[int] = []
    for pk, (owner, tags) in owners.items():
        for key, value in tags.items():
            tag = stored[pk].get(key)
            before = tag.value if tag else None
            if before == value:
                continue
            if tag is None:
                new.append(kind.table(**{kind.owner: owner}, key=key, value=value))
            else:
                tag.value = value
                changed.append(tag)
            if pk not in quiet:
                _record_tag(context, kind, owner, key=key, value=value, before=before)
        for key in stored[pk].keys() - tags.keys():
            gone.append(stored[pk][key].pk)
            context.record(kind.deleted_event, **{kind.owner: owner}, key=key)
    rows.bulk_create(new)
    rows.bulk_update(changed, ["value"])
    rows.filter(pk__in=gone).delete()


def _record_tag(
    context: SweepContext, kind: _TagKind, owner: Any, **details: Any
) -> None:
    context.record(kind.set_event, **{kind.owner: owner}, **details)


@transaction.atomic
def mirror_aliases(context: SweepContext) -> None:
    """Make the stored aliases equal to those that the models were read with.

    Models that we wrote to since the sweep began, or are about to, are left alone.
    """
    busy = set(
        TransitionRequest.objects.in_flight().values_list("version__model", flat=True)
    )
    stored: dict[int, dict[str, Alias]] = defaultdict(dict)
    for alias in Alias.objects.select_related("version", "model"):
        stored[alias.model_id][alias.name] = alias
    touched = {pk for pk, aliases in context.aliases.items() if aliases} | set(stored)
    models = RegisteredModel.objects.live().in_bulk(touched & context.seen_models)
    for pk, model in models.items():
        if context.is_newer_than(model) and pk not in busy:
            _mirror_aliases_of(model, stored[pk], context)


def _mirror_aliases_of(
    model: RegisteredModel, stored: dict[str, Alias], context: SweepContext
) -> None:
    wanted = context.aliases.get(model.pk, {})
    if {name: alias.version.number for name, alias in stored.items()} == wanted:
        return
    versions = {
        version.number: version
        for version in model.versions.filter(
            number__in=wanted.values(), deleted_at=None
        ).select_related("model")
    }
    for name, number in wanted.items():
        version, old = versions.get(number), stored.get(name)
        if version is None or (old and old.version_id == version.pk):
            continue
        Alias.objects.update_or_create(
            model=model, name=name, defaults={"version": version}
        )
        before = old.version.number if old else None
        context.record(
            EventType.ALIAS_MOVED if old else EventType.ALIAS_SET,
            version=version,
            alias=name,
            from_version=before,
        )
    for name in stored.keys() - wanted.keys():
        stored[name].delete()
        context.record(
            EventType.ALIAS_DELETED, version=stored[name].version, alias=name
        )


@transaction.atomic
def retire_models(models: Sequence[RegisteredModel]) -> None:
    """Mark models as gone from MLflow; their rows stay, for the record."""
    now = timezone.now()
    list(_locked(RegisteredModel.objects.filter(pk__in=[m.pk for m in models])))
    for model in models:
        Alias.objects.filter(model=model).delete()
        RegisteredModel.objects.filter(pk=model.pk).update(deleted_at=now)
        record_event(
            EventType.REGISTERED_MODEL_DELETED,
            actor=None,
            model=model,
            through="mlflow",
        )


@transaction.atomic
def retire_versions(versions: Sequence[ModelVersion]) -> None:
    """Mark versions as gone from MLflow; their rows stay, for the record."""
    now = timezone.now()
    list(_locked(ModelVersion.objects.filter(pk__in=[v.pk for v in versions])))
    for version in versions:
        Alias.objects.filter(version=version).delete()
        ModelVersion.objects.filter(pk=version.pk).update(deleted_at=now)
        record_event(
            EventType.MODEL_VERSION_DELETED,
            actor=None,
            version=version,
            through="mlflow",
            stage=version.stage,
        )
