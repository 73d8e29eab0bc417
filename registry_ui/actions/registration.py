"""Registering, renaming and deleting models, and deleting versions, in MLflow."""

import posixpath
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.holdings import lost_holders, move_holders
from registry_ui.actions.metadata import Owner, clean_description
from registry_ui.actions.mirror_tags import MODEL_TAGS, create_tags
from registry_ui.actions.policies import policies_in_force
from registry_ui.actions.registry_writes import (
    change_in_mlflow,
    mirroring,
    register_in_mlflow,
)
from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import MLflowClient, MLflowRefused, ModelInfo
from registry_ui.models import (
    NAME_LENGTH,
    Alias,
    Level,
    ModelPermission,
    ModelVersion,
    RegisteredModel,
    Registration,
    TransitionRequest,
)
from registry_ui.planning import SERVING_STAGES
from registry_ui.policies import is_about


def uses_of(owner: Owner) -> list[str]:
    """Return what keeps a model or a version from being deleted, as far as we know.

    Stages in use, then aliases as `@champion`: of the version, or of any of the model.
    """
    if isinstance(owner, ModelVersion):
        stages = [owner.stage]
    else:
        held = owner.versions.filter(deleted_at=None, stage__in=SERVING_STAGES)
        stages = list(held.values_list("stage", flat=True).distinct())
    return _uses(stages, owner.aliases.values_list("name", flat=True))


def uses_in_mlflow(owner: Owner, client: MLflowClient) -> list[str]:
    """Return the same as MLflow has it now: the mirror may be older.

    Raises:
        MLflowError: it cannot tell, or has it no longer.
    """
    if isinstance(owner, ModelVersion):
        found = client.get_version(owner.model.name, owner.number)
        return _uses([found.stage], found.aliases or ())
    holders = client.holders(owner.name)
    return _uses(holders.stages, holders.aliases)


def create_model(name: str, description: str, *, actor: User) -> RegisteredModel:
    """Register a model; who does holds Can Manage on it, as at Databricks.

    Raises:
        PermissionDenied: the actor may not register models.
        InvalidFieldError: the name or the description will not do.
        ActionError: MLflow refused, or cannot be used.
    """
    if not permissions.may_create_model(actor):
        raise PermissionDenied
    name, description = _clean_name(name), clean_description(description)
    info = register_in_mlflow(name, lambda client: _create(client, name, description))
    return mirror_new_model(info, actor=actor)


def mirror_new_model(info: ModelInfo, *, actor: User) -> RegisteredModel:
    """Store, and record, that somebody has registered a model in MLflow."""
    with transaction.atomic():
        gone = _retire_namesakes(info.name, unless=info)
        model, is_new = _mirror_created(info)
        _grant(model, actor)
        Registration.objects.filter(name=info.name).delete()
        _record_gone(gone)
        if is_new:  # else a sweep saw it first, and has it on record
            record_event(
                EventType.REGISTERED_MODEL_CREATED,
                actor=actor,
                model=model,
                through="signoff",
            )
        if not actor.is_superuser:
            record_event(
                EventType.PERMISSION_GRANTED,
                actor=actor,
                model=model,
                level=Level.CAN_MANAGE.name,
                level_before="",
                user=actor.get_username(),
                group="",
            )
    return model


def rename_model(model: RegisteredModel, name: str, *, actor: User) -> RegisteredModel:
    """Give a model another name; its versions, requests and history go along.

    Raises:
        PermissionDenied: the actor does not manage the model.
        InvalidFieldError: the name will not do.
        ActionError: a plan is being carried out; MLflow refused, or cannot be used.
    """
    refuse_unless_managed(model, actor)
    name, old = _clean_name(name), model.name
    if name == old:
        return model

    def check() -> None:
        refuse_amid_a_plan(model)
        if why := why_not_named(model, name, actor):
            raise InvalidFieldError("name", why)

    info = change_in_mlflow(
        model, lambda client: _rename(client, old, name), check=check
    )
    return mirror_renamed(model, info, actor=actor)


