"""Mirroring versions: what a page of them says anew, and which of them are gone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry_ui.actions.mirror import (
    SyncContext,
    chunks,
    locked_models,
    movable,
    untouched,
)
from registry_ui.actions.mirror_tags import VERSION_TAGS, create_tags, update_tags
from registry_ui.events import EventType
from registry_ui.mlflow_client import MLflowClient, VersionInfo
from registry_ui.models import Alias, ModelVersion, RegisteredModel, Stage
from registry_ui.planning import (
    GONE,
    SERVING_STAGES,
    Effect,
    alias_effect,
    stage_effect,
)

_PLAIN_FIELDS = (
    "created_at",
    "updated_at",
    "description",
    "source",
    "run_id",
    "run_link",
    "status",
    "status_message",
)
_COLUMNS = (*_PLAIN_FIELDS, "stage")
_Key = tuple[int, int]
"""Primary key of the model, and the version's number."""


def mirror_versions(
    page: Sequence[VersionInfo], context: SyncContext, client: MLflowClient
) -> None:
    """Store what differs in a page of versions, tags included.

    Versions of models that we wrote to since the sync began, or are about to, stay as
    they are: the page may be older than the mirror. What may belong to another model
    that bears the name by now is left to the next sync.

    Args:
        page: as MLflow told of them.
        context: of the sync.
        client: asked, of models with new versions, whether they are still the same.
    """
    infos = _by_key(page, context)
    differing, new = _differing(infos, context)
    strange = _strange_models({model for model, _ in new}, context, client)
    keys = [key for key in differing if key[0] not in strange]
    for chunk in chunks(keys, context.chunk):
        _store({key: infos[key] for key in chunk}, context)


def _by_key(
    page: Iterable[VersionInfo], context: SyncContext
) -> dict[_Key, VersionInfo]:
    names = {info.name for info in page}
    known = RegisteredModel.objects.order_by()
    pks = dict(known.live().filter(name__in=names).values_list("name", "pk"))
    if others := names - pks.keys():
        # MLflow lists the versions of what a tag hides; they are followed, too.
        hidden = known.filter(is_prompt=True, name__in=others)
        pks |= hidden.values_list("name", "pk")
    # What is unknown was created or renamed since the models were last read.
    context.strangers |= names - pks.keys()
    return {(pks[info.name], info.number): info for info in page if info.name in pks}


def _strange_models(
    pks: Iterable[int], context: SyncContext, client: MLflowClient
) -> set[int]:
    """Return which models are others in MLflow by now: deleted, made again, renamed.

    Asked after the page was read, so a model that is still itself was so then, too.
    """
    strange = set()
    for model in RegisteredModel.objects.filter(pk__in=list(pks)).order_by("pk"):
        context.beat()
        found = client.find_model(model.name)
        if found is None or found.created_at != model.created_at:
            strange.add(model.pk)
            context.strangers.add(model.name)
    return strange


def _differing(
    infos: dict[_Key, VersionInfo], context: SyncContext
) -> tuple[list[_Key], list[_Key]]:
    """Tell what is not in the mirror as it was read, looking without a lock.

    Returns:
        The keys of all that differs; and of that what is new, or has been another
        version before, so that it may belong to another model of the same name.
    """
    rows = (
        ModelVersion.objects.filter(
            model__in={model for model, _ in infos},
            number__in={number for _, number in infos},
            deleted_at=None,
        )
        .order_by()
        .values_list("model_id", "number", "pk", *_COLUMNS)
    )
    stored = {row[:2]: row[2:] for row in rows if row[:2] in infos}
    tags = VERSION_TAGS.stored(row[0] for row in stored.values())
    differing, new = [], []
    for key, info in infos.items():
        columns = tuple(getattr(info, name) for name in _COLUMNS)
        if key not in stored or stored[key][1] != info.created_at:
            new.append(key)
        elif stored[key][1:] == columns and tags[stored[key][0]] == info.tags:
            continue
        differing.append(key)
    # While the mirror is filled no model is another one than it was a moment ago, or
    # the next sync finds out; what a fill that died has left is not written again.
    return differing, [] if context.is_first else new


