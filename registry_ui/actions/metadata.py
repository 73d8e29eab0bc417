"""Descriptions and tags of models and versions, changed in MLflow by a person."""

import hashlib
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from registry_ui import permissions
from registry_ui.actions.mirror_tags import store_tag, stored_value
from registry_ui.actions.registry_writes import change_in_mlflow, mirroring
from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import (
    PROMPT_TAG,
    MLflowClient,
    ModelInfo,
    VersionInfo,
)
from registry_ui.models import (
    TAG_KEY_LENGTH,
    ModelVersion,
    RegisteredModel,
)

DESCRIPTION_LENGTH = 5000  # MLflow's column
MODEL_TAG_LENGTH = 5000  # MLflow's column; its own check lets more through
VERSION_TAG_LENGTH = 100_000
_TAG_DIGEST_LENGTH = 16  # a form carries one for each tag


class StaleTextError(ActionError):
    """A text or a tag is to be replaced that is not the one that was seen."""


Owner = RegisteredModel | ModelVersion
"""What has a description and tags."""

_UPDATED: dict[type[Owner], EventType] = {
    RegisteredModel: EventType.REGISTERED_MODEL_UPDATED,
    ModelVersion: EventType.MODEL_VERSION_UPDATED,
}
_TAG_SET: dict[type[Owner], EventType] = {
    RegisteredModel: EventType.REGISTERED_MODEL_TAG_SET,
    ModelVersion: EventType.MODEL_VERSION_TAG_SET,
}
_TAG_DELETED: dict[type[Owner], EventType] = {
    RegisteredModel: EventType.REGISTERED_MODEL_TAG_DELETED,
    ModelVersion: EventType.MODEL_VERSION_TAG_DELETED,
}


def digest_of(description: str) -> str:
    """Return what a form carries to tell whether a text has changed meanwhile."""
    return hashlib.sha256(description.encode()).hexdigest()


def digest_of_tag(key: str, value: str) -> str:
    """Return what a form carries to tell whether a tag has changed meanwhile."""
    return digest_of(f"{key}\0{value}")[:_TAG_DIGEST_LENGTH]


def describe(
    owner: Owner, description: str, *, seen: str | None = None, actor: User
) -> None:
    """Change the description of a model or a version.

    Args:
        owner: what is described.
        description: Markdown; empty to have none.
        seen: `digest_of` the description that the actor had before them; None where
            whatever stands there is to be replaced.
        actor: needs Can Edit.

    Raises:
        PermissionDenied: the actor may not edit the model.
        InvalidFieldError: the description is too long.
        StaleTextError: somebody else has changed it meanwhile.
        ActionError: MLflow refused, or cannot be used.
    """
    refuse_unless_editable(owner, actor)
    description = clean_description(description)
    if description == owner.description:
        return
    if seen not in (None, digest_of(owner.description)):
        raise StaleTextError(
            "Somebody has changed the description since you opened this page. Theirs"
            " stands below; storing once more replaces it with yours."
        )
    info = change_in_mlflow(
        model_of(owner), lambda client: _describe(client, owner, description)
    )
    mirror_description(owner, info, actor=actor)


def mirror_description(
    owner: Owner, info: ModelInfo | VersionInfo, *, actor: User
) -> None:
    """Store, and record, that somebody has described the owner in MLflow.

    Args:
        owner: that was described.
        info: as MLflow has it now.
        actor: who did.
    """
    with mirroring(model_of(owner)) as model:
        row = _locked(owner, model)
        row.description = info.description
        row.updated_at = info.updated_at
        row.save(update_fields=["description", "updated_at"])
        record_event(
            _UPDATED[type(row)],
            actor=actor,
            through="signoff",
            **_subject(row),
        )


def set_tag(
    owner: Owner, key: str, value: str, *, seen: str | None = None, actor: User
) -> None:
    """Set a tag of a model or a version, in place of the value it has.

    Args:
        owner: whose tag.
        key: names it.
        value: the new one.
        seen: each `digest_of_tag` that the actor had before them, with spaces between
            them; None where whatever stands there is to be replaced.
        actor: needs Can Edit.

    Raises:
        PermissionDenied: the actor may not edit the model.
        InvalidFieldError: the key or the value will not do.
        StaleTextError: somebody else has set the tag meanwhile.
        ActionError: MLflow refused, or cannot be used.
    """
    refuse_unless_editable(owner, actor)
    key = _clean_key(key)
    value = value.replace("\r\n", "\n")
    most = VERSION_TAG_LENGTH if isinstance(owner, ModelVersion) else MODEL_TAG_LENGTH
    if len(value) > most:
        raise InvalidFieldError(
            "value", f"The value has {len(value):,} characters; {most:,} fit."
        )
    if owner.tags.filter(key=key, value=value).exists():
        return
    _refuse_unless_seen(owner, key, seen)
    change_in_mlflow(
        model_of(owner), lambda client: _set_tag(client, owner, key, value)
    )
    mirror_tag(owner, key, value, actor=actor)


