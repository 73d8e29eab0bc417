"""`transition-requests/*`: many people ask for the same, and one decides on it."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from registry_ui.actions.policies import apply_policies
from registry_ui.api.dialect.parameters import NO_REASON
from registry_ui.models import AuditEvent, ModelVersion, Review, TransitionRequest
from registry_ui.policies import ApprovalRule, PolicyDefinition
from tests.factories import make_model, make_transition_request, make_version
from tests.registry_ui.api.dialect.conftest import (
    REQUESTS,
    By,
    caller,
    message,
    refusal,
)

WHAT = {"name": "churn", "version": "2", "stage": "Production"}
ALL_ACTIONS = [
    "APPROVE_TRANSITION_REQUEST",
    "REJECT_TRANSITION_REQUEST",
    "CANCEL_TRANSITION_REQUEST",
]
AS_IT_IS = {"archive_existing_versions": False}


def told() -> list[str]:
    return list(AuditEvent.objects.order_by("position").values_list("type", flat=True))


def test_who_may_read_may_ask(by: By, reader: User, candidate: ModelVersion) -> None:
    answer = by(reader).call("POST", f"{REQUESTS}/create", **WHAT, comment="Better.")

    request = TransitionRequest.objects.get()
    made = answer["request"]
    assert made.pop("creation_timestamp") == made.pop("last_updated_timestamp")
    assert made == {
        "id": str(request.number),
        "activity_type": "REQUESTED_TRANSITION",
        "user_id": "rosa",
        "comment": "Better.",
        "from_stage": "Staging",
        "to_stage": "Production",
        "available_actions": ["CANCEL_TRANSITION_REQUEST"],
    }
    assert (request.target, request.archive_existing_versions) == (
        "stage:Production",
        False,
    )
    assert told()[-1] == "transition_request.created"


def test_times_are_whole_milliseconds(reader: User, candidate: ModelVersion) -> None:
    answer = caller(reader).call("POST", f"{REQUESTS}/create", **WHAT)

    made = answer["request"]["creation_timestamp"]
    assert isinstance(made, int)
    assert made == round(TransitionRequest.objects.get().created_at.timestamp() * 1000)


def test_a_stage_is_known_in_any_case_and_a_reason_may_lack(
    reader: User, candidate: ModelVersion
) -> None:
    given = {**WHAT, "stage": "aRCHIVED", "version": 2}

    made = caller(reader).call("POST", f"{REQUESTS}/create", **given)["request"]

    assert (made["to_stage"], made["comment"]) == ("Archived", NO_REASON)


def test_a_second_request_of_the_same_person_exists_already(
    reader: User, candidate: ModelVersion
) -> None:
    calls = caller(reader)
    calls.call("POST", f"{REQUESTS}/create", **WHAT)

    again = calls.send("POST", f"{REQUESTS}/create", **WHAT)

    assert refusal(again) == (400, "RESOURCE_ALREADY_EXISTS")
    assert TransitionRequest.objects.count() == 1


def test_open_requests_are_listed_with_what_the_caller_may(
    by: By, reviewer: User, manager: User, candidate: ModelVersion
) -> None:
    mine = make_transition_request(version=candidate, requested_by=reviewer)
    other = make_transition_request(version=candidate, target="stage:Archived")
    make_transition_request(version=candidate, target="alias:champion")
    make_transition_request(version=candidate, status="rejected")
    make_transition_request(version=candidate, kind="retrospective")

    listed = by(reviewer).query("GET", f"{REQUESTS}/list", name="churn", version=2)
    managed = by(manager).query("GET", f"{REQUESTS}/list", name="churn", version=2)

    first, second = listed["requests"]
    assert [first["id"], second["id"]] == [str(mine.number), str(other.number)]
    # The policy excludes who asked.
    assert first["available_actions"] == ALL_ACTIONS[1:]
    assert second["available_actions"] == ALL_ACTIONS[:2]
    assert [one["available_actions"] for one in managed["requests"]] == [
        ALL_ACTIONS
    ] * 2


def test_no_request_is_an_empty_list(reader: User, candidate: ModelVersion) -> None:
    answer = caller(reader).query("GET", f"{REQUESTS}/list", name="churn", version=2)

    assert answer == {"requests": []}


def test_an_approval_goes_for_all_and_the_approver_says_what_is_archived(
    by: By, reviewer: User, requester: User, reader: User, candidate: ModelVersion
) -> None:
    requests = [
        make_transition_request(version=candidate, requested_by=user)
        for user in (requester, reader)
    ]

    answer = by(reviewer).call(
        "POST",
        f"{REQUESTS}/approve",
        **WHAT,
        archive_existing_versions=True,
        comment="Fine.",
    )

    activity = answer["activity"]
    assert activity["activity_type"] == "APPROVED_REQUEST"
    assert (activity["user_id"], activity["comment"]) == ("ravi", "Fine.")
    assert (activity["from_stage"], activity["to_stage"]) == ("Staging", "Production")
    for request in requests:
        request.refresh_from_db()
        assert request.status == TransitionRequest.Status.APPROVED
        assert request.archive_existing_versions
        assert request.plan is not None
        assert request.plan["archives"]
        assert f"Request #{request.number} is approved" in activity["system_comment"]
        assert not request.reviews.get().was_seen


def test_while_a_gate_is_shut_an_approval_is_kept_and_the_stage_stays(
    reviewer: User, candidate: ModelVersion
) -> None:
    two = PolicyDefinition(
        name="two",
        models=("churn",),
        targets=("stage:Production",),
        approvals=(ApprovalRule(count=2),),
    )
    apply_policies([two], actor=None)
    request = make_transition_request(version=candidate)

    answer = caller(reviewer).call("POST", f"{REQUESTS}/approve", **WHAT, **AS_IT_IS)

    request.refresh_from_db()
    candidate.refresh_from_db()
    assert (request.status, candidate.stage) == ("open", "Staging")
    assert request.reviews.count() == 1
    which = {"name": "churn", "version": "2"}
    (listed,) = caller(reviewer).query("GET", f"{REQUESTS}/list", **which)["requests"]
    assert listed["available_actions"] == []
    said = answer["activity"]["system_comment"]
    assert f"Request #{request.number} is open, and churn v2 stays in Staging" in said


def test_ones_own_request_needs_somebody_else(
    reviewer: User, candidate: ModelVersion
) -> None:
    make_transition_request(version=candidate, requested_by=reviewer)

    answer = caller(reviewer).send("POST", f"{REQUESTS}/approve", **WHAT, **AS_IT_IS)

    assert refusal(answer) == (400, "INVALID_PARAMETER_VALUE")
    assert "asked for this yourself" in message(answer)
    assert not Review.objects.exists()


def test_where_all_is_open_one_approves_what_one_asked_for(
    settings: Any, reviewer: User, candidate: ModelVersion
) -> None:
    settings.DEFAULT_POLICY = "open"
    request = make_transition_request(version=candidate, requested_by=reviewer)

    caller(reviewer).call("POST", f"{REQUESTS}/approve", **WHAT, **AS_IT_IS)

    request.refresh_from_db()
    assert request.status == TransitionRequest.Status.APPROVED


def test_a_rejection_closes_all(
    by: By, reviewer: User, requester: User, candidate: ModelVersion
) -> None:
    make_transition_request(version=candidate, requested_by=requester)
    make_transition_request(version=candidate, requested_by=reviewer)
    elsewhere = make_transition_request(version=candidate, target="stage:Archived")

    answer = by(reviewer).call("POST", f"{REQUESTS}/reject", **WHAT, comment="Biased.")

    activity = answer["activity"]
    assert activity["activity_type"] == "REJECTED_REQUEST"
    assert activity["comment"] == "Biased."
    assert list(TransitionRequest.objects.open()) == [elsewhere]
    assert set(Review.objects.values_list("comment", flat=True)) == {"Biased."}


def test_a_rejection_without_a_reason_says_so(
    reviewer: User, candidate: ModelVersion
) -> None:
    make_transition_request(version=candidate)

    caller(reviewer).call("POST", f"{REQUESTS}/reject", **WHAT)

    assert Review.objects.get().comment == NO_REASON


def test_one_persons_request_is_withdrawn(
    by: By, requester: User, reader: User, candidate: ModelVersion
) -> None:
    mine, other = (
        make_transition_request(version=candidate, requested_by=user)
        for user in (requester, reader)
    )

    answer = by(requester).query(
        "DELETE", f"{REQUESTS}/delete", **WHAT, creator="rita", comment="Not yet."
    )

    activity = answer["activity"]
    assert activity["activity_type"] == "CANCELLED_REQUEST"
    assert (activity["user_id"], activity["comment"]) == ("rita", "Not yet.")
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.status, other.status) == ("cancelled", "open")


def test_a_manager_withdraws_anybodys_and_a_body_will_do(
    manager: User, requester: User, candidate: ModelVersion
) -> None:
    make_transition_request(version=candidate, requested_by=requester)

    answer = caller(manager).call(
        "DELETE", f"{REQUESTS}/delete", **WHAT, creator="rita"
    )

    assert answer["activity"]["user_id"] == "mia"


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_what_the_level_does_not_decide_on_is_forbidden(
    verb: str, staging_manager: User, requester: User, candidate: ModelVersion
) -> None:
    request = make_transition_request(version=candidate, requested_by=requester)
    given = {**WHAT, **(AS_IT_IS if verb == "approve" else {})}

    answers = [
        caller(user).send("POST", f"{REQUESTS}/{verb}", **given)
        for user in (staging_manager, requester)
    ]

    assert [refusal(one) for one in answers] == [(403, "PERMISSION_DENIED")] * 2
    request.refresh_from_db()
    assert request.is_open


def test_nobody_but_its_creator_and_managers_withdraws_a_request(
    reviewer: User, requester: User, candidate: ModelVersion
) -> None:
    make_transition_request(version=candidate, requested_by=requester)

    answer = caller(reviewer).send(
        "DELETE", f"{REQUESTS}/delete", **WHAT, creator="rita"
    )

    assert refusal(answer) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    ("method", "verb", "more"),
    [
        ("POST", "create", {"stage": "Production"}),
        ("GET", "list", {}),
        ("POST", "approve", {"stage": "Production", **AS_IT_IS}),
        ("POST", "reject", {"stage": "Production"}),
        ("DELETE", "delete", {"stage": "Production", "creator": "rita"}),
    ],
)
def test_what_one_may_not_read_answers_like_what_is_not_there(
    method: str,
    verb: str,
    more: dict[str, Any],
    stranger: User,
    manager: User,
    candidate: ModelVersion,
) -> None:
    make_transition_request(version=candidate)
    gone = make_version(model=make_model(name="gone"), deleted_at=candidate.created_at)
    path = f"{REQUESTS}/{verb}"

    hidden = caller(stranger).send(method, path, name="churn", version="2", **more)
    for user, name, version in (
        (stranger, "churn", "9"),
        (manager, "churn", "9"),
        (manager, "nonsense", "2"),
        (manager, "gone", str(gone.number)),
    ):
        answer = caller(user).send(method, path, name=name, version=version, **more)
        assert refusal(answer) == refusal(hidden) == (404, "RESOURCE_DOES_NOT_EXIST")
        shown = message(answer).replace(repr(name), "'churn'")
        assert shown.replace(f" {version} ", " 2 ") == message(hidden)


def test_nothing_to_decide_on_is_not_found(
    manager: User, candidate: ModelVersion
) -> None:
    make_transition_request(version=candidate, target="stage:Archived")
    calls = caller(manager)

    answers = [
        calls.send("POST", f"{REQUESTS}/approve", **WHAT, **AS_IT_IS),
        calls.send("POST", f"{REQUESTS}/reject", **WHAT),
        calls.send("DELETE", f"{REQUESTS}/delete", **WHAT, creator="mia"),
    ]

    assert {refusal(one) for one in answers} == {(404, "RESOURCE_DOES_NOT_EXIST")}


@pytest.mark.parametrize(
    ("verb", "given", "said"),
    [
        ("create", {"stage": "Staging"}, "is in Staging already"),
        ("create", {"stage": "Live"}, "`stage`: There is no such stage."),
        ("create", {"comment": "x" * 65_536}, "65,535 fit"),
        ("approve", {"comment": "x" * 65_536, **AS_IT_IS}, "65,535 fit"),
        ("approve", {}, "`archive_existing_versions` is missing."),
    ],
)
def test_what_will_not_do_is_refused_with_the_reason(
    verb: str,
    given: dict[str, Any],
    said: str,
    reviewer: User,
    candidate: ModelVersion,
) -> None:
    make_transition_request(version=candidate)

    answer = caller(reviewer).send("POST", f"{REQUESTS}/{verb}", **{**WHAT, **given})

    assert refusal(answer) == (400, "INVALID_PARAMETER_VALUE")
    assert said in message(answer)


def test_archiving_goes_with_two_stages_only(
    reviewer: User, candidate: ModelVersion
) -> None:
    request = make_transition_request(version=candidate, target="stage:Archived")
    given = {**WHAT, "stage": "Archived", "archive_existing_versions": True}

    answer = caller(reviewer).send("POST", f"{REQUESTS}/approve", **given)

    assert refusal(answer) == (400, "INVALID_PARAMETER_VALUE")
    request.refresh_from_db()
    assert request.is_open
