"""The activity and the record behind each of its lines."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from registry_ui.actions.permissions import grant_level
from registry_ui.events import EventType, record_event
from registry_ui.forms import EVENT_GROUPS
from registry_ui.models import AuditBody, AuditEvent, Level, ModelVersion
from registry_ui.views.activity import PAGE_SIZE
from registry_ui.views.sentences import event_lines
from tests.factories import (
    grant,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import HTMX, query_count, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> User:
    """Return somebody who may read the whole registry; the client is theirs."""
    user = make_user(username="dana", full_name="Dana Okafor", level=Level.CAN_READ)
    client.force_login(user)
    return user


def record(event_type: EventType, **what: Any) -> AuditEvent:
    with transaction.atomic():
        return record_event(event_type, **({"actor": None} | what))


def version_of(name: str) -> ModelVersion:
    return make_version(model=make_model(name=name))


def test_each_event_is_a_sentence_with_who_and_when(
    client: Client, reader: User
) -> None:
    ask = make_transition_request(version=version_of("churn"), requested_by=reader)
    record(
        EventType.TRANSITION_REQUEST_CREATED,
        actor=reader,
        request=ask,
        target="stage:Production",
        comment="Better on <b>all</b>.",
    )

    page = text(client, "/audit/")

    assert "Dana Okafor asked to move churn v1 to Production" in page
    assert "Better on &lt;b&gt;all&lt;/b&gt;." in page
    assert ask.get_absolute_url() in page


@pytest.mark.parametrize("event_type", list(EventType))
def test_every_type_of_event_has_a_sentence_and_a_group(event_type: EventType) -> None:
    event = record(event_type, version=version_of("churn"))

    line = event_lines([event])[0]

    assert event_type.value not in line.sentence
    beginnings = [start for group in EVENT_GROUPS.values() for start in group]
    assert [s for s in beginnings if event_type.value.startswith(s)]


def test_who_was_granted_what_is_told_in_words() -> None:
    ada = make_user(full_name="Ada Lindqvist", is_superuser=True)
    rui = make_user(username="rui")
    grant_level(rui, Level.CAN_MANAGE_PRODUCTION_VERSIONS, actor=ada)

    line = event_lines(AuditEvent.objects.all())[0]

    assert line.sentence == (
        "Ada Lindqvist granted Can Manage Production Versions on all models to rui"
    )


def test_an_event_of_a_type_that_is_unknown_is_still_shown(
    client: Client, reader: User
) -> None:
    with transaction.atomic():
        event = record(EventType.COMMENT_CREATED, version=version_of("churn"))
        columns = {
            "type": "future.thing",
            "recorded_at": event.recorded_at,
            "model_pk": event.model_pk,
            "model_name": "churn",
        }
        AuditEvent.objects.append([AuditBody({"details": {}}, columns)])

    assert "Signoff: future.thing" in text(client, "/audit/")


def test_events_of_other_models_are_hidden_from_who_may_not_read_them(
    client: Client,
) -> None:
    mine, other = version_of("churn"), version_of("fraud")
    user = make_user()
    grant(user, Level.CAN_READ, mine.model)
    client.force_login(user)
    record(EventType.MODEL_VERSION_CREATED, version=mine)
    hidden = record(EventType.MODEL_VERSION_CREATED, version=other)

    page = text(client, "/audit/")

    assert "churn v1" in page
    assert "fraud" not in page
    text(client, f"/audit/{hidden.position}/", status=404)


def test_events_about_no_model_are_for_managers_and_for_who_acted(
    client: Client, reader: User
) -> None:
    own = record(EventType.API_TOKEN_CREATED, actor=reader, name="mine")
    others = record(EventType.API_TOKEN_CREATED, actor=make_user(), name="theirs")

    text(client, f"/audit/{own.position}/")
    text(client, f"/audit/{others.position}/", status=404)
    client.force_login(make_user(is_superuser=True))
    text(client, f"/audit/{others.position}/")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=Comments", {"a comment"}),
        ("kind=Requests", {"a reason"}),
        ("model=churn", {"a comment", "elsewhere"}),
        ("model=chur", {"a comment", "elsewhere", "a reason"}),
        ("person=okafor", {"a comment"}),
        ("person=DANA", {"a comment"}),
        ("person=nobody", set()),
        ("kind=nonsense", {"a comment", "elsewhere", "a reason"}),
        ("before=x&after=%00", {"a comment", "elsewhere", "a reason"}),
    ],
)
def test_filters_keep_what_was_asked_for(
    client: Client, reader: User, query: str, found: set[str]
) -> None:
    churn, european = version_of("churn"), version_of("churn-eu")
    ask = make_transition_request(version=european)
    record(EventType.COMMENT_CREATED, actor=reader, version=churn, comment="a comment")
    record(EventType.CHECK_REPORTED, version=churn, text="elsewhere")
    record(EventType.TRANSITION_REQUEST_FAILED, request=ask, reason="a reason")

    page = text(client, f"/audit/?{query}")

    assert {w for w in ("a comment", "elsewhere", "a reason") if f"“{w}”" in page} == (
        found
    )


def test_pages_are_walked_to_the_older_and_back(client: Client, reader: User) -> None:
    version = version_of("churn")
    for number in range(PAGE_SIZE + 3):
        record(EventType.COMMENT_CREATED, version=version, comment=f"no {number}.")

    first = text(client, "/audit/")
    second = text(client, "/audit/?before=4")
    back = text(client, "/audit/?after=3")

    assert "?before=4" in first
    assert "“no 2.”" not in first
    assert "“no 2.”" in second
    assert "?after=3" in second
    assert "?before=" not in second
    assert back.count("<li>") == first.count("<li>")


def test_filtering_gets_the_list_alone(client: Client, reader: User) -> None:
    record(EventType.COMMENT_CREATED, version=version_of("churn"))

    page = text(client, "/audit/?kind=Comments", headers=HTMX)

    assert page.lstrip().startswith('<div id="events"')


def test_an_empty_log_says_what_will_come(client: Client, reader: User) -> None:
    assert "Nothing has happened yet" in text(client, "/audit/")


def test_the_list_takes_the_same_queries_for_few_and_many_events(
    client: Client, reader: User
) -> None:
    def make_events(count: int) -> None:
        for _ in range(count):
            record(EventType.COMMENT_CREATED, actor=make_user(), version=make_version())

    make_events(1)
    few = query_count(client, "/audit/")
    make_events(39)

    assert query_count(client, "/audit/") == few


def test_a_record_shows_the_sealed_text_and_that_it_is_intact(
    client: Client, reader: User
) -> None:
    event = record(
        EventType.COMMENT_CREATED, version=version_of("<script>x<"), comment="<b>hi</b>"
    )

    page = text(client, f"/audit/{event.position}/")

    assert event.hash in page
    assert "Intact" in page
    assert "<script>x" not in page
    assert "<b>hi" not in page


def test_a_record_that_does_not_follow_the_one_before_is_called_broken(
    client: Client, reader: User
) -> None:
    version = version_of("churn")
    record(EventType.COMMENT_CREATED, version=version)
    with transaction.atomic():
        event = AuditEvent.objects.create(
            position=2,
            type="comment.created",
            recorded_at=version.created_at,
            model_pk=version.model_id,
            model_name="churn",
            body='{"details":{}}',
            previous_hash="f" * 64,
            hash="0" * 64,
        )

    page = text(client, f"/audit/{event.position}/")

    assert "Broken" in page
    assert "does not fit its hash" in page


def test_an_event_that_is_not_there_is_not_found(client: Client, reader: User) -> None:
    text(client, "/audit/999999999999999999999999/", status=404)
