"""Bringing what we changed in MLflow into the mirror at once, and on record."""

from functools import partial

from registry_ui.events import EventType, Record
from registry_ui.mlflow_client import PROMPT_TAG
from registry_ui.models import (
    Alias,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)
from registry_ui.models.prepared import PreparedSave
from registry_ui.planning import MODEL, Effect, EffectKind

_save_stage = PreparedSave(ModelVersion, "stage")
_point = PreparedSave(Alias, "version_id", by=("model_id", "name"))


def mirror_effect(
    effect: Effect,
    model: RegisteredModel,
    version: ModelVersion | None,
    request: TransitionRequest,
    record: Record,
) -> None:
    """Store one effect of a request; call it with the model locked.

    Args:
        effect: what MLflow was seen to show, and the mirror does not.
        model: whose effect it is.
        version: the one that it names; None for the model's own effects.
        request: what decided it, or is being undone.
        record: given the type of the event and what it is about.
    """
    record = partial(
        record, actor=request.acting_for, request=request, through="request"
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
            store_alias(effect, model, version, record)
        case EffectKind.TRANSITION | EffectKind.ARCHIVE if version:
            version.stage = effect.after
            _save_stage(version)
            record(
                EventType.MODEL_VERSION_TRANSITIONED,
                version=version,
                from_stage=effect.before,
                to_stage=effect.after,
                is_side_effect=effect.kind is EffectKind.ARCHIVE,
            )


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
        model.aliases.filter(name=effect.alias).delete()
        record(EventType.ALIAS_DELETED, version=version, alias=effect.alias)
        return
    alias = Alias(model=model, name=effect.alias, version=version)
    if not _point(alias):
        alias.save(force_insert=True)
    record(
        EventType.ALIAS_MOVED if effect.before else EventType.ALIAS_SET,
        version=version,
        alias=effect.alias,
        from_version=int(effect.before) if effect.before else None,
    )
