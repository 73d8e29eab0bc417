"""What a receiver gets: names, fields, sentences, both forms."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.urls import resolve
from jsonschema import Draft202012Validator

from registry_ui.events import EventType
from tests.factories import make_model, make_transition_request, make_user, make_version
from tests.registry_ui.test_hurtful_names import NAMES
from tests.webhooks_ui.factories import (
    make_event,
    make_move_to_production,
    make_webhook,
)
from webhooks_ui.models import EventName, PayloadFormat
from webhooks_ui.payloads import (
    MAX_TEXT_LENGTH,
    RULES,
    TEST_TEXT,
    cloud_type_of,
    example_of,
    names_of,
    payload_of_event,
    payload_of_test,
    schema_of,
)

pytestmark = pytest.mark.django_db


def test_a_move_is_told_in_databricks_form_and_order() -> None:
    version = make_version(model=make_model(name="churn"), number=8)
    event = make_move_to_production(version)
    webhook = make_webhook()

    body = payload_of_event(
        event, EventName.MODEL_VERSION_TRANSITIONED_STAGE, webhook, delivery_id="1"
    )

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
        "links": {
            "model": f"{settings.BASE_URL}/models/churn/",
            "version": f"{settings.BASE_URL}/models/churn/versions/8/",
            "event": f"{settings.BASE_URL}/audit/{event.position}/",
        },
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
        (
            "transition_request.approved",
            {"to_stage": "Production"},
            {"TRANSITION_REQUEST_APPROVED"},
        ),
        ("policy.retired", {}, {"POLICY_CHANGED"}),
        ("policy.reordered", {}, {"POLICY_CHANGED"}),
        ("comment.updated", {}, set()),
        ("review.given", {}, set()),
        ("webhook.created", {}, set()),
    ],
)
def test_each_event_has_its_names(
    event_type: str, details: dict[str, Any], names: set[str]
) -> None:
    assert set(names_of(event_type, details)) == names


def test_the_table_has_every_name() -> None:
    stages = ["None", "Staging", "Production", "Archived"]

    told = {
        name
        for event_type in EventType.values
        for stage in stages
        for name in names_of(event_type, {"to_stage": stage})
    }

    assert told == set(EventName)


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


@pytest.mark.parametrize("name", EventName)
def test_a_test_is_told_in_the_form_of_its_event(name: EventName) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)

    body = payload_of_test(name, make_webhook(), at=at, actor="ada", delivery_id="1")

    told = json.loads(body)
    assert told["event"] == name
    assert told["text"] == TEST_TEXT
    assert told["event_timestamp"] == 1772323200000
    for stage in ("Staging", "Production", "Archived"):
        if stage.upper() in name:
            assert told["to_stage"] == stage


@pytest.mark.parametrize("name", EventName)
def test_the_example_is_as_the_schema_says_and_shows_every_field(
    name: EventName,
) -> None:
    schema = schema_of(name)

    example = example_of(name)

    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(example)
    missing = schema["properties"].keys() - example.keys()
    assert missing <= {
        "user_id",  # the clock's doing
        "request_number",  # not of each
        "by_request_number",
        "incident_number",
        "is_prompt",
        "order",
    }


@pytest.mark.parametrize("name", EventName)
def test_a_test_is_as_the_schema_says(name: EventName) -> None:
    webhook = make_webhook(model=make_model(name="churn"))

    body = payload_of_test(
        name, webhook, at=datetime.now(UTC), actor="ada", delivery_id="1"
    )

    told = json.loads(body)
    Draft202012Validator(schema_of(name)).validate(told)
    assert told.get("model_name", "churn") == "churn"
    assert "sequence" not in told


def test_types_of_cloud_events_are_as_many_as_names_and_read_well() -> None:
    types = {name: cloud_type_of(name) for name in EventName}

    assert len(set(types.values())) == len(EventName)
    assert types[EventName.TRANSITION_REQUEST_APPROVED] == (
        "io.signoff.transition_request.approved"
    )
    assert types[EventName.MODEL_VERSION_ALIAS_SET] == (
        "io.signoff.model_version_alias.set"
    )
    assert types[EventName.MODEL_VERSION_TRANSITIONED_STAGE] == (
        "io.signoff.model_version.transitioned_stage"
    )


def test_a_cloud_event_holds_the_plain_payload() -> None:
    event = make_move_to_production()
    plain, wrapped = (
        make_webhook(),
        make_webhook(payload_format=PayloadFormat.CLOUDEVENTS),
    )
    name = EventName.MODEL_VERSION_TRANSITIONED_STAGE

    told = json.loads(payload_of_event(event, name, wrapped, delivery_id="0193"))

    data = json.loads(payload_of_event(event, name, plain, delivery_id="0193"))
    assert told["data"] == data | {"webhook_id": wrapped.pk}
    assert told["id"] == "0193"
    assert told["source"] + told["subject"] == data["links"]["version"]


def test_other_peoples_words_call_nobody_in_a_channel() -> None:
    version = make_version(model=make_model(name="<!channel> & co"))
    event = make_event(
        EventType.MODEL_VERSION_TAG_SET,
        version=version,
        key="@here",
        value="line one\nline two",
    )

    told = _told(event, EventName.MODEL_VERSION_TAG_SET)

    assert told["model_name"] == "<!channel> & co"
    assert told["tags"] == [{"key": "@here", "value": "line one\nline two"}]
    assert "<" not in told["text"]
    assert "@here" not in told["text"]
    assert "line one line two" in told["text"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_hurts_arrives_as_it_is_and_its_link_leads_there(name: str) -> None:
    event = make_move_to_production(make_version(model=make_model(name=name)))

    told = _told(event, EventName.MODEL_VERSION_TRANSITIONED_STAGE)

    assert told["model_name"] == name
    path = told["links"]["model"].removeprefix(settings.BASE_URL)
    assert resolve(unquote(path)).kwargs == {"name": name}
    assert told["text"].isprintable() or "\u200b" in told["text"]


def test_a_review_after_the_fact_is_not_told_as_a_move() -> None:
    request = make_transition_request(kind="retrospective")
    event = make_event(
        EventType.TRANSITION_REQUEST_CREATED,
        actor=request.requested_by,
        request=request,
        kind="retrospective",
        from_stage="None",
        to_stage="Production",
        target="stage:Production",
        comment="v1 answers NaN.",
    )

    text = _told(event, EventName.TRANSITION_REQUEST_CREATED)["text"]

    assert "asked for a review, after the fact, of registered model" in text
    assert text.endswith("in Production.")


@pytest.mark.parametrize("name", EventName)
def test_each_event_says_when_it_fires_in_a_phrase(name: EventName) -> None:
    when = RULES[name].when

    assert when[0].islower()
    assert not when.endswith(".")


def _told(event: Any, name: EventName) -> dict[str, Any]:
    body = payload_of_event(event, name, make_webhook(), delivery_id="1")
    told: dict[str, Any] = json.loads(body)
    return told
