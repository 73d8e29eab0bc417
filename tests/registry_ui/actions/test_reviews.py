from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.evidence_runs import NO_RUN
from registry_ui.actions.requests import (
    cancel_request,
    create_request,
    transition_directly,
)
from registry_ui.actions.reviews import review_request, review_requests
from registry_ui.errors import ActionError, AlreadyExistsError, StaleReviewError
from registry_ui.fingerprint import Fingerprint
from registry_ui.models import (
    AuditEvent,
    Evidence,
    Level,
    MirrorState,
    Review,
    TransitionRequest,
)
from tests.factories import make_transition_request, make_user, make_version

pytestmark = pytest.mark.django_db

PRODUCTION = "stage:Production"
APPROVE, REJECT = Review.Decision.APPROVE, Review.Decision.REJECT


def seen(request: TransitionRequest) -> Fingerprint:
    return gather_decision(request).fingerprint


@pytest.fixture
def requester() -> User:
    return make_user(full_name="Dana Ferrari", level=Level.CAN_EDIT)


@pytest.fixture
def reviewer() -> User:
    return make_user(full_name="Rui Tanaka", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


def events(request: TransitionRequest) -> list[str]:
    rows = AuditEvent.objects.filter(request_number=request.number)
    return list(rows.order_by("position").values_list("type", flat=True))


def test_an_approval_freezes_the_plan_and_queues_it(
    requester: User, reviewer: User
) -> None:
    version = make_version(stage="Staging")
    make_version(model=version.model, stage="Production")
    request = create_request(
        version,
        PRODUCTION,
        actor=requester,
        comment="Better.",
        archive_existing_versions=True,
    )

    review_request(request, APPROVE, actor=reviewer, seen=seen(request))

    request.refresh_from_db()
    assert request.status == TransitionRequest.Status.APPROVED
    assert request.closed_by == reviewer
    assert request.due_at is not None
    assert request.plan is not None
    assert [effect["after"] for effect in request.plan["effects"]] == [
        "Production",
        "Archived",
    ]
    assert events(request) == [
        "transition_request.created",
        "review.given",
        "transition_request.approved",
    ]


def test_nobody_approves_their_own_request_for_production(reviewer: User) -> None:
    request = make_transition_request(requested_by=reviewer)

    with pytest.raises(ActionError, match="asked for this yourself"):
        review_request(request, APPROVE, actor=reviewer, seen=seen(request))

    assert request.reviews.count() == 0


def test_superusers_are_not_exempt_from_four_eyes() -> None:
    admin = make_user(is_superuser=True)
    request = make_transition_request(requested_by=admin)

    with pytest.raises(ActionError, match="asked for this yourself"):
        review_request(request, APPROVE, actor=admin, seen=seen(request))


def test_a_person_without_the_level_may_not_review(requester: User) -> None:
    request = make_transition_request()

    with pytest.raises(PermissionDenied):
        review_request(request, APPROVE, actor=requester, seen=seen(request))


def test_a_decision_on_something_else_is_refused_with_what_changed(
    reviewer: User,
) -> None:
    request = make_transition_request(version=make_version(metrics={"auc": 0.9}))
    before = seen(request)
    evidence = request.version.evidence
    evidence.metrics = {"auc": 0.2}
    evidence.save()

    with pytest.raises(StaleReviewError, match="since you looked: the metrics"):
        review_request(request, APPROVE, actor=reviewer, seen=before)

    request.refresh_from_db()
    assert request.is_open


def test_that_a_version_has_no_run_is_no_news(reviewer: User) -> None:
    version = make_version(run_id="", has_evidence=False)
    request = make_transition_request(version=version)
    before = seen(request)
    Evidence.objects.create(version=version, run_error=NO_RUN)

    review_request(request, APPROVE, actor=reviewer, seen=before)

    assert not request.reviews.get().stale_reason


def test_a_new_holder_of_the_target_refuses_the_old_page(reviewer: User) -> None:
    request = make_transition_request()
    before = seen(request)
    make_version(model=request.version.model, stage="Production")

    with pytest.raises(StaleReviewError, match="who holds the target"):
        review_request(request, APPROVE, actor=reviewer, seen=before)


def test_the_second_reviewer_is_told_by_whom_and_when(reviewer: User) -> None:
    request = make_transition_request()
    fingerprint = seen(request)
    review_request(request, APPROVE, actor=reviewer, seen=fingerprint)
    second = make_user(level=Level.CAN_MANAGE)

    with pytest.raises(ActionError, match=r"already approved by Rui Tanaka on \d\d "):
        review_request(request, APPROVE, actor=second, seen=fingerprint)


def test_a_rejection_needs_a_reason(reviewer: User) -> None:
    request = make_transition_request()

    with pytest.raises(ActionError, match="Say why you reject it"):
        review_request(request, REJECT, actor=reviewer, seen=seen(request), comment=" ")

    request.refresh_from_db()
    assert request.is_open


def test_a_rejection_closes_the_request(reviewer: User) -> None:
    request = make_transition_request()

    review_request(
        request, REJECT, actor=reviewer, seen=seen(request), comment="Biased."
    )

    request.refresh_from_db()
    assert request.status == TransitionRequest.Status.REJECTED
    assert request.plan is None


def test_a_call_without_a_page_is_recorded_as_not_seen(reviewer: User) -> None:
    request = make_transition_request()

    review = review_request(request, APPROVE, actor=reviewer, seen=None)

    assert not review.was_seen


def test_one_person_has_one_open_request_for_the_same(requester: User) -> None:
    version = make_version()
    create_request(version, PRODUCTION, actor=requester, comment="Once.")

    with pytest.raises(AlreadyExistsError, match="already have an open request"):
        create_request(version, PRODUCTION, actor=requester, comment="Twice.")

    assert TransitionRequest.objects.count() == 1


def test_a_request_needs_a_reason(requester: User) -> None:
    with pytest.raises(ActionError, match="Say why"):
        create_request(make_version(), PRODUCTION, actor=requester, comment="\n ")


def test_a_long_comment_is_kept_whole(requester: User) -> None:
    comment = "x" * 10_000

    request = create_request(
        make_version(), PRODUCTION, actor=requester, comment=comment
    )

    request.refresh_from_db()
    assert request.comment == comment


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("stage:Nowhere", "There is no stage 'Nowhere'. Choose one of None"),
        ("stage:None", "is in None already"),
        ("Production", "There is no stage 'Production'. Choose one of None"),
        ("alias:", "letters, digits"),
        ("alias:v7", "MLflow keeps 'v7' for itself"),
        ("alias:held", "@held points to .* already"),
        ("alias:Held", "@held points to .* already"),
    ],
)
def test_a_target_that_will_not_do_is_refused_in_words(
    requester: User, target: str, words: str
) -> None:
    version = make_version()
    version.aliases.create(model=version.model, name="held")

    with pytest.raises(ActionError, match=words):
        create_request(version, target, actor=requester, comment="Please.")


