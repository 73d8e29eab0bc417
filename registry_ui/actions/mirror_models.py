"""Mirroring registered models: what they are, their aliases, and which are gone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from registry_ui.actions.holdings import lost_holders
from registry_ui.actions.mirror import (
    SyncContext,
    chunks,
    is_ours,
    locked_model,
    locked_models,
    movable,
    untouched,
)
from registry_ui.actions.mirror_effects import store_alias
from registry_ui.actions.mirror_tags import MODEL_TAGS, create_tags, update_tags
from registry_ui.events import EventType
from registry_ui.mlflow_client import ModelInfo
from registry_ui.models import (
    Alias,
    Holding,
    Incident,
    ModelVersion,
    RegisteredModel,
    Registration,
)
from registry_ui.planning import (
    GONE,
    MODEL,
    PROMPT,
    Effect,
    EffectKind,
    alias_effect,
    stage_effect,
)

_COLUMNS = ("description", "updated_at")


def match_models(
    page: Iterable[ModelInfo], seen: set[int]
) -> tuple[dict[int, ModelInfo], list[ModelInfo]]:
    """Tell apart which models of a page the mirror knows, and which are strangers.

    A model is known by its name and the instant of its creation: one that was deleted
    and made again is a stranger, as is one under another name.

    Args:
        page: as MLflow lists them.
        seen: primary keys met so far; those of the page are added.

    Returns:
        What is known by primary key, and the strangers.
    """
    infos = {info.name: info for info in page}
    live = RegisteredModel.objects.live().filter(name__in=infos).order_by()
    pks = {
        (name, created_at): pk
        for pk, name, created_at in live.values_list("pk", "name", "created_at")
    }
    known: dict[int, ModelInfo] = {}
    strangers = []
    for info in infos.values():
        pk = pks.get((info.name, info.created_at))
        if pk is None:
            strangers.append(info)
        else:
            known[pk] = info
    seen.update(known)
    return known, strangers


def mirror_models(infos: dict[int, ModelInfo], context: SyncContext) -> None:
    """Store what differs in known models; remember aliases that do."""
    for chunk in chunks(_differing(infos, context), context.chunk):
        _store({pk: infos[pk] for pk in chunk}, context)


def _differing(infos: dict[int, ModelInfo], context: SyncContext) -> list[int]:
    """Return which differ from the mirror, looking without a lock."""
    rows = RegisteredModel.objects.filter(pk__in=infos).order_by()
    stored = {row[0]: row[1:] for row in rows.values_list("pk", *_COLUMNS)}
    tags = MODEL_TAGS.stored(infos)
    aliases = _stored_aliases(infos)
    differing = []
    for pk, info in infos.items():
        if aliases[pk] != info.aliases:
            context.aliases[pk] = dict(info.aliases)
        columns = tuple(getattr(info, name) for name in _COLUMNS)
        if stored.get(pk) != columns or tags[pk] != info.tags:
            differing.append(pk)
    return differing


def _stored_aliases(pks: Iterable[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Alias.objects.filter(model__in=list(pks)).order_by()
    for pk, name, number in rows.values_list("model_id", "name", "version__number"):
        found[pk][name] = number
    return found


@transaction.atomic
def _store(infos: dict[int, ModelInfo], context: SyncContext) -> None:
    locked = locked_models(infos)
    models = {pk: locked[pk] for pk in untouched(locked.values(), context)}
    for pk, model in models.items():
        info = infos[pk]
        if model.updated_at != info.updated_at:
            # A version was made, moved or deleted; of the last only this is a trace.
            context.unread_models.add(pk)
        if model.description != info.description:
            context.record(EventType.REGISTERED_MODEL_UPDATED, model=model)
        model.description = info.description
        model.updated_at = info.updated_at
    RegisteredModel.objects.bulk_update(models.values(), _COLUMNS)
    update_tags(MODEL_TAGS, [(m, infos[pk].tags) for pk, m in models.items()], context)


def create_models(infos: Sequence[ModelInfo], context: SyncContext) -> None:
    """Store models that are new, or back: prompts no more, or out of a backup.

    A name whose last bearer cannot be retired just now is left to the next sync, as is
    one that somebody registers through us, and what we have deleted since the sync
    began: that is on record as theirs.
    """
    names = {info.name for info in infos}
    # First: who mirrors a model withdraws its announcement in the same transaction.
    taken = Registration.announced(names, context.started_at)
    live = RegisteredModel.objects.live().filter(name__in=names)
    taken |= set(live.values_list("name", flat=True))
    rows = RegisteredModel.objects.filter(is_ours(context))
    rows = rows.filter(created_at__in=[info.created_at for info in infos])
    ours = set(rows.values_list("created_at", flat=True))
    free = [i for i in infos if i.name not in taken and i.created_at not in ours]
    for chunk in chunks(free, context.chunk):
        _create(chunk, context)


@transaction.atomic
def _create(infos: Sequence[ModelInfo], context: SyncContext) -> None:
    back = _rows_of_old(infos)
    locked = locked_models(row.pk for row in back.values())
    new: list[tuple[RegisteredModel, ModelInfo]] = []
    for info in infos:
        row = back.get(info.name)
        if row is not None:
            _take_back(locked[row.pk], info, context)
            continue
        model = RegisteredModel(
            name=info.name,
            description=info.description,
            created_at=info.created_at,
            updated_at=info.updated_at,
        )
        new.append((model, info))
    RegisteredModel.objects.bulk_create([model for model, _ in new])
    create_tags(MODEL_TAGS, [(model, info.tags) for model, info in new])
    for model, info in new:
        context.unread_models.add(model.pk)
        if info.aliases:
            context.aliases[model.pk] = dict(info.aliases)
        context.record(EventType.REGISTERED_MODEL_CREATED, model=model)


def _rows_of_old(infos: Sequence[ModelInfo]) -> dict[str, RegisteredModel]:
    """Return, by the name that it bears now, what had been hidden or gone.

    What was hidden may have got another name on its way back.
    """
    born = [info.created_at for info in infos]
    retired = RegisteredModel.objects.filter(created_at__in=born).order_by("pk")
    rows = list(retired.exclude(deleted_at=None))
    same = {(row.name, row.created_at): row for row in rows}
    hidden = {row.created_at: row for row in rows if row.is_prompt}
    found = {
        info.name: same.get((info.name, info.created_at)) or hidden.get(info.created_at)
        for info in infos
    }
    return {name: row for name, row in found.items() if row is not None}


def _take_back(model: RegisteredModel, info: ModelInfo, context: SyncContext) -> None:
    """Show a model again that had been hidden or gone, with the versions it had."""
    back = [Effect(EffectKind.MODEL, 0, PROMPT if model.is_prompt else GONE, MODEL)]
    if not model.is_prompt:
        versions = model.versions.filter(deleted_at=None).order_by("number")
        found = versions.values_list("number", "stage")
        effects = (stage_effect(number, GONE, stage) for number, stage in found)
        back += [effect for effect in effects if effect]
    if model.name != info.name:
        back.append(Effect(EffectKind.RENAME, 0, model.name, info.name))
    model.name = info.name
    model.deleted_at = None
    model.is_prompt = False
    model.save(update_fields=["name", "deleted_at", "is_prompt"])
    context.unread_models.add(model.pk)
    context.aliases[model.pk] = dict(info.aliases)
    context.record(EventType.REGISTERED_MODEL_CREATED, model=model)
    if _is_in_use(model):
        context.note(model, back)


@transaction.atomic
def rename_models(names: dict[int, str], context: SyncContext) -> None:
    """Give models the names that they bear now; all that is known of them stays theirs.

    Two may have changed places: each first gets a name that MLflow allows to none.
    """
    models = locked_models(names)
    steady = movable(models.values(), context)
    taken = RegisteredModel.objects.live().filter(name__in=names.values())
    bearers = set(taken.exclude(pk__in=names).values_list("name", flat=True))
    # A name whose last bearer cannot be retired just now is left to the next sync.
    models = {
        pk: model
        for pk, model in models.items()
        if pk in steady and names[pk] not in bearers
    }
    before = {pk: model.name for pk, model in models.items()}
    for pk in models:
        RegisteredModel.objects.filter(pk=pk).update(name=f"{pk}/renamed")
    for pk, model in models.items():
        model.name = names[pk]
        model.save(update_fields=["name"])
        context.record(
            EventType.REGISTERED_MODEL_RENAMED, model=model, name_before=before[pk]
        )
        if _is_in_use(model):
            effect = Effect(EffectKind.RENAME, 0, before[pk], names[pk])
            context.note(model, [effect])


@transaction.atomic
def retire_model(pk: int, context: SyncContext, *, is_prompt: bool = False) -> None:
    """Mark a model as gone from MLflow; its rows stay, for the record.

    Args:
        pk: of the model.
        context: of the sync.
        is_prompt: it is there still, but hidden: a tag made it a prompt.
    """
    model = locked_model(pk)
    if not movable([model], context):
        return  # a plan is under way there: the next sync looks again
    model.deleted_at = timezone.now()
    model.is_prompt = is_prompt
    model.save(update_fields=["deleted_at", "is_prompt"])
    context.record(EventType.REGISTERED_MODEL_DELETED, model=model, is_prompt=is_prompt)
    if is_prompt:
        lost = [Effect(EffectKind.MODEL, 0, MODEL, PROMPT)]
    else:
        lost = [Effect(EffectKind.MODEL, 0, MODEL, GONE), *lost_holders(model)]
        Alias.objects.filter(model=model).delete()
    if _is_in_use(model):
        context.note(model, lost)


def _is_in_use(model: RegisteredModel) -> bool:
    """Has it holders, or an incident that tells of some?"""
    held = Holding.objects.current().filter(model=model)
    return held.exists() or Incident.objects.open().filter(model=model).exists()


def mirror_aliases(context: SyncContext) -> None:
    """Make the aliases that differ equal to what the models were read with."""
    pending, context.aliases = context.aliases, {}
    store = _fill_aliases if context.is_first else _store_aliases
    for pks in chunks(list(pending), context.chunk):
        store({pk: pending[pk] for pk in pks}, context)


@transaction.atomic
def _fill_aliases(wanted: dict[int, dict[str, int]], _context: SyncContext) -> None:
    versions = _versions_behind({pk: a.values() for pk, a in wanted.items()})
    Alias.objects.bulk_create(
        [
            Alias(model_id=pk, name=name, version=versions[pk, number])
            for pk, aliases in wanted.items()
            for name, number in aliases.items()
            if (pk, number) in versions
        ],
        update_conflicts=True,
        unique_fields=["model", "name"],
        update_fields=["version"],
    )


@transaction.atomic
def _store_aliases(wanted: dict[int, dict[str, int]], context: SyncContext) -> None:
    models = locked_models(wanted)
    steady = movable(models.values(), context)
    stored = _stored_aliases(steady)
    versions = _versions_behind(
        {pk: {*wanted[pk].values(), *stored[pk].values()} for pk in steady}
    )
    for pk in sorted(steady):
        model = models[pk]
        if not model.is_in_mlflow:
            continue
        # One to a version that is not mirrored yet stays as it is.
        known = {
            name: number if (pk, number) in versions else stored[pk].get(name)
            for name, number in wanted[pk].items()
        }
        effects = [
            effect
            for name in sorted(stored[pk].keys() | known.keys())
            if (effect := alias_effect(name, stored[pk].get(name), known.get(name)))
        ]
        for effect in effects:
            version = versions[pk, effect.version]
            version.model = model
            store_alias(effect, model, version, context.record)
        context.note(model, effects)


def _versions_behind(
    wanted: dict[int, Iterable[int]],
) -> dict[tuple[int, int], ModelVersion]:
    """Return versions by model and number; those that are gone, too."""
    numbers = {number for several in wanted.values() for number in several}
    found = ModelVersion.objects.filter(model__in=wanted, number__in=numbers)
    return {(version.model_id, version.number): version for version in found}
