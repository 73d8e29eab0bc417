"""Deciding on, withdrawing, retrying, undoing and discussing requests over REST."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from registry_ui.models import (
    AuditEvent,
    Evidence,
    Level,
    ModelVersion,
    TransitionRequest,
)
from tests.factories import (
    make_transition_request,
    make_user,
)
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/requests"
JSON = "application/json"


def _ask(candidate: ModelVersion, /, **changes: Any) -> dict[str, Any]:
    body = {
        "model": candidate.model.name,
        "version": candidate.number,
        "stage": "Production",
        "comment": "Better.",
    }
    return {k: v for k, v in (body | changes).items() if v is not None}


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, content_type=JSON)


def test_an_approval_by_somebody_else_approves_the_request(
    requester: User, reviewer: User, candidate: ModelVersion
) -> None:
    ask = _post(caller(requester), URL, _ask(candidate)).json()
    body = {"decision": "approve", "fingerprint": ask["fingerprint"]}

    answer = _post(caller(reviewer), f"{URL}/{ask['number']}/reviews", body)

    after = answer.json()
    assert answer.status_code == 201
    assert after["status"] == "approved"
    assert after["closed_by"] == "ravi"
    assert after["fingerprint"] is None
    assert after["reviews"][0]["was_seen"] is True
    assert [gate["verdict"] for gate in after["gates"]] == ["passed", "passed"]
    assert after["plan"][0]["after"] == "Production"


def test_a_review_without_a_fingerprint_is_recorded_as_not_seen(
    requester: User, reviewer: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate, requested_by=requester)
    body = {"decision": "reject", "comment": "Recall fell."}

    answer = _post(caller(reviewer), f"{URL}/{ask.number}/reviews", body)

    assert answer.json()["status"] == "rejected"
    assert answer.json()["reviews"][0]["was_seen"] is False


def test_a_review_of_what_changed_since_is_a_conflict_that_names_it(
    requester: User, reviewer: User, candidate: ModelVersion
) -> None:
    ask = _post(caller(requester), URL, _ask(candidate)).json()
    Evidence.objects.filter(version=candidate).update(metrics={"auc": 0.5})
    body = {"decision": "approve", "fingerprint": ask["fingerprint"]}

    answer = _post(caller(reviewer), f"{URL}/{ask['number']}/reviews", body)

    assert answer.status_code == 409
    assert answer.json()["error_code"] == "RESOURCE_CONFLICT"
    assert "the metrics" in answer.json()["message"]
    assert TransitionRequest.objects.get().is_open


def test_a_review_that_grew_stale_says_what_changed(
    requester: User, reviewer: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate, requested_by=requester)
    path = f"{URL}/{ask.number}"
    seen = caller(reviewer).get(path).json()["fingerprint"]
    ask.reviews.create(reviewer=reviewer, decision="approve", fingerprint=seen)
    Evidence.objects.filter(version=candidate).update(params={"depth": "9"})

    after = caller(reviewer).get(path).json()

    assert after["reviews"][0]["stale_reason"] == "the parameters"
    assert after["gates"][1]["verdict"] == "waiting"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "`decision` is missing."),
        ({"decision": "perhaps"}, "`decision`: Input should be 'approve' or 'reject'."),
        ({"decision": "reject"}, "Say why you reject it, so it can be mended."),
        (
            {"decision": "approve", "fingerprint": "x"},
            "`fingerprint`: Send the fingerprint that the request's answer held",
        ),
    ],
)
def test_a_bad_review_is_explained(
    reviewer: User, candidate: ModelVersion, body: dict[str, str], message: str
) -> None:
    ask = make_transition_request(version=candidate)

    answer = _post(caller(reviewer), f"{URL}/{ask.number}/reviews", body)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(message)


def test_nobody_approves_their_own_request(
    reviewer: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate, requested_by=reviewer)

    answer = _post(
        caller(reviewer), f"{URL}/{ask.number}/reviews", {"decision": "approve"}
    )

    assert answer.status_code == 400
    assert "somebody else" in answer.json()["message"]


def test_a_review_needs_the_level_that_decides(
    requester: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate)

    answer = _post(
        caller(requester), f"{URL}/{ask.number}/reviews", {"decision": "approve"}
    )

    assert answer.status_code == 403
    assert answer.json()["error_code"] == "PERMISSION_DENIED"


def test_a_second_review_is_told_by_whom_it_was_decided(
    requester: User, reviewer: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate, requested_by=requester)
    path = f"{URL}/{ask.number}/reviews"
    _post(caller(reviewer), path, {"decision": "approve"})
    other = make_user(level=Level.CAN_MANAGE)

    answer = _post(caller(other), path, {"decision": "approve"})

    assert answer.status_code == 400
    assert "already approved by Ravi Rev on" in answer.json()["message"]


@pytest.mark.parametrize("body", [{"comment": "Version 3 is better."}, {}, None])
def test_a_request_is_cancelled_with_or_without_a_word(
    requester: User, candidate: ModelVersion, body: dict[str, str] | None
) -> None:
    ask = make_transition_request(version=candidate, requested_by=requester)
    client = caller(requester)
    path = f"{URL}/{ask.number}/cancel"

    answer = client.generic("POST", path) if body is None else _post(client, path, body)
    again = _post(client, path, {})

    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert again.status_code == 400
    assert "already cancelled by Rita Req" in again.json()["message"]


def test_a_misspelt_word_of_cancelling_is_named(
    requester: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate, requested_by=requester)

    answer = _post(caller(requester), f"{URL}/{ask.number}/cancel", {"coment": "x"})

    assert answer.json()["message"] == "There is no field `coment`; known: comment."


def test_somebody_elses_request_is_not_ones_to_cancel(
    requester: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate)

    answer = _post(caller(requester), f"{URL}/{ask.number}/cancel", {})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("act", "status", "event"),
    [
        ("retry", "applying", "transition_request.retried"),
        ("undo", "undone", "transition_request.undone"),
    ],
)
def test_a_failed_plan_is_tried_again_or_taken_back_once(
    reviewer: User, candidate: ModelVersion, act: str, status: str, event: str
) -> None:
    ask = make_transition_request(
        version=candidate,
        status=TransitionRequest.Status.FAILED,
        closed_at=timezone.now(),
    )
    path = f"{URL}/{ask.number}/{act}"

    answer = _post(caller(reviewer), path, {})
    again = _post(caller(reviewer), path, {})

    assert answer.json()["status"] == status
    assert again.status_code == 400
    assert "Only a failed request" in again.json()["message"]
    assert AuditEvent.objects.filter(type=event).count() == 1


@pytest.mark.parametrize("act", ["retry", "undo"])
def test_the_plan_of_a_failed_request_is_for_those_who_decide_on_it(
    requester: User, candidate: ModelVersion, act: str
) -> None:
    ask = make_transition_request(
        version=candidate, status=TransitionRequest.Status.FAILED
    )

    answer = _post(caller(requester), f"{URL}/{ask.number}/{act}", {})

    assert answer.status_code == 403


def test_a_comment_joins_the_discussion_and_the_record(
    requester: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate)
    client = caller(requester)
    text = "Which data? <script>alert(1)</script> ✓"

    answer = _post(client, f"{URL}/{ask.number}/comments", {"text": text})

    assert answer.status_code == 201
    assert answer.json()["author"] == "rita"
    assert client.get(f"{URL}/{ask.number}").json()["comments"] == [answer.json()]
    assert AuditEvent.objects.filter(type="comment.created").count() == 1


@pytest.mark.parametrize("text", ["", "  ", "x" * 65_536])
def test_an_empty_or_endless_comment_is_refused(
    requester: User, candidate: ModelVersion, text: str
) -> None:
    ask = make_transition_request(version=candidate)

    answer = _post(caller(requester), f"{URL}/{ask.number}/comments", {"text": text})

    assert answer.status_code == 400
    assert not ask.comments.exists()