def test_a_version_that_was_deleted_meanwhile_is_refused(requester: User) -> None:
    version = make_version()
    version.deleted_at = version.created_at
    version.save()

    with pytest.raises(ActionError, match="was deleted in MLflow"):
        create_request(version, PRODUCTION, actor=requester, comment="Please.")


def test_who_may_not_read_a_model_may_not_ask() -> None:
    with pytest.raises(PermissionDenied):
        create_request(make_version(), PRODUCTION, actor=make_user(), comment="Hi.")


def test_staging_is_moved_directly_by_who_holds_the_level() -> None:
    manager = make_user(level=Level.CAN_MANAGE_STAGING_VERSIONS)

    request = transition_directly(
        make_version(), "stage:Staging", actor=manager, comment="Try it."
    )

    assert request.status == TransitionRequest.Status.APPROVED


def test_production_is_not_moved_directly_under_four_eyes(reviewer: User) -> None:
    with pytest.raises(PermissionDenied):
        transition_directly(
            make_version(), PRODUCTION, actor=reviewer, comment="Quickly."
        )

    assert TransitionRequest.objects.count() == 0


def test_the_requester_may_withdraw(requester: User) -> None:
    request = make_transition_request(requested_by=requester)

    cancel_request(request, actor=requester)

    request.refresh_from_db()
    assert request.status == TransitionRequest.Status.CANCELLED


