"""A model that one may not read does not exist: pages are the same with and without it.

Each page is fetched before the model is made and after, and must not differ by a
letter: neither name nor count nor choice of a filter tells.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from registry_ui.actions.checks import report_check
from registry_ui.events import EventType
from registry_ui.models import Check, Holding, Incident, Level, RegisteredModel
from tests.factories import (
    grant,
    make_alias,
    make_incident,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import browser
from tests.test_access import named_patterns
from tests.webhooks_ui.factories import make_delivery, make_event, make_webhook

pytestmark = pytest.mark.django_db

HIDDEN = "churn-of-board"
"""Its name holds the other's, so that searches for that would find it too."""

PAGES = [
    "/models/?q=churn",
    "/models/?q=board",
    "/models/?tag=team",
    "/models/?tag=team=board",
    "/models/?owner=board",
    "/models/?alias=board",
    "/models/?sort=-updated",
    "/jump/?q=churn",
    "/jump/?q=board",
    f"/jump/?q={HIDDEN}%20v1",
    f"/jump/?q={HIDDEN}/1",
    "/compare/?v=churn/1&v=churn/2",
    "/compare/?q=board",
    "/requests/?show=waiting",
    "/requests/?show=open",
    "/requests/?show=mine",
    "/requests/?show=decided",
    "/requests/?show=all",
    "/incidents/?show=resolved",
    "/audit/?model=board",
    f"/audit/?model={HIDDEN}",
    "/audit/?person=board-member",
    "/audit/?kind=requests",
    "/models/churn/",
    "/models/churn/permissions/",
    "/models/churn/history/",
    "/models/churn/compare/",
    "/models/churn/metrics/auc/",
    "/models/churn/versions/1/",
    "/api/v1/requests?status=open",
    "/api/v1/requests?status=rejected",
]
NOT_THERE = [
    f"/models/{HIDDEN}/",
    f"/models/{HIDDEN}/permissions/",
    f"/models/{HIDDEN}/history/",
    f"/models/{HIDDEN}/compare/",
    f"/models/{HIDDEN}/metrics/auc/",
    f"/models/{HIDDEN}/versions/1/",
    f"/models/{HIDDEN}/versions/1/metrics/auc/",
    f"/models/{HIDDEN}/versions/1/request/",
    f"/compare/csv/?v=churn/1&v={HIDDEN}/1",
    f"/compare/metric/?v=churn/1&v={HIDDEN}/1&key=auc",
    "/requests/{ask}/",
    "/requests/{ask}/status/",
    "/incidents/{incident}/",
    "/audit/{event}/",
    "/webhooks/{webhook}/",
    "/webhooks/{webhook}/deliveries/",
    "/webhooks/{webhook}/deliveries/{delivery}/",
    "/api/v1/requests?model=" + HIDDEN,
    "/api/v1/requests/{ask}",
    f"/api/v1/models/{HIDDEN}/versions/1/checks",
    f"/api/v1/compare?v=churn/1&v={HIDDEN}/1",
]
_OF_THE_CALL = re.compile(r'\b[A-Za-z0-9]{64}\b|whsec_[^"]+|(?<= UTC">)[^<]+')
"""A form's token against forgery, a webhook's secret, how long ago something was.

The last is known by the space before UTC, as a form's token may end in those letters.
"""


def make_all_about(name: str, *, word: str, people: list[User]) -> dict[str, Any]:
    """Make a model with one of everything, and a word in all that has words."""
    model = make_model(name=name, description=word, tags={"owner": word, "team": word})
    stages = ("Production", "Staging")
    first, second = (
        make_version(
            model=model,
            stage=stage,
            metrics={"auc": 0.5 + number / 10, word: 1.0},
            params={word: word},
            tags={"team": word},
            description=word,
        )
        for number, stage in enumerate(stages)
    )
    make_alias(version=first, name=word)
    Holding.objects.create(
        model=model,
        version=first,
        target="stage:Production",
        started_at=model.created_at,
    )
    with transaction.atomic():
        held = grant(people[0], Level.CAN_EDIT, model)
        report_check(first, word, Check.Verdict.PASSED, actor=people[0])
        held.delete()
    asks = [
        make_transition_request(
            version=second, requested_by=person, comment=word, status=status
        )
        for person in people
        for status in ("open", "rejected")
    ]
    incident = make_incident(version=first)
    make_incident(version=second, status=Incident.Status.RESOLVED)
    webhook = make_webhook(model=model, created_by=people[0])
    events = [
        make_event(EventType.MODEL_VERSION_UPDATED, version=second),
        make_event(EventType.REGISTERED_MODEL_UPDATED, version=second),
    ]
    return {
        "model": model,
        "ask": asks[0].number,
        "incident": incident.number,
        "webhook": webhook.pk,
        "delivery": make_delivery(webhook=webhook).pk,
        "event": events[0].position,
    }


