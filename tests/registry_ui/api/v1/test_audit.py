"""The audit log over REST."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.events import EventType
from registry_ui.models import AuditEvent, Level, ModelVersion
from tests.factories import grant, make_user, make_version
from tests.registry_ui.api.conftest import caller
from tests.webhooks_ui.factories import make_event

URL = "/api/v1/audit"


@pytest.fixture
def admin(db: None) -> Client:
    return caller(make_user(is_superuser=True))


def test_events_are_filtered_and_read_with_their_seal(
    admin: Client, candidate: ModelVersion, requester: User
) -> None:
    event = make_event(
        EventType.MODEL_VERSION_UPDATED, version=candidate, actor=requester
    )
    make_event(EventType.MIRROR_FILLED)
    query = {
        "type": "model_version.updated",
        "model": "churn",
        "actor": "rita",
        "since": event.recorded_at.isoformat(),
    }

    (listed,) = admin.get(URL, query).json()["events"]
    found = admin.get(f"{URL}/{event.position}").json()

    assert found.items() >= listed.items()
    assert (listed["version"], listed["actor"]) == (2, "rita")
    assert found["body"] == event.body
    query["until"] = query.pop("since")
    assert admin.get(URL, query).json()["events"] == []


def test_one_reads_what_is_about_ones_models_and_what_one_did(
    candidate: ModelVersion,
) -> None:
    user = make_user()
    grant(user, Level.CAN_READ, candidate.model)
    mine = make_event(EventType.MODEL_VERSION_UPDATED, version=candidate)
    other = make_event(EventType.MODEL_VERSION_UPDATED, version=make_version())
    make_event(EventType.MIRROR_FILLED)
    client = caller(user)

    events = client.get(URL).json()["events"]

    about_models = [one["position"] for one in events if one["model"]]
    assert about_models == [mine.position]
    assert {one["actor"] for one in events if not one["model"]} <= {user.username}
    assert client.get(f"{URL}/{other.position}").status_code == 404


def test_the_chain_is_verified(admin: Client) -> None:
    make_event(EventType.MIRROR_FILLED)

    chain = admin.get(f"{URL}/chain").json()

    last = AuditEvent.objects.order_by("-position").first()
    assert last is not None
    assert chain == {
        "is_intact": True,
        "count": last.position,
        "head": last.hash,
        "fault": "",
    }


def test_the_chain_is_verified_by_administrators_alone(requester: User) -> None:
    assert caller(requester).get(f"{URL}/chain").status_code == 403
