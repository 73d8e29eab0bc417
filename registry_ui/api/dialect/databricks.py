"""`databricks/*` of the dialect: a model with its id, and moving a version.

What these paths add to MLflow's own: the caller's level, open requests, a comment.
"""

from typing import Any

from django.core.exceptions import PermissionDenied

from registry_ui import permissions
from registry_ui.actions.requests import transition_directly
from registry_ui.api.dialect.descriptions import describe_model, describe_version
from registry_ui.api.dialect.lookups import (
    visible_model_or_404,
    visible_version_or_404,
)
from registry_ui.api.dialect.operations import Answer, Call, Operation
from registry_ui.api.dialect.outcomes import how_to_ask, settled, what_came_of
from registry_ui.api.dialect.parameters import (
    NO_REASON,
    Name,
    Parameters,
    Reason,
    StageName,
    Truth,
    VersionParameters,
)
from registry_ui.errors import NotAppliedError
from registry_ui.models import STAGE_PREFIX, ModelVersion, Scope, TransitionRequest


class GetParameters(Parameters):
    """Which model."""

    name: Name


class TransitionParameters(VersionParameters):
    """Which version goes where; whether the versions that are there are archived."""

    stage: StageName
    archive_existing_versions: Truth
    comment: Reason = NO_REASON


def get(call: Call[GetParameters]) -> Answer:
    """Return a model; the permission calls take its `id`."""
    model = visible_model_or_404(call.user, call.given.name)
    return {"registered_model_databricks": describe_model(model, call.user)}


def transition_stage(call: Call[TransitionParameters]) -> Answer:
    """Move a version where the policy lets one; answer once MLflow shows it."""
    given = call.given
    version = visible_version_or_404(call.user, given.name, given.version)
    if not _is_so(version, call):
        _move(version, call)
        version = visible_version_or_404(call.user, given.name, given.version)
    return {"model_version_databricks": describe_version(version, call.user)}


def _is_so(version: ModelVersion, call: Call[TransitionParameters]) -> bool:
    """Is there nothing to do, as when a script is run twice, or its call repeated?"""
    given = call.given
    others = version.model.versions.filter(stage=given.stage, deleted_at=None)
    archives = given.archive_existing_versions
    return (
        version.stage == given.stage
        and permissions.may_decide(
            call.user,
            version.model,
            from_stage=version.stage,
            target=f"{STAGE_PREFIX}{given.stage}",
        )
        and not (archives and others.exclude(pk=version.pk).exists())
    )


def _move(version: ModelVersion, call: Call[TransitionParameters]) -> None:
    """Have the version moved, and wait for it.

    Raises:
        PermissionDenied: the caller lacks the level, or the policy wants a review.
        ActionError: the move will not do.
        NotAppliedError: MLflow does not show it.
    """
    given = call.given
    try:
        request = transition_directly(
            version,
            f"{STAGE_PREFIX}{given.stage}",
            actor=call.user,
            comment=given.comment,
            archive_existing_versions=given.archive_existing_versions,
        )
    except PermissionDenied as error:
        raise PermissionDenied(how_to_ask(version, given.stage)) from error
    request = settled(request)
    if request.status != TransitionRequest.Status.APPLIED:
        raise NotAppliedError(what_came_of(request))


_AT = "databricks/"
OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", f"{_AT}registered-models/get", GetParameters, get, Scope.READ),
    Operation(
        "POST",
        f"{_AT}model-versions/transition-stage",
        TransitionParameters,
        transition_stage,
        Scope.ADMIN,
    ),
)