def test_a_bystander_may_not_withdraw(reviewer: User) -> None:
    with pytest.raises(PermissionDenied):
        cancel_request(make_transition_request(), actor=reviewer)


def test_nothing_is_approved_while_the_mirror_is_older_than_promised() -> None:
    request = make_transition_request()
    rui = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    seen = gather_decision(request).fingerprint
    MirrorState.objects.update(
        synced_at=timezone.now() - timedelta(hours=1),
        failing_since=timezone.now() - timedelta(minutes=55),
        error="MLflow does not answer.",
    )

    with pytest.raises(ActionError, match=r"MLflow does not answer\).*Nothing was dec"):
        review_request(request, Review.Decision.APPROVE, actor=rui, seen=seen)
    review_request(
        request, Review.Decision.REJECT, actor=rui, seen=seen, comment="Not now."
    )

    request.refresh_from_db()
    assert request.status == TransitionRequest.Status.REJECTED


def test_whoever_approves_chooses_whether_the_others_are_archived(
    reviewer: User,
) -> None:
    version = make_version(stage="Staging")
    make_version(model=version.model, stage="Production")
    request = make_transition_request(version=version)

    review_request(
        request, APPROVE, actor=reviewer, seen=None, archive_existing_versions=True
    )

    request.refresh_from_db()
    assert request.archive_existing_versions
    assert [effect["after"] for effect in (request.plan or {})["effects"]] == [
        "Production",
        "Archived",
    ]


def test_another_choice_turns_a_review_stale_that_was_given_before(
    reviewer: User,
) -> None:
    request = make_transition_request(archive_existing_versions=True)
    given = request.reviews.create(
        reviewer=make_user(level=Level.CAN_MANAGE),
        decision=APPROVE,
        fingerprint=str(seen(request)),
    )
    before = gather_decision(request).stale_reviews

    request.archive_existing_versions = False
    after = gather_decision(request).stale_reviews

    assert before == {}
    assert after == {given.pk: ["whether the versions that are there are archived"]}


def test_what_was_seen_covers_the_choice(reviewer: User) -> None:
    request = make_transition_request()
    before = seen(request)
    TransitionRequest.objects.update(archive_existing_versions=True)

    with pytest.raises(StaleReviewError, match="whether the versions that are there"):
        review_request(request, APPROVE, actor=reviewer, seen=before)


def test_nothing_is_archived_with_a_move_to_archived(reviewer: User) -> None:
    request = make_transition_request(target="stage:Archived")

    with pytest.raises(ActionError, match="Valid stages are Staging and Production"):
        review_request(
            request, APPROVE, actor=reviewer, seen=None, archive_existing_versions=True
        )

    request.refresh_from_db()
    assert (request.status, request.archive_existing_versions) == ("open", False)


def test_one_decision_goes_for_all_that_ask_for_the_same(reviewer: User) -> None:
    version = make_version(stage="Staging")
    mine = make_transition_request(version=version, requested_by=reviewer)
    others = [make_transition_request(version=version) for _ in range(2)]

    reviews = review_requests([mine, *others], APPROVE, actor=reviewer, comment="Fine.")

    assert [review.request_id for review in reviews] == [one.number for one in others]
    assert not any(review.was_seen for review in reviews)
    mine.refresh_from_db()
    assert mine.is_open


def test_a_decision_that_no_request_takes_is_refused(reviewer: User) -> None:
    mine = make_transition_request(requested_by=reviewer)

    with pytest.raises(ActionError, match="asked for this yourself"):
        review_requests([mine], APPROVE, actor=reviewer)
