"""What a receiver gets, for each of the twelve events."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from registry_ui.events import EventType
from tests.factories import make_model, make_transition_request, make_user, make_version
from tests.webhooks_ui.factories import (
    make_event,
    make_move_to_production,
    make_webhook,
)
from webhooks_ui.models import DATABRICKS_EVENTS, EventName
from webhooks_ui.payloads import (
    MAX_TEXT_LENGTH,
    TEST_TEXT,
    names_of,
    payload_of_event,
    payload_of_test,
)

pytestmark = pytest.mark.django_db


def test_a_move_is_told_in_databricks_form_and_order() -> None:
    version = make_version(model=make_model(name="churn"), number=8)
    event = make_move_to_production(version)
    webhook = make_webhook()

    body = payload_of_event(event, EventName.MODEL_VERSION_TRANSITIONED_STAGE, webhook)

    told = json.loads(body)
    assert told == {
        "event": "MODEL_VERSION_TRANSITIONED_STAGE",
        "webhook_id": webhook.pk,
        "event_timestamp": round(event.recorded_at.timestamp() * 1000),
        "model_name": "churn",
        "version": "8",
        "to_stage": "Production",
        "from_stage": "Staging",
        "text": "Registered model 'churn' version 8 transitioned from Staging to"
        " Production.",
        "sequence": event.position,
    }
    assert list(told)[:4] == ["event", "webhook_id", "event_timestamp", "model_name"]


@pytest.mark.parametrize(
    ("event_type", "details", "names"),
    [
        ("registered_model.created", {}, {"REGISTERED_MODEL_CREATED"}),
        ("model_version.created", {}, {"MODEL_VERSION_CREATED"}),
        ("model_version_tag.set", {}, {"MODEL_VERSION_TAG_SET"}),
        ("comment.created", {}, {"COMMENT_CREATED"}),
        (
            "model_version.transitioned",
            {"to_stage": "Staging"},
            {
                "MODEL_VERSION_TRANSITIONED_STAGE",
                "MODEL_VERSION_TRANSITIONED_TO_STAGING",
            },
        ),
        (
            "model_version.transitioned",
            {"to_stage": "Archived"},
            {
                "MODEL_VERSION_TRANSITIONED_STAGE",
                "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED",
            },
        ),
        (
            "model_version.transitioned",
            {"to_stage": "None"},
            {"MODEL_VERSION_TRANSITIONED_STAGE"},
        ),
        (
            "transition_request.created",
            {"to_stage": "Production"},
            {
                "TRANSITION_REQUEST_CREATED",
                "TRANSITION_REQUEST_TO_PRODUCTION_CREATED",
            },
        ),
        (
            "transition_request.created",
            {"to_stage": "", "target": "alias:champion"},
            {"TRANSITION_REQUEST_CREATED"},
        ),
        ("transition_request.approved", {"to_stage": "Production"}, set()),
        ("webhook.created", {}, set()),
    ],
)
def test_each_event_has_its_names(
    event_type: str, details: dict[str, Any], names: set[str]
) -> None:
    assert set(names_of(event_type, details)) == names


def test_the_table_has_all_twelve_names() -> None:
    stages = ["None", "Staging", "Production", "Archived"]

    told = {
        name
        for event_type in EventType.values
        for stage in stages
        for name in names_of(event_type, {"to_stage": stage})
    }

    assert told == set(DATABRICKS_EVENTS)


def test_a_request_is_told_with_who_why_and_its_number() -> None:
    dana = make_user(username="dana@example.com")
    request = make_transition_request(
        version=make_version(model=make_model(name="churn"), number=7),
        requested_by=dana,
    )
    event = make_event(
        EventType.TRANSITION_REQUEST_CREATED,
        actor=dana,
        request=request,
        from_stage="None",
        to_stage="Production",
        comment="please",
    )

    told = _told(event, EventName.TRANSITION_REQUEST_TO_PRODUCTION_CREATED)

    assert told["event"] == "TRANSITION_REQUEST_TO_PRODUCTION_CREATED"
    assert (told["from_stage"], told["to_stage"]) == ("None", "Production")
    assert told["comment"] == "please"
    assert told["user_id"] == "dana@example.com"
    assert told["request_number"] == request.number
    assert told["text"] == (
        "dana@example.com requested the transition of registered model 'churn'"
        " version 7 from None to Production."
    )


def test_a_tag_is_told_as_a_list_of_one() -> None:
    event = make_event(
        EventType.MODEL_VERSION_TAG_SET, version=make_version(), key="k", value="v"
    )

    told = _told(event, EventName.MODEL_VERSION_TAG_SET)

    assert told["tags"] == [{"key": "k", "value": "v"}]
    assert "'k' => 'v'" in told["text"]


def test_a_comment_is_told_raw_and_not_in_the_text() -> None:
    text = "<script>alert(1)</script> & “quotes”"
    event = make_event(EventType.COMMENT_CREATED, version=make_version(), comment=text)

    told = _told(event, EventName.COMMENT_CREATED)

    assert told["comment"] == text
    assert "script" not in told["text"]


def test_a_version_is_told_with_its_run() -> None:
    event = make_event(
        EventType.MODEL_VERSION_CREATED, version=make_version(), run_id="abc"
    )

    assert _told(event, EventName.MODEL_VERSION_CREATED)["source_run_id"] == "abc"


def test_a_huge_value_is_cut() -> None:
    event = make_event(
        EventType.MODEL_VERSION_TAG_SET,
        version=make_version(),
        key="k",
        value="x" * 100_000,
    )

    told = _told(event, EventName.MODEL_VERSION_TAG_SET)

    assert len(told["tags"][0]["value"]) == MAX_TEXT_LENGTH + 1


@pytest.mark.parametrize("name", DATABRICKS_EVENTS)
def test_a_test_is_told_in_the_form_of_its_event(name: EventName) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)

    body = payload_of_test(name, make_webhook(), at=at, actor="ada")

    told = json.loads(body)
    assert told["event"] == name
    assert told["text"] == TEST_TEXT
    assert told["event_timestamp"] == 1772323200000
    for stage in ("Staging", "Production", "Archived"):
        if stage.upper() in name:
            assert told["to_stage"] == stage


def _told(event: Any, name: EventName) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(payload_of_event(event, name, make_webhook()))
    return told
