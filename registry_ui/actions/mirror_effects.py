"""Bringing what we changed in MLflow into the mirror at once, and on record."""

from collections.abc import Callable
from functools import partial

from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import PROMPT_TAG
from registry_ui.models import (
    Alias,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)
from registry_ui.planning import MODEL, Effect, EffectKind

Record = Callable[..., object]


def mirror_effect(
    effect: Effect,
    model: RegisteredModel,
    version: ModelVersion | None,
    request: TransitionRequest,
) -> None:
    """Store one effect of a request; call it with the model locked.

    What the mirror has already, by another request or a sweep, is on record.

    Args:
        effect: what MLflow was seen to show.
        model: whose effect it is.
        version: the one that it names; None for the model's own effects.
        request: what decided it, or is being undone.
    """
    record = partial(
        record_event, actor=request.acting_for, request=request, through="request"
    )
    match effect.kind:
        case EffectKind.RENAME:
            model.name = effect.after
            model.save(update_fields=["name"])
            record(
                EventType.REGISTERED_MODEL_RENAMED,
                model=model,
                name_before=effect.before,
            )
        case EffectKind.MODEL if effect.after == MODEL:
            model.deleted_at = None
            model.is_prompt = False
            model.save(update_fields=["deleted_at", "is_prompt"])
            model.tags.filter(key=PROMPT_TAG).delete()
            record(EventType.REGISTERED_MODEL_CREATED, model=model)
        case EffectKind.SET_ALIAS | EffectKind.DELETE_ALIAS if version:
            if _pointed_to(model, effect.alias) != effect.after:
                store_alias(effect, model, version, record)
        case EffectKind.TRANSITION | EffectKind.ARCHIVE if (
            version and version.stage != effect.after
        ):
            version.stage = effect.after
            version.save(update_fields=["stage"])
            record(
                EventType.MODEL_VERSION_TRANSITIONED,
                version=version,
                from_stage=effect.before,
                to_stage=effect.after,
                is_side_effect=effect.kind is EffectKind.ARCHIVE,
            )


def _pointed_to(model: RegisteredModel, alias: str) -> str:
    """Return the number of the version that an alias points to; empty for none."""
    held = Alias.objects.filter(model=model, name=alias).select_related("version")
    return next((str(row.version.number) for row in held), "")


def store_alias(
    effect: Effect, model: RegisteredModel, version: ModelVersion, record: Record
) -> None:
    """Set, move or remove one alias, on record; call it with the model locked.

    Args:
        effect: what becomes of the alias.
        model: whose alias it is.
        version: the one that it points to now, or did before it was removed.
        record: given the type of the event and what it is about.
    """
    if not effect.after:
        Alias.objects.filter(model=model, name=effect.alias).delete()
        record(EventType.ALIAS_DELETED, version=version, alias=effect.alias)
        return
    Alias.objects.update_or_create(
        model=model, name=effect.alias, defaults={"version": version}
    )
    record(
        EventType.ALIAS_MOVED if effect.before else EventType.ALIAS_SET,
        version=version,
        alias=effect.alias,
        from_version=int(effect.before) if effect.before else None,
    )
