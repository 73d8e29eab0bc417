"""One person's decision on a request, or on all that ask for the same."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.decisions import Decision, gather_decision, with_review
from registry_ui.actions.mentions import mentioned_in
from registry_ui.actions.requests import (
    Status,
    change_of,
    clean_comment,
    close,
    locked,
    refuse_unless_open,
    settle,
)
from registry_ui.actions.targets import refuse_archiving_in_vain
from registry_ui.errors import ActionError, StaleReviewError
from registry_ui.events import EventType, record_event
from registry_ui.fingerprint import Fingerprint, differences
from registry_ui.gates import expires_at
from registry_ui.models import MirrorState, Review, TransitionRequest


@transaction.atomic
def review_request(
    request: TransitionRequest,
    decision: Review.Decision,
    *,
    actor: User,
    seen: Fingerprint | None,
    comment: str = "",
    archive_existing_versions: bool | None = None,
) -> Review:
    """Store one person's decision and let the request move on if it can.

    Args:
        request: read again here under a row lock; the caller's copy may be stale.
        decision: approve or reject.
        actor: the reviewer.
        seen: the fingerprint of what was on the reviewer's page; None for a call that
            shows no page: it is bound to the facts at the call.
        comment: required with a rejection.
        archive_existing_versions: the reviewer's choice, in place of the requester's;
            another one turns reviews stale that were given before. None: no choice.

    Raises:
        PermissionDenied: the actor may not review this request.
        StaleReviewError: it is no longer what was seen; the text says what changed.
        ActionError: it is no longer open, expired, reviewed already, or lacks a
            comment; or nothing can be archived with it; or the approval would be of
            one's own request, or of a version that is gone; or the review of one's own
            break-glass.
    """
    request = locked(request)
    if not permissions.may_review(actor, request):
        raise PermissionDenied
    refuse_unless_open(request)
    _choose_archiving(request, archive_existing_versions)
    current = gather_decision(request)
    _refuse_expired(request, current)
    is_approval = decision == Review.Decision.APPROVE
    # Who broke the glass could else end its review by a rejection of their own.
    if (is_approval or request.follows_id) and (
        reason := current.why_excluded(actor.pk)
    ):
        raise ActionError(reason)
    if is_approval:
        _refuse_approval_in_vain(request)
    if seen and (changes := differences(seen, current.fingerprint)):
        raise StaleReviewError(
            f"This changed since you looked: {', '.join(changes)}."
            " Nothing was decided; look again first."
        )
    required = "" if is_approval else "Say why you reject it, so it can be mended."
    review = _store(
        request,
        decision,
        actor=actor,
        was_seen=seen is not None,
        comment=clean_comment(comment, required=required),
        current=current,
    )
    if is_approval:
        settle(request, with_review(current, review), actor=actor)
    else:
        close(request, Status.REJECTED, actor=actor)
        record_event(
            EventType.TRANSITION_REQUEST_REJECTED,
            actor=actor,
            request=request,
            **change_of(request),
            review_comment=review.comment,
        )
    return review


@transaction.atomic
def review_requests(
    requests: Iterable[TransitionRequest],
    decision: Review.Decision,
    *,
    actor: User,
    comment: str = "",
    archive_existing_versions: bool | None = None,
) -> list[Review]:
    """Store one person's decision, made on no page, on requests for the same.

    Those that will not take it are left as they are, such as the person's own among
    those that they approve, as long as there is one that does.

    Args:
        requests: of one version and target; not none.
        decision: approve or reject.
        actor: the reviewer.
        comment: required with a rejection.
        archive_existing_versions: the reviewer's choice, as in `review_request`.

    Raises:
        PermissionDenied: the actor may not review them.
        ActionError: none takes the decision; with the reason of the first.
    """
    reviews, refusals = [], []
    for request in requests:
        try:
            review = review_request(
                request,
                decision,
                actor=actor,
                seen=None,
                comment=comment,
                archive_existing_versions=archive_existing_versions,
            )
        except ActionError as error:
            refusals.append(error)
        else:
            reviews.append(review)
    if not reviews:
        raise refusals[0]
    return reviews


def _refuse_expired(request: TransitionRequest, current: Decision) -> None:
    """Decide nothing that the clock is about to close."""
    ended = expires_at(current.policy.definition, request.created_at)
    if ended is not None and ended <= timezone.now():
        raise ActionError(
            f"This request expired on {ended:%d %b %Y, %H:%M:%S} UTC. Ask again."
        )


def _choose_archiving(request: TransitionRequest, choice: bool | None) -> None:
    """Let the reviewer say what becomes of the versions that are in the stage."""
    if choice is None or choice == request.archive_existing_versions:
        return
    if choice:
        refuse_archiving_in_vain(request.target)
    request.archive_existing_versions = choice
    request.save(update_fields=["archive_existing_versions"])


def _refuse_approval_in_vain(request: TransitionRequest) -> None:
    """Say why nobody's approval can count.

    Raises:
        ActionError: with the reason.
    """
    if not request.version.is_live:
        raise ActionError(
            f"{request.version} was deleted in MLflow. Nothing was decided;"
            " it can only be rejected."
        )
    if reason := MirrorState.load().why_stale(timezone.now()):
        raise ActionError(f"{reason} Nothing was decided; approve it once that is so.")


def _store(
    request: TransitionRequest,
    decision: Review.Decision,
    *,
    actor: User,
    was_seen: bool,
    comment: str,
    current: Decision,
) -> Review:
    earlier = request.reviews.filter(reviewer=actor, stale_reason="").first()
    if earlier:
        reason = current.why_given_in_vain(earlier)
        if not reason:
            raise ActionError("You reviewed this already, and your review counts.")
        earlier.stale_reason = reason
        earlier.save(update_fields=["stale_reason"])
    review = request.reviews.create(
        reviewer=actor,
        decision=decision,
        comment=comment,
        fingerprint=str(current.fingerprint),
        was_seen=was_seen,
    )
    record_event(
        EventType.REVIEW_GIVEN,
        actor=actor,
        request=request,
        decision=decision.value,
        comment=comment,
        mentions=mentioned_in(comment, request.version.model),
        fingerprint=review.fingerprint,
        was_seen=was_seen,
        archive_existing_versions=request.archive_existing_versions,
    )
    return review
