"""The registry's objects as Databricks' clients read them.

Ids and numbers of versions are text, times are whole milliseconds: one of their clients
fails on anything else.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from pydantic import JsonValue

from registry_ui import permissions
from registry_ui.actions.decisions import gather_decision
from registry_ui.api.dialect.lookups import open_requests
from registry_ui.models import (
    Comment,
    Level,
    ModelVersion,
    RegisteredModel,
    Review,
    Stage,
    TransitionRequest,
)

Description = dict[str, JsonValue]
_DECIDED = {
    Review.Decision.APPROVE: "APPROVED_REQUEST",
    Review.Decision.REJECT: "REJECTED_REQUEST",
}


def milliseconds(at: datetime) -> int:
    """Return a time as Databricks counts it."""
    return round(at.timestamp() * 1000)


def describe_model(model: RegisteredModel, viewer: User) -> Description:
    """Return a ModelDatabricks: the model, its id, and what the viewer may."""
    newest = (
        model.versions.filter(deleted_at=None, stage=stage).first()
        for stage in Stage.values
    )
    return {
        "id": str(model.pk),
        "name": model.name,
        "creation_timestamp": milliseconds(model.created_at),
        "last_updated_timestamp": milliseconds(model.updated_at),
        "description": model.description,
        "latest_versions": [_version(one, model) for one in newest if one],
        "tags": _tags(model.tags.all()),
        "permission_level": _level(viewer, model),
    }


def describe_version(version: ModelVersion, viewer: User) -> Description:
    """Return a ModelVersionDatabricks: with open requests, and what the viewer may."""
    return _version(version, version.model) | {
        "permission_level": _level(viewer, version.model),
        "open_requests": [
            describe_request(one, viewer) for one in open_requests(version)
        ],
    }


def describe_request(request: TransitionRequest, viewer: User) -> Description:
    """Return an open request: Databricks' TransitionRequest, and its Activity too."""
    return {
        **_activity(
            "REQUESTED_TRANSITION",
            str(request.number),
            request,
            user=request.requested_by,
            at=request.created_at,
        ),
        "comment": request.comment,
        "available_actions": _actions(request, viewer),
    }


def describe_review(review: Review, *, outcome: str) -> Description:
    """Return the Activity that a decision is.

    Args:
        review: with its request.
        outcome: what came of it, in words.
    """
    return {
        **_activity(
            _DECIDED[Review.Decision(review.decision)],
            f"review-{review.pk}",
            review.request,
            user=review.reviewer,
            at=review.created_at,
        ),
        "comment": review.comment,
        "system_comment": outcome,
    }


def describe_cancellation(
    request: TransitionRequest, *, by: User, comment: str
) -> Description:
    """Return the Activity that withdrawing a request is."""
    return {
        **_activity(
            "CANCELLED_REQUEST",
            f"cancellation-{request.number}",
            request,
            user=by,
            at=request.closed_at or request.created_at,
        ),
        "comment": comment,
    }


def describe_comment(comment: Comment, viewer: User) -> Description:
    """Return a CommentObject; one whose two times differ was edited."""
    actions = {
        "EDIT_COMMENT": permissions.may_edit_comment(viewer, comment),
        "DELETE_COMMENT": permissions.may_delete_comment(viewer, comment),
    }
    return {
        "id": str(comment.pk),
        "activity_type": "NEW_COMMENT",
        "user_id": comment.author.get_username(),
        "comment": comment.text,
        "creation_timestamp": milliseconds(comment.created_at),
        "last_updated_timestamp": milliseconds(comment.edited_at or comment.created_at),
        "available_actions": [name for name, may in actions.items() if may],
    }


def _actions(request: TransitionRequest, viewer: User) -> list[JsonValue]:
    """Return what the viewer may do with an open request just now."""
    found: list[JsonValue] = []
    if permissions.may_review(viewer, request):
        decision = gather_decision(request)
        given = request.reviews.filter(reviewer=viewer, stale_reason="").first()
        if given is None or decision.why_given_in_vain(given):
            # Who asked may not approve, where the policy wants others; but may reject.
            is_excluded = decision.why_excluded(viewer.pk)
            found += [] if is_excluded else ["APPROVE_TRANSITION_REQUEST"]
            found += ["REJECT_TRANSITION_REQUEST"]
    if permissions.may_cancel(viewer, request):
        found += ["CANCEL_TRANSITION_REQUEST"]
    return found


def _activity(
    kind: str, activity_id: str, request: TransitionRequest, *, user: User, at: datetime
) -> Description:
    return {
        "id": activity_id,
        "activity_type": kind,
        "user_id": user.get_username(),
        "creation_timestamp": milliseconds(at),
        "last_updated_timestamp": milliseconds(at),
        "from_stage": request.from_stage,
        "to_stage": request.to_stage,
    }


def _version(version: ModelVersion, model: RegisteredModel) -> Description:
    return {
        "name": model.name,
        "version": str(version.number),
        "creation_timestamp": milliseconds(version.created_at),
        "last_updated_timestamp": milliseconds(version.updated_at),
        "current_stage": version.stage,
        "description": version.description,
        "source": version.source,
        "run_id": version.run_id,
        "run_link": version.run_link,
        "status": version.status,
        "status_message": version.status_message,
        "tags": _tags(version.tags.all()),
    }


def _tags(tags: Any) -> list[JsonValue]:
    return [{"key": tag.key, "value": tag.value} for tag in tags]


def _level(viewer: User, model: RegisteredModel) -> str:
    return Level(permissions.level_of(viewer, model)).name
