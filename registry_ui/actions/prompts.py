"""Prompts: models to MLflow, not to us. Changed as said, and on record by name.

They are neither mirrored nor governed, so there is nothing to announce, and what is
changed past the gate nobody sees. If this process dies between MLflow's answer and the
record, the change is not on record.
"""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from registry_ui import permissions
from registry_ui.actions.metadata import refuse_prompt_tag
from registry_ui.actions.registry_writes import ask_mlflow
from registry_ui.errors import InvalidFieldError
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import PROMPT_TAG, JsonObject
from registry_ui.models import Level, RegisteredModel

_EVENTS: Mapping[tuple[str, str], EventType] = {
    ("POST", "registered-models/create"): EventType.PROMPT_CREATED,
    ("PATCH", "registered-models/update"): EventType.PROMPT_UPDATED,
    ("POST", "registered-models/rename"): EventType.PROMPT_RENAMED,
    ("DELETE", "registered-models/delete"): EventType.PROMPT_DELETED,
    ("POST", "registered-models/set-tag"): EventType.PROMPT_TAG_SET,
    ("DELETE", "registered-models/delete-tag"): EventType.PROMPT_TAG_DELETED,
    ("POST", "registered-models/alias"): EventType.PROMPT_ALIAS_SET,
    ("DELETE", "registered-models/alias"): EventType.PROMPT_ALIAS_DELETED,
    ("POST", "model-versions/create"): EventType.PROMPT_VERSION_CREATED,
    ("PATCH", "model-versions/update"): EventType.PROMPT_VERSION_UPDATED,
    ("DELETE", "model-versions/delete"): EventType.PROMPT_VERSION_DELETED,
    ("POST", "model-versions/set-tag"): EventType.PROMPT_VERSION_TAG_SET,
    ("DELETE", "model-versions/delete-tag"): EventType.PROMPT_VERSION_TAG_DELETED,
    (
        "POST",
        "model-versions/transition-stage",
    ): EventType.PROMPT_VERSION_TRANSITIONED,
}
_SAID = {
    "version": "prompt_version",
    "alias": "alias",
    "key": "key",
    "value": "value",
    "stage": "to_stage",
}
"""What of a call is on record, and as what."""


def is_prompt(name: str) -> bool:
    """Has MLflow a prompt of that name, which was never a model that is mirrored?

    Raises:
        MLflowFailedError: MLflow cannot be used.
    """
    info = ask_mlflow(lambda client: client.find_model(name))
    hidden = RegisteredModel.objects.filter(name=name, is_prompt=True)
    return info is not None and info.is_prompt and not hidden.exists()


def change_prompt(
    method: str, path: str, body: JsonObject, *, level: Level, actor: User
) -> JsonObject:
    """Hand on a change of a prompt, which no policy governs, and record who made it.

    Args:
        method: the HTTP method.
        path: below MLflow's API.
        body: as MLflow takes it.
        level: that a model would need; of a prompt, on the whole registry.
        actor: who changes it.

    Returns:
        MLflow's answer.

    Raises:
        PermissionDenied: the actor lacks the level.
        InvalidFieldError: it would turn the prompt, or a version of it, into a model.
        MLflowFailedError: MLflow refused, or cannot be used.
    """
    if permissions.level_of(actor, None) < level:
        raise PermissionDenied
    refuse_prompt_tag(str(body.get("key", "")))
    if path == "model-versions/create":
        _refuse_models_version(body.get("tags", ()))
    answer = ask_mlflow(lambda client: client.relay.write(method, path, body))
    record_prompt(method, path, body, answer, actor=actor)
    return answer


def _refuse_models_version(tags: Iterable[Mapping[str, str]]) -> None:
    """Refuse a version that MLflow would not take for a prompt's: no policy governs it.

    Raises:
        InvalidFieldError: the tag is missing that MLflow's client sets.
    """
    if {"key": PROMPT_TAG, "value": "true"} not in tags:
        raise InvalidFieldError(
            "tags",
            f"The model is a prompt, so its versions need the tag {PROMPT_TAG}=true."
            " Register a model's version under another name.",
        )


def record_prompt(
    method: str, path: str, body: JsonObject, answer: JsonObject, *, actor: User
) -> None:
    """Record what somebody has changed of a prompt in MLflow.

    Args:
        method: of the call that did.
        path: of it, below MLflow's API.
        body: of it.
        answer: MLflow's.
        actor: who called.
    """
    made = answer.get("model_version") if path == "model-versions/create" else None
    said = {"prompt_version": made["version"]} if made and "version" in made else {}
    said |= {as_: body[name] for name, as_ in _SAID.items() if name in body}
    name = str(body["name"])
    if "new_name" in body:
        said["name_before"], name = name, str(body["new_name"])
    with transaction.atomic():
        record_event(
            _EVENTS[method, path], actor=actor, through="signoff", prompt=name, **said
        )