def mirror_renamed(
    model: RegisteredModel, info: ModelInfo, *, actor: User
) -> RegisteredModel:
    """Store, and record, that somebody has renamed the model in MLflow."""
    with mirroring(model) as row:
        # MLflow would have refused a name that a model has: these are gone from it.
        gone = _retire_namesakes(info.name, unless=info)
        old, row.name = row.name, info.name
        row.updated_at = info.updated_at
        row.save(update_fields=["name", "updated_at"])
        _record_gone(gone)
        if old != row.name:
            record_event(
                EventType.REGISTERED_MODEL_RENAMED,
                actor=actor,
                model=row,
                through="signoff",
                name_before=old,
            )
    return row


def why_not_named(model: RegisteredModel, name: str, actor: User) -> str:
    """Say why a model may not get that name; empty if it may.

    Policies go by names: to rename a model is to put it under others, as changing the
    policies would.
    """
    if permissions.may_manage_registry(actor):
        return ""
    changed = [
        policy.label
        for policy in policies_in_force()
        if is_about(policy.definition, model.name) != is_about(policy.definition, name)
    ]
    if not changed:
        return ""
    return (
        f"Policies go by names: as {name} others would govern {model.name} than now"
        f" ({', '.join(changed)}). Ask an administrator to rename it."
    )


def delete_model(model: RegisteredModel, confirmation: str, *, actor: User) -> None:
    """Delete a model with all its versions from MLflow; what was known of it stays.

    Args:
        model: none of its versions may be in use.
        confirmation: its name, typed.
        actor: who deletes it.

    Raises:
        PermissionDenied: the actor does not manage the model.
        InvalidFieldError: something else was typed.
        ActionError: it is in use; MLflow refused, or cannot be used.
    """
    refuse_unless_managed(model, actor)
    if confirmation.strip() != model.name.strip():
        raise InvalidFieldError("confirmation", f"Type {model.name} to delete it.")

    def check() -> None:
        refuse_amid_a_plan(model)
        _refuse_in_use(model, uses_of(model))

    def call(client: MLflowClient) -> None:
        _refuse_in_use(model, uses_in_mlflow(model, client))
        client.delete_model(model.name)

    change_in_mlflow(model, call, check=check)
    mirror_deleted(model, actor=actor)


def mirror_deleted(model: RegisteredModel, *, actor: User) -> None:
    """Store, and record, that somebody has deleted the model from MLflow."""
    with mirroring(model) as row:
        lost = lost_holders(row)
        row.deleted_at = timezone.now()
        row.save(update_fields=["deleted_at"])
        Alias.objects.filter(model=row).delete()
        move_holders(row, lost, at=row.deleted_at)
        record_event(
            EventType.REGISTERED_MODEL_DELETED,
            actor=actor,
            model=row,
            through="signoff",
        )


def delete_version(version: ModelVersion, *, actor: User) -> None:
    """Delete a version from MLflow; what was known of it stays.

    Raises:
        PermissionDenied: the actor does not manage the model.
        ActionError: it is in use; MLflow refused, or cannot be used.
    """
    model, name, number = version.model, version.model.name, version.number
    refuse_unless_managed(model, actor)

    def check() -> None:
        refuse_amid_a_plan(model)
        now = ModelVersion.objects.get(pk=version.pk)
        if not now.is_live:
            raise ActionError(f"{version} was deleted in MLflow.")
        _refuse_in_use(version, uses_of(now))

    def call(client: MLflowClient) -> None:
        _refuse_in_use(version, uses_in_mlflow(version, client))
        client.delete_version(name, number)

    change_in_mlflow(model, call, check=check)
    mirror_deleted_version(version, actor=actor)


def mirror_deleted_version(version: ModelVersion, *, actor: User) -> None:
    """Store, and record, that somebody has deleted the version from MLflow."""
    with mirroring(version.model) as row:
        locked = ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
        locked.model = row
        lost = lost_holders(row, locked)
        locked.deleted_at = timezone.now()
        locked.save(update_fields=["deleted_at"])
        Alias.objects.filter(version=locked).delete()
        move_holders(row, lost, at=locked.deleted_at)
        record_event(
            EventType.MODEL_VERSION_DELETED,
            actor=actor,
            version=locked,
            through="signoff",
            stage=locked.stage,
        )


