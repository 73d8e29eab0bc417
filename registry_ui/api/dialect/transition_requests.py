"""`transition-requests/*` of the dialect: create, list, approve, reject, delete.

They name requests by model, version and stage. So approving and rejecting act on all
that are open for these; only `delete` names one person's.
"""

from collections.abc import Sequence
from typing import Any

from django.http import Http404

from registry_ui.actions.requests import cancel_request, create_request
from registry_ui.actions.reviews import review_requests
from registry_ui.api.dialect.descriptions import (
    describe_cancellation,
    describe_request,
    describe_review,
)
from registry_ui.api.dialect.lookups import open_requests, visible_version_or_404
from registry_ui.api.dialect.operations import Answer, Call, Operation
from registry_ui.api.dialect.outcomes import settled, what_came_of
from registry_ui.api.dialect.parameters import (
    NO_REASON,
    Name,
    Reason,
    StageName,
    Truth,
    VersionParameters,
)
from registry_ui.api.texts import Text
from registry_ui.models import STAGE_PREFIX, Review, Scope, TransitionRequest


class CreateParameters(VersionParameters):
    """What is asked for, and why."""

    stage: StageName
    comment: Reason = NO_REASON


class ApproveParameters(VersionParameters):
    """Which requests; whether the versions that are in the stage are archived."""

    stage: StageName
    archive_existing_versions: Truth
    comment: Text = ""


class RejectParameters(CreateParameters):
    """Which requests, and why."""


class DeleteParameters(VersionParameters):
    """Whose request, by their user name."""

    stage: StageName
    creator: Name
    comment: Text = ""


def create(call: Call[CreateParameters]) -> Answer:
    """Ask to put a version into a stage."""
    given = call.given
    request = create_request(
        visible_version_or_404(call.user, given.name, given.version),
        f"{STAGE_PREFIX}{given.stage}",
        actor=call.user,
        comment=given.comment,
    )
    return {"request": describe_request(request, call.user)}


def list_(call: Call[VersionParameters]) -> Answer:
    """Return what is open to put the version into any stage, the oldest first."""
    version = visible_version_or_404(call.user, call.given.name, call.given.version)
    return {
        "requests": [describe_request(one, call.user) for one in open_requests(version)]
    }


def approve(call: Call[ApproveParameters]) -> Answer:
    """Approve all open requests; wait for MLflow to change where that was enough."""
    return _decide(
        call,
        Review.Decision.APPROVE,
        archive_existing_versions=call.given.archive_existing_versions,
    )


def reject(call: Call[RejectParameters]) -> Answer:
    """Reject all open requests."""
    return _decide(call, Review.Decision.REJECT)


def delete(call: Call[DeleteParameters]) -> Answer:
    """Withdraw one person's open request."""
    given = call.given
    found = [
        request
        for request in _open_requests_or_404(call)
        if request.requested_by.get_username() == given.creator
    ]
    if not found:
        raise Http404(f"{given.creator} has no open request for this.")
    request = cancel_request(found[0], actor=call.user, comment=given.comment)
    activity = describe_cancellation(request, by=call.user, comment=given.comment)
    return {"activity": activity}


def _decide(call: Call[Any], decision: Review.Decision, **choice: bool) -> Answer:
    reviews = review_requests(
        _open_requests_or_404(call),
        decision,
        actor=call.user,
        comment=call.given.comment,
        **choice,
    )
    # Plans for one model are carried out one after the other: the last one first.
    after = [settled(review.request) for review in reversed(reviews)]
    outcome = " ".join(what_came_of(request) for request in reversed(after))
    return {"activity": describe_review(reviews[0], outcome=outcome)}


def _open_requests_or_404(call: Call[Any]) -> Sequence[TransitionRequest]:
    """Return what is open for the version and stage that the call names.

    Raises:
        Http404: nothing is, or the caller may not read the model.
    """
    given = call.given
    version = visible_version_or_404(call.user, given.name, given.version)
    requests = open_requests(version, given.stage)
    if not requests:
        raise Http404(f"There is no open request to put {version} into {given.stage}.")
    return requests


_AT = "transition-requests/"
OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("POST", f"{_AT}create", CreateParameters, create, Scope.REQUEST),
    Operation("GET", f"{_AT}list", VersionParameters, list_, Scope.READ),
    Operation("POST", f"{_AT}approve", ApproveParameters, approve, Scope.REVIEW),
    Operation("POST", f"{_AT}reject", RejectParameters, reject, Scope.REVIEW),
    Operation("DELETE", f"{_AT}delete", DeleteParameters, delete, Scope.REQUEST),
)
