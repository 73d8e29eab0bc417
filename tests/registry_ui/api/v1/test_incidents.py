"""Incidents over REST."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from registry_ui.models import Incident, Level, ModelVersion, TransitionRequest
from tests.factories import grant, make_incident, make_user
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/incidents"
JSON = "application/json"


@pytest.fixture
def incident(candidate: ModelVersion) -> Incident:
    """Version 2 of churn went to Staging, and nobody decided it."""
    return make_incident(version=candidate, after="Staging")


def _answer(user: User, incident: Incident, verb: str, **changes: Any) -> Any:
    body = {"comment": "By hand.", "fingerprint": incident.digest} | changes
    return caller(user).post(f"{URL}/{incident.number}/{verb}", body, content_type=JSON)


def test_incidents_are_listed_and_read(requester: User, incident: Incident) -> None:
    client = caller(requester)

    (listed,) = client.get(URL, {"status": "open", "model": "churn"}).json()[
        "incidents"
    ]
    found = client.get(f"{URL}/{incident.number}").json()

    assert found.items() >= listed.items()
    assert found["effects"][0]["effect"] == "v2 goes from None to Staging"
    assert found["way_back"][0]["after"] == "None"
    assert found["may_answer"] is False
    assert client.get(URL, {"status": "resolved"}).json()["incidents"] == []


def test_an_incident_is_accepted_with_a_reason(
    reviewer: User, incident: Incident
) -> None:
    answer = _answer(reviewer, incident, "accept")

    assert answer.status_code == 200
    assert answer.json()["resolution"] == "accepted"
    assert answer.json()["resolved_by"] == "ravi"
    assert answer.json()["reason"] == "By hand."


def test_a_revert_and_a_review_are_requests(reviewer: User, incident: Incident) -> None:
    asked = _answer(reviewer, incident, "ask")
    revert = _answer(reviewer, incident, "revert")

    assert (asked.status_code, revert.status_code) == (201, 201)
    assert asked.json()["kind"] == "retrospective"
    assert revert.json()["status"] == "approved"
    assert revert["Location"].endswith(f"/api/v1/requests/{revert.json()['number']}")


@pytest.mark.parametrize("verb", ["accept", "revert", "ask"])
def test_an_answer_to_what_has_changed_since_is_a_conflict(
    reviewer: User, incident: Incident, verb: str
) -> None:
    answer = _answer(reviewer, incident, verb, fingerprint="0" * 16)

    assert answer.status_code == 409
    assert answer.json()["error_code"] == "RESOURCE_CONFLICT"
    assert not TransitionRequest.objects.exists()
    assert Incident.objects.open().exists()


def test_accepting_needs_a_reason_and_the_level(
    requester: User, reviewer: User, incident: Incident
) -> None:
    assert _answer(requester, incident, "accept").status_code == 403
    assert _answer(reviewer, incident, "accept", comment="").status_code == 400


def test_an_incident_of_a_model_that_one_may_not_read_is_not_there(
    incident: Incident,
) -> None:
    user = make_user()
    client = caller(user)

    assert client.get(f"{URL}/{incident.number}").status_code == 404
    assert client.get(URL).json()["incidents"] == []
    grant(user, Level.CAN_READ, incident.model)
    assert client.get(f"{URL}/{incident.number}").status_code == 200
