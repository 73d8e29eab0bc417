"""`databricks/*` of the dialect: a model with its id, and moving a version.

What these paths add to MLflow's own: the caller's level, open requests, a comment.
"""

from typing import Any

from registry_ui.actions.moves import RequestNeededError, transition_at_once
from registry_ui.api.dialect.descriptions import describe_model, describe_version
from registry_ui.api.dialect.lookups import (
    visible_model_or_404,
    visible_version_or_404,
)
from registry_ui.api.dialect.operations import Answer, Call, Operation
from registry_ui.api.dialect.parameters import (
    NO_REASON,
    Name,
    Parameters,
    Reason,
    StageName,
    Truth,
    VersionParameters,
)
from registry_ui.api.dialect.refusals import asks, refusal
from registry_ui.models import Scope


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
    try:
        transition_at_once(
            version,
            given.stage,
            actor=call.user,
            archives=given.archive_existing_versions,
            asks=asks(call),
            comment=given.comment,
        )
    except RequestNeededError as needed:
        line = (
            f"`model_registry.create_transition_request({given.name!r},"
            f" '{given.version}', '{given.stage}', comment='…')`"
        )
        raise refusal(needed, version, {"stage": given.stage}, line=line) from needed
    version = visible_version_or_404(call.user, given.name, given.version)
    return {"model_version_databricks": describe_version(version, call.user)}


_AT = "databricks/"
OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", f"{_AT}registered-models/get", GetParameters, get, Scope.READ),
    Operation(
        "POST",
        f"{_AT}model-versions/transition-stage",
        TransitionParameters,
        transition_stage,
        Scope.REQUEST,
    ),
)