def refuse_unless_managed(model: RegisteredModel, actor: User) -> None:
    """Let those pass who manage the model, if it is there.

    Raises:
        PermissionDenied: the actor does not.
        ActionError: it was deleted.
    """
    if not permissions.may_manage_model(actor, model):
        raise PermissionDenied
    if not model.is_live:
        raise ActionError(f"{model} was deleted in MLflow.")


def refuse_amid_a_plan(model: RegisteredModel) -> None:
    """Let nobody rename or delete what a plan is carried out on.

    Raises:
        ActionError: one is.
    """
    plans = TransitionRequest.objects.in_flight().filter(version__model=model)
    if (plan := plans.first()) is not None:
        raise ActionError(
            f"Request #{plan.number} is being carried out on {model.name}. Wait until"
            " it is settled."
        )


def _uses(stages: Iterable[str], aliases: Iterable[str]) -> list[str]:
    held = set(stages)
    names = [stage for stage in SERVING_STAGES if stage in held]
    return names + [f"@{alias}" for alias in sorted(aliases)]


def _refuse_in_use(owner: Owner, uses: list[str]) -> None:
    if uses:
        raise ActionError(
            f"{owner} is in use: {', '.join(uses[:8])}. Free these first, by transition"
            " requests or by removing aliases, then delete it."
        )


def _clean_name(name: str) -> str:
    """Return a name that MLflow takes (its `_validate_model_name`).

    Raises:
        InvalidFieldError: with the reason.
    """
    name = name.strip()
    if not name:
        raise InvalidFieldError("name", "Give the model a name.")
    if len(name) > NAME_LENGTH:
        raise InvalidFieldError(
            "name", f"The name has {len(name):,} characters; {NAME_LENGTH} fit."
        )
    if {"/", ":"} & set(name):
        raise InvalidFieldError("name", "A name has no slash and no colon in it.")
    if posixpath.normpath(name) in {".", ".."}:
        raise InvalidFieldError("name", "A name is more than dots that mean a folder.")
    return name


def _create(client: MLflowClient, name: str, description: str) -> ModelInfo:
    try:
        return client.create_model(name, description)
    except MLflowRefused as error:
        raise _about_name(error) from error


def _rename(client: MLflowClient, old: str, name: str) -> ModelInfo:
    try:
        return client.rename_model(old, name)
    except MLflowRefused as error:
        raise _about_name(error) from error


def _about_name(error: MLflowRefused) -> Exception:
    if error.error_code == "RESOURCE_ALREADY_EXISTS":
        return InvalidFieldError("name", "MLflow has a model of this name already.")
    return error


def _retire_namesakes(name: str, *, unless: ModelInfo | None) -> list[RegisteredModel]:
    """Mark live rows of the name as gone: MLflow just showed that they are.

    Their events come last: rows are changed before the chain of events is locked.
    """
    rows = RegisteredModel.objects.live().filter(name=name)
    if unless is not None:
        rows = rows.exclude(created_at=unless.created_at)
    gone = list(rows.order_by("pk").select_for_update(no_key=True))
    for row in gone:
        row.deleted_at = timezone.now()
        row.save(update_fields=["deleted_at"])
        Alias.objects.filter(model=row).delete()
    return gone


def _record_gone(gone: Iterable[RegisteredModel]) -> None:
    for model in gone:
        record_event(
            EventType.REGISTERED_MODEL_DELETED,
            actor=None,
            model=model,
            through="mlflow",
        )


def _mirror_created(info: ModelInfo) -> tuple[RegisteredModel, bool]:
    """Return the row of a new model, and whether it was not there before."""
    try:
        with transaction.atomic():
            row = RegisteredModel.objects.create(
                name=info.name,
                description=info.description,
                created_at=info.created_at,
                updated_at=info.updated_at,
                written_at=timezone.now(),
            )
            create_tags(MODEL_TAGS, [(row, info.tags)])
    except IntegrityError:  # a sweep was quicker
        return RegisteredModel.objects.live().get(name=info.name), False
    return row, True


def _grant(model: RegisteredModel, actor: User) -> None:
    """Let who registers a model manage it; superusers do so anyway."""
    if not actor.is_superuser:
        ModelPermission.objects.get_or_create(
            model=model, user=actor, defaults={"level": Level.CAN_MANAGE}
        )