@pytest.fixture
def churn() -> RegisteredModel:
    made = make_all_about("churn", word="open", people=[make_user()])
    model: RegisteredModel = made["model"]
    return model


@pytest.fixture(params=["nothing", "user", "group", "manager"])
def reader(request: pytest.FixtureRequest, churn: RegisteredModel) -> User:
    """Somebody who may read churn at most, and nothing else."""
    user = make_user(username="board-member")
    if request.param == "user":
        grant(user, Level.CAN_READ, churn)
    elif request.param == "group":
        team = Group.objects.create(name="team")
        team.user_set.add(user)
        grant(team, Level.CAN_EDIT, churn)
    elif request.param == "manager":
        grant(user, Level.CAN_MANAGE, churn)
    return user


def addresses() -> list[str]:
    """Return each address that asks for nothing by name, and `PAGES`."""
    ours = ("registry_ui:", "webhooks_ui:", "api_v1:")
    plain = [
        reverse(name)
        for name, pattern in named_patterns(get_resolver())
        if name.startswith(ours) and not pattern.pattern.regex.groupindex
    ]
    return [*plain, *PAGES]


def shown(client: Client) -> Iterator[tuple[str, str]]:
    """Yield each page with what it says, but for what differs from call to call."""
    for path in addresses():
        response = client.get(path)
        assert response.status_code < 500
        yield path, _OF_THE_CALL.sub("", response.content.decode())


def test_pages_are_the_same_with_and_without_it(reader: User) -> None:
    colleague = make_user()
    client = browser(reader)
    without = dict(shown(client))

    # That one asked about it oneself, when one might, shows nothing of it now.
    make_all_about(HIDDEN, word="board", people=[reader, colleague])

    for path, page in shown(client):
        assert page == without[path], path


def test_its_own_addresses_are_not_there(reader: User) -> None:
    made = make_all_about(HIDDEN, word="board", people=[reader])
    client = browser(reader)

    found = {path: client.get(path.format(**made)).status_code for path in NOT_THERE}

    assert found == dict.fromkeys(NOT_THERE, 404)


def test_they_are_there_for_who_manages_it(churn: RegisteredModel) -> None:
    made = make_all_about(HIDDEN, word="board", people=[make_user()])
    user = make_user()
    grant(user, Level.CAN_READ, churn)
    grant(user, Level.CAN_MANAGE, made["model"])
    client = browser(user)

    found = {path: client.get(path.format(**made)).status_code for path in NOT_THERE}

    assert found == dict.fromkeys(NOT_THERE, 200)
    assert HIDDEN in client.get("/jump/?q=board").content.decode()


def test_a_comparison_with_it_says_no_more_than_with_none(reader: User) -> None:
    client = browser(reader)
    path = f"/compare/?v=churn/1&v={HIDDEN}/1"
    without = _OF_THE_CALL.sub("", client.get(path).content.decode())

    make_all_about(HIDDEN, word="board", people=[reader])

    assert _OF_THE_CALL.sub("", client.get(path).content.decode()) == without


def test_what_was_granted_on_it_is_not_in_the_record_of_who_granted(
    reader: User,
) -> None:
    made = make_all_about(HIDDEN, word="board", people=[reader])
    with transaction.atomic():
        held = grant(reader, Level.CAN_MANAGE, made["model"])
    client = browser(reader)
    client.post(
        f"/models/{HIDDEN}/permissions/",
        {"holder": "board-member", "level": 4, "sure": "on"},
    )
    assert HIDDEN in client.get("/audit/").content.decode()

    held.delete()

    assert HIDDEN not in client.get("/audit/").content.decode()
