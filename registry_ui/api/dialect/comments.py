"""`comments/*` of the dialect: create, update, delete."""

from typing import Any

from registry_ui.actions.comments import create_comment, delete_comment, edit_comment
from registry_ui.api.dialect.descriptions import describe_comment
from registry_ui.api.dialect.lookups import (
    visible_comment_or_404,
    visible_version_or_404,
)
from registry_ui.api.dialect.operations import Answer, Call, Operation
from registry_ui.api.dialect.parameters import (
    Id,
    Parameters,
    VersionParameters,
    Words,
)
from registry_ui.models import Scope


class CreateParameters(VersionParameters):
    """On which version, and what."""

    comment: Words


class DeleteParameters(Parameters):
    """Which comment."""

    id: Id


class UpdateParameters(DeleteParameters):
    """Which comment, and what it says from now on."""

    comment: Words


def create(call: Call[CreateParameters]) -> Answer:
    """Write a comment on a version."""
    given = call.given
    version = visible_version_or_404(call.user, given.name, given.version)
    comment = create_comment(version, given.comment, actor=call.user)
    return {"comment": describe_comment(comment, call.user)}


def update(call: Call[UpdateParameters]) -> Answer:
    """Change what a comment says; one's own."""
    comment = visible_comment_or_404(call.user, call.given.id)
    edited = edit_comment(comment, call.given.comment, actor=call.user)
    return {"comment": describe_comment(edited, call.user)}


def delete(call: Call[DeleteParameters]) -> Answer:
    """Delete a comment: one's own, or anybody's with Can Manage on the model."""
    delete_comment(visible_comment_or_404(call.user, call.given.id), actor=call.user)
    return {}


_AT = "comments/"
OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("POST", f"{_AT}create", CreateParameters, create, Scope.REQUEST),
    Operation("PATCH", f"{_AT}update", UpdateParameters, update, Scope.REQUEST),
    Operation("DELETE", f"{_AT}delete", DeleteParameters, delete, Scope.REQUEST),
)
