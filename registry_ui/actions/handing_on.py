"""Changes that a program makes in MLflow's own words: checked, handed on, mirrored.

What people change on pages is checked and put into words by us; here MLflow checks the
words itself, and its answer goes back as it is. Announcing, mirroring and recording are
the same: `registry_writes.py` says what happens if one side dies in between.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from registry_ui import permissions
from registry_ui.actions.metadata import (
    Owner,
    mirror_description,
    mirror_no_tag,
    mirror_tag,
    model_of,
    refuse_prompt_tag,
    refuse_unless_editable,
)
from registry_ui.actions.mirror_tags import VERSION_TAGS, create_tags
from registry_ui.actions.policies import policies_in_force, policy_of
from registry_ui.actions.prompts import record_prompt
from registry_ui.actions.registration import (
    mirror_deleted,
    mirror_deleted_version,
    mirror_new_model,
    mirror_renamed,
    refuse_amid_a_plan,
    refuse_unless_managed,
    uses_in_mlflow,
    uses_of,
    why_not_named,
)
from registry_ui.actions.registry_writes import (
    ask_mlflow,
    change_in_mlflow,
    mirroring,
    register_in_mlflow,
)
from registry_ui.errors import InvalidFieldError
from registry_ui.events import EventType, reading_wished, record_event
from registry_ui.mlflow_client import (
    PROMPT_TAG,
    JsonObject,
    MLflowClient,
    MLflowNotFound,
    VersionInfo,
    model_in,
    version_in,
)
from registry_ui.models import (
    ALIAS_PREFIX,
    NAME_LENGTH,
    STAGE_PREFIX,
    Evidence,
    ModelVersion,
    RegisteredModel,
)

_PLACES: Mapping[type[Owner], str] = {
    RegisteredModel: "registered-models",
    ModelVersion: "model-versions",
}


def register_model(
    body: JsonObject, tags: Mapping[str, str], *, actor: User
) -> JsonObject:
    """Register a model, or a prompt where a tag says so.

    A prompt is on record, and not mirrored.

    Args:
        body: as MLflow takes it.
        tags: those in it.
        actor: needs Can Edit on the whole registry.

    Returns:
        MLflow's answer, here and below.

    Raises:
        PermissionDenied: the actor may not register models.
        InvalidFieldError: the name or the tags will not do.
        MLflowFailedError: MLflow refused, or cannot be used; here and below.
    """
    if not permissions.may_create_model(actor):
        raise PermissionDenied
    name = str(body["name"])
    _refuse_long_name(name, "name")
    is_prompt = tags.get(PROMPT_TAG, "false")
    if is_prompt not in ("true", "false"):
        raise InvalidFieldError("tags", f"{PROMPT_TAG} is either true or false.")
    method, path = "POST", "registered-models/create"
    write = partial(_write, method, path, body)
    if is_prompt == "true":
        answer = ask_mlflow(write)
        record_prompt(method, path, body, answer, actor=actor)
    else:
        answer = register_in_mlflow(name, write)
        mirror_new_model(model_in(answer), actor=actor)
    return answer


def register_version(
    model: RegisteredModel, body: JsonObject, tags: Mapping[str, str], *, actor: User
) -> JsonObject:
    """Register a version of a model.

    Raises:
        PermissionDenied: the actor may not edit the model.
        InvalidFieldError: a tag would make it a prompt's version.
        ActionError: the model was deleted, or somebody else is changing it.
    """
    refuse_unless_editable(model, actor)
    for key in tags:
        refuse_prompt_tag(key)
    answer = change_in_mlflow(
        model, partial(_write, "POST", "model-versions/create", body)
    )
    _mirror_new_version(model, version_in(answer), actor=actor)
    return answer


def describe_as_said(owner: Owner, body: JsonObject, *, actor: User) -> JsonObject:
    """Change the description of a model or a version, in MLflow's words.

    Raises:
        PermissionDenied: the actor may not edit the model.
        ActionError: it was deleted, or somebody else is changing it.
    """
    refuse_unless_editable(owner, actor)
    path = f"{_PLACES[type(owner)]}/update"
    answer = change_in_mlflow(model_of(owner), partial(_write, "PATCH", path, body))
    is_model = isinstance(owner, RegisteredModel)
    info = model_in(answer) if is_model else version_in(answer)
    mirror_description(owner, info, actor=actor)
    return answer


def set_tag_as_said(
    owner: Owner, key: str, value: str, body: JsonObject, *, actor: User
) -> JsonObject:
    """Set a tag of a model or a version, in MLflow's words.

    Raises:
        PermissionDenied: the actor may not edit the model.
        InvalidFieldError: it would turn a model into a prompt.
        ActionError: it was deleted, or somebody else is changing it.
    """
    refuse_unless_editable(owner, actor)
    refuse_prompt_tag(key)
    path = f"{_PLACES[type(owner)]}/set-tag"
    answer = change_in_mlflow(model_of(owner), partial(_write, "POST", path, body))
    mirror_tag(owner, key, value, actor=actor)
    return answer


def delete_tag_as_said(
    owner: Owner, key: str, body: JsonObject, *, actor: User
) -> JsonObject:
    """Remove a tag of a model or a version; none there is no error, and no event.

    Raises:
        PermissionDenied: the actor may not edit the model.
        InvalidFieldError: by the tag MLflow tells prompts from models.
        ActionError: it was deleted, or somebody else is changing it.
    """
    refuse_unless_editable(owner, actor)
    refuse_prompt_tag(key)
    path = f"{_PLACES[type(owner)]}/delete-tag"
    answer = change_in_mlflow(model_of(owner), partial(_write, "DELETE", path, body))
    mirror_no_tag(owner, key, actor=actor)
    return answer


def rename_as_said(
    model: RegisteredModel, new_name: str, body: JsonObject, *, actor: User
) -> JsonObject:
    """Give a model another name, in MLflow's words.

    Raises:
        PermissionDenied: the actor does not manage the model, or other policies would
            govern it by its new name.
        InvalidFieldError: the name is too long.
        ActionError: a plan is being carried out, or somebody else is changing it.
    """
    refuse_unless_managed(model, actor)
    _refuse_long_name(new_name, "new_name")

    def check() -> None:
        refuse_amid_a_plan(model)
        if why := why_not_named(model, new_name, actor):
            raise PermissionDenied(why)

    write = partial(_write, "POST", "registered-models/rename", body)
    answer = change_in_mlflow(model, write, check=check)
    mirror_renamed(model, model_in(answer), actor=actor)
    return answer


def delete_as_said(owner: Owner, body: JsonObject, *, actor: User) -> JsonObject:
    """Delete a model or a version from MLflow, in use or not, if its policies let one.

    Raises:
        PermissionDenied: the actor does not manage the model, or a policy governs a
            target that is held.
        ActionError: a plan is being carried out, or somebody else is changing it.
    """
    refuse_unless_managed(model_of(owner), actor)
    path = f"{_PLACES[type(owner)]}/delete"

    def check() -> None:
        refuse_amid_a_plan(model_of(owner))
        now = type(owner).objects.get(pk=owner.pk)
        _refuse_governed(owner, uses_of(now))

    def call(client: MLflowClient) -> JsonObject:
        with suppress(MLflowNotFound):  # it says so once more
            _refuse_governed(owner, uses_in_mlflow(owner, client))
        return _write("DELETE", path, body, client)

    answer = change_in_mlflow(model_of(owner), call, check=check)
    if isinstance(owner, RegisteredModel):
        mirror_deleted(owner, actor=actor)
    else:
        mirror_deleted_version(owner, actor=actor)
    return answer


def _write(
    method: str, path: str, body: JsonObject, client: MLflowClient
) -> JsonObject:
    return client.relay.write(method, path, body)


def _refuse_long_name(name: str, field: str) -> None:
    """Refuse what MLflow takes on SQLite only, and what the mirror cannot hold."""
    if len(name) > NAME_LENGTH:
        raise InvalidFieldError(
            field, f"`{field}` has {len(name):,} characters; {NAME_LENGTH} fit."
        )


def _refuse_governed(owner: Owner, uses: Iterable[str]) -> None:
    """Refuse to end by a deletion what a policy would not let one end by a move."""
    policies = policies_in_force()
    for use in uses:
        is_alias = use.startswith("@")
        target = f"{ALIAS_PREFIX}{use[1:]}" if is_alias else f"{STAGE_PREFIX}{use}"
        policy = policy_of(model_of(owner).name, target, policies=policies)
        if not policy.definition.direct:
            raise PermissionDenied(
                f"{owner} is in use as {use}, which the policy {policy.label} governs."
                " Move another version there by a request first, then delete it."
            )


def _mirror_new_version(
    model: RegisteredModel, info: VersionInfo, *, actor: User
) -> None:
    """Store, and record, that somebody has registered a version in MLflow."""
    with mirroring(model) as row:
        version, is_new = ModelVersion.objects.get_or_create(
            model=row,
            number=info.number,
            defaults={
                "created_at": info.created_at,
                "updated_at": info.updated_at,
                "stage": info.stage,
                "description": info.description,
                "source": info.source,
                "run_id": info.run_id,
                "run_link": info.run_link,
                "status": info.status,
                "status_message": info.status_message,
            },
        )
        if not is_new:  # a sweep saw it first, and has it on record
            return
        version.model = row
        create_tags(VERSION_TAGS, [(version, info.tags)])
        record_event(
            EventType.MODEL_VERSION_CREATED,
            actor=actor,
            version=version,
            through="signoff",
            run_id=version.run_id,
            stage=version.stage,
        )
        reading_wished.send(sender=Evidence)