def mirror_tag(owner: Owner, key: str, value: str, *, actor: User) -> None:
    """Store, and record, that somebody has set a tag of the owner in MLflow."""
    with mirroring(model_of(owner)) as model:
        row = _tagged(owner, model)
        before = stored_value(row, key)
        store_tag(row, key, value)
        record_event(
            _TAG_SET[type(row)],
            actor=actor,
            through="signoff",
            key=key,
            value=value,
            before=before,
            **_subject(row),
        )


def delete_tag(owner: Owner, key: str, *, seen: str | None = None, actor: User) -> None:
    """Remove a tag of a model or a version; nothing happens if it is gone already.

    Args:
        owner: whose tag.
        key: names it.
        seen: as in `set_tag`.
        actor: needs Can Edit.

    Raises:
        PermissionDenied: the actor may not edit the model.
        InvalidFieldError: the tag is not for people to remove.
        StaleTextError: somebody else has set the tag meanwhile.
        ActionError: MLflow refused, or cannot be used.
    """
    refuse_unless_editable(owner, actor)
    key = _clean_key(key)
    if not owner.tags.filter(key=key).exists():
        return
    _refuse_unless_seen(owner, key, seen)
    change_in_mlflow(model_of(owner), lambda client: _delete_tag(client, owner, key))
    mirror_no_tag(owner, key, actor=actor)


def mirror_no_tag(owner: Owner, key: str, *, actor: User) -> None:
    """Store, and record, that somebody has removed a tag in MLflow, if it was there."""
    with mirroring(model_of(owner)) as model:
        row = _tagged(owner, model)
        count, _ = row.tags.filter(key=key).delete()
        if not count:
            return
        record_event(
            _TAG_DELETED[type(row)],
            actor=actor,
            through="signoff",
            key=key,
            **_subject(row),
        )


def clean_description(description: str) -> str:
    """Return the description with plain line ends.

    Raises:
        InvalidFieldError: it is longer than MLflow stores.
    """
    # Browsers send both characters at each end of a line.
    description = description.replace("\r\n", "\n").strip()
    if len(description) > DESCRIPTION_LENGTH:
        raise InvalidFieldError(
            "description",
            f"The description has {len(description):,} characters;"
            f" {DESCRIPTION_LENGTH:,} fit.",
        )
    return description


def model_of(owner: Owner) -> RegisteredModel:
    """Return the model that the owner is, or is a version of."""
    return owner if isinstance(owner, RegisteredModel) else owner.model


def refuse_unless_editable(owner: Owner, actor: User) -> None:
    """Let those pass who may edit the model.

    Raises:
        PermissionDenied: the actor may not.
        ActionError: the owner was deleted.
    """
    if not permissions.may_edit_model(actor, model_of(owner)):
        raise PermissionDenied
    if not owner.is_live:
        raise ActionError(f"{owner} was deleted in MLflow.")


def _refuse_unless_seen(owner: Owner, key: str, seen: str | None) -> None:
    """Let pass who had before them what the tag is, or that there is none."""
    tag = owner.tags.filter(key=key).first()
    if seen is None or tag is None:
        return
    if digest_of_tag(key, tag.value) not in seen.split():
        raise StaleTextError(
            f"Somebody has set {key} since you opened this page. What it is now stands"
            " in the table; doing this once more replaces it."
        )


def _clean_key(key: str) -> str:
    key = key.strip()
    if not key:
        raise InvalidFieldError("key", "Give the tag a name.")
    if len(key) > TAG_KEY_LENGTH:
        raise InvalidFieldError(
            "key", f"The name has {len(key):,} characters; {TAG_KEY_LENGTH} fit."
        )
    refuse_prompt_tag(key)
    return key


def refuse_prompt_tag(key: str) -> None:
    """Let all tags pass but the one that would turn a model into a prompt.

    Raises:
        InvalidFieldError: it is that one.
    """
    if key == PROMPT_TAG:
        raise InvalidFieldError(
            "key",
            "By this tag MLflow tells prompts from models, so it stays as it is.",
        )


def _locked(owner: Owner, model: RegisteredModel) -> Any:
    """Return the row to change, locked: the model is, a version is now."""
    if isinstance(owner, RegisteredModel):
        return model
    version = ModelVersion.objects.select_for_update(no_key=True).get(pk=owner.pk)
    version.model = model
    return version


def _tagged(owner: Owner, model: RegisteredModel) -> Any:
    """Return whose tag changes: the lock on the model is one on all its tags."""
    if isinstance(owner, RegisteredModel):
        return model
    owner.model = model
    return owner


def _subject(row: Owner) -> dict[str, Any]:
    return {"model" if isinstance(row, RegisteredModel) else "version": row}


def _describe(
    client: MLflowClient, owner: Owner, description: str
) -> ModelInfo | VersionInfo:
    if isinstance(owner, RegisteredModel):
        return client.update_model(owner.name, description)
    return client.update_version(owner.model.name, owner.number, description)


def _set_tag(client: MLflowClient, owner: Owner, key: str, value: str) -> None:
    if isinstance(owner, RegisteredModel):
        client.set_model_tag(owner.name, key, value)
    else:
        client.set_version_tag(owner.model.name, owner.number, key, value)


def _delete_tag(client: MLflowClient, owner: Owner, key: str) -> None:
    if isinstance(owner, RegisteredModel):
        client.delete_model_tag(owner.name, key)
    else:
        client.delete_version_tag(owner.model.name, owner.number, key)