@transaction.atomic
def _store(infos: dict[_Key, VersionInfo], context: SyncContext) -> None:
    """Store versions that differ; read again under the lock, as they may no more."""
    models = locked_models(model for model, _ in infos)
    free = untouched(models.values(), context)
    steady = movable(models.values(), context)
    rows = _rows(infos, models)
    effects: dict[int, list[Effect]] = defaultdict(list)
    new: list[ModelVersion] = []
    known: list[ModelVersion] = []
    for key, info in infos.items():
        model = models[key[0]]
        if not model.is_in_mlflow or model.pk not in free:
            continue
        row = rows.get(key) or ModelVersion(model=model, number=info.number)
        (known if row.pk else new).append(row)
        effects[model.pk] += _fill(row, info, context, may_move=model.pk in steady)
    _create(new, infos, context)
    _update(known, infos, context)
    for pk, found in effects.items():
        context.note(models[pk], found, clue=_clue(found, infos, pk))


def _rows(
    infos: dict[_Key, VersionInfo], models: dict[int, RegisteredModel]
) -> dict[_Key, ModelVersion]:
    found = ModelVersion.objects.filter(
        model__in=models, number__in={number for _, number in infos}
    ).order_by()
    rows = {(row.model_id, row.number): row for row in found}
    for row in rows.values():
        row.model = models[row.model_id]
    return rows


def _fill(
    row: ModelVersion, info: VersionInfo, context: SyncContext, *, may_move: bool
) -> list[Effect]:
    """Bring a row up to date, unsaved; return how its holding changed."""
    is_new = row.pk is None or row.deleted_at is not None
    if not is_new and row.description != info.description:
        context.record(EventType.MODEL_VERSION_UPDATED, version=row)
    for name in _PLAIN_FIELDS:
        setattr(row, name, getattr(info, name))
    row.deleted_at = None
    before = Stage.NONE.value if is_new else row.stage
    # What is new has no holder of ours to be mistaken for.
    effect = stage_effect(info.number, before, info.stage)
    if effect is None or not (may_move or is_new):
        return []
    row.stage = info.stage
    if not is_new:
        context.record(
            EventType.MODEL_VERSION_TRANSITIONED,
            version=row,
            from_stage=before,
            to_stage=info.stage,
        )
    return [effect]


def _create(
    rows: list[ModelVersion], infos: dict[_Key, VersionInfo], context: SyncContext
) -> None:
    ModelVersion.objects.bulk_create(rows)
    create_tags(
        VERSION_TAGS, [(row, infos[row.model_id, row.number].tags) for row in rows]
    )
    for row in rows:
        context.record(
            EventType.MODEL_VERSION_CREATED,
            version=row,
            run_id=row.run_id,
            stage=row.stage,
        )


def _update(
    rows: list[ModelVersion], infos: dict[_Key, VersionInfo], context: SyncContext
) -> None:
    ModelVersion.objects.bulk_update(rows, [*_COLUMNS, "deleted_at"], batch_size=100)
    update_tags(
        VERSION_TAGS,
        [(row, infos[row.model_id, row.number].tags) for row in rows],
        context,
    )


def _clue(effects: Iterable[Effect], infos: dict[_Key, VersionInfo], model: int) -> str:
    """Say what MLflow's clock tells of the versions that moved."""
    touched = [
        f"v{effect.version} was last touched at"
        f" {infos[model, effect.version].updated_at:%Y-%m-%d %H:%M:%S} UTC"
        for effect in effects
        if effect.before in SERVING_STAGES or effect.after in SERVING_STAGES
    ]
    return f"By MLflow's clock {', '.join(touched)}." if touched else ""


@transaction.atomic
def retire_versions(pks: Iterable[int], context: SyncContext) -> None:
    """Mark versions as gone from MLflow; their rows stay, for the record."""
    versions = ModelVersion.objects.filter(pk__in=list(pks), deleted_at=None)
    models = locked_models(versions.values_list("model", flat=True))
    steady = movable(models.values(), context)
    effects: dict[int, list[Effect]] = defaultdict(list)
    for version in versions.order_by("pk"):
        if version.model_id not in steady:
            continue  # a plan is under way there: the next sync looks again
        version.model = models[version.model_id]
        effects[version.model_id] += _retire(version, context)
    for pk, found in effects.items():
        context.note(models[pk], found)


def _retire(version: ModelVersion, context: SyncContext) -> list[Effect]:
    aliases = list(Alias.objects.filter(version=version).order_by("name"))
    effects: list[Any] = [stage_effect(version.number, version.stage, GONE)]
    for alias in aliases:
        effects.append(alias_effect(alias.name, version.number, None))
        context.record(EventType.ALIAS_DELETED, version=version, alias=alias.name)
        alias.delete()
    ModelVersion.objects.filter(pk=version.pk).update(deleted_at=timezone.now())
    context.record(
        EventType.MODEL_VERSION_DELETED, version=version, stage=version.stage
    )
    return effects
