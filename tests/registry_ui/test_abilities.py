"""The ability table, cell by cell: level, way of holding it, ability, real address.

`probes.py` says how each ability is tried, through pages and through the API where that
offers it. What is expected follows from the one table in `registry_ui/permissions.py`.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from registry_ui import permissions
from registry_ui.actions.decisions import gather_decision
from registry_ui.events import EventType
from registry_ui.models import NO_LEVEL, Level, RegisteredModel, TransitionRequest
from tests.factories import (
    grant,
    make_comment,
    make_incident,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.probes import (
    API,
    GRANT_ALL,
    MODEL,
    PROBES,
    REGISTER,
    World,
)
from tests.registry_ui.views.reading import browser
from tests.webhooks_ui.factories import make_delivery, make_event, make_webhook

pytestmark = pytest.mark.django_db

LEVELS = [NO_LEVEL, *Level]
WAYS = ["user", "group", "registry-wide"]


@pytest.fixture(autouse=True)
def _open(settings: Settings) -> None:
    """Let policies ask for nothing: what is left is the levels, as in Databricks."""
    settings.DEFAULT_POLICY = "open"


@pytest.fixture
def world() -> World:
    """Versions 1 in Production, 2 in Staging, 3 in none, and requests about them."""
    model = make_model(name="churn")
    stages = ("Production", "Staging", "None")
    first, second, third = (
        make_version(model=model, stage=stage, metrics={"auc": 0.9}) for stage in stages
    )
    asks = {
        "to_staging": make_transition_request(version=third, target="stage:Staging"),
        "to_production": make_transition_request(version=second),
        "from_production": make_transition_request(
            version=first, target="stage:Archived"
        ),
        "to_alias": make_transition_request(version=second, target="alias:champion"),
    }
    asks |= {
        "failed": make_transition_request(
            version=third, target="stage:Archived", **_failed(asks["to_staging"])
        ),
        "failed_promotion": make_transition_request(
            version=second, **_failed(asks["to_production"])
        ),
    }
    incident = make_incident(version=second, after="Staging")
    webhook = make_webhook(model=model)
    ids = {
        **{name: ask.number for name, ask in asks.items()},
        "incident": incident.number,
        "digest": incident.digest,
        "event": make_event(EventType.MODEL_VERSION_UPDATED, version=second).position,
        "webhook": webhook.pk,
        "delivery": make_delivery(webhook=webhook).pk,
        "comment": make_comment(version=second).pk,
    }
    return World(model, ids, asks)


def _failed(like: TransitionRequest) -> dict[str, Any]:
    """Return the columns of a request whose plan failed."""
    plan = gather_decision(like).plan.as_json()
    return {"status": TransitionRequest.Status.FAILED, "plan": plan}


def somebody(level: int, way: str, model: RegisteredModel) -> User:
    """Make a person who holds a level in one of `WAYS`."""
    user = make_user()
    holder: User | Group = user
    if "group" in way:
        holder = Group.objects.create(name="a team")
        holder.user_set.add(user)
    if level:
        grant(holder, Level(level), None if "registry-wide" in way else model)
    return user


def named(statuses: Iterable[int]) -> dict[str, int]:
    """Return a status a probe by its number and its name."""
    pairs = zip(PROBES, statuses, strict=True)
    return {f"{n} {probe}": status for n, (probe, status) in enumerate(pairs)}


def answers(client: Client, world: World) -> Iterator[int]:
    """Yield the status of each probe; nothing that is done stays."""
    for probe in PROBES:
        with transaction.atomic():
            status = probe.answer(client, world)
            transaction.set_rollback(True)
        yield status


@pytest.mark.parametrize("level", LEVELS, ids=int)
@pytest.mark.parametrize("way", WAYS)
def test_each_level_may_what_the_table_says(way: str, level: int, world: World) -> None:
    client = browser(somebody(level, way, world.model))

    found = named(answers(client, world))

    assert found == named(probe.expected(level) for probe in PROBES)


@pytest.mark.parametrize("way", WAYS)
def test_what_needs_a_registry_wide_level_is_not_had_through_one_model(
    way: str, world: World
) -> None:
    for level in LEVELS:
        with transaction.atomic():
            client = browser(somebody(level, way, world.model))
            counts = level if "registry-wide" in way else NO_LEVEL
            registers = client.get("/register/").status_code
            grants = client.post("/permissions/").status_code
            transaction.set_rollback(True)

        assert registers == (200 if counts >= REGISTER.level else 403)
        assert grants == (422 if counts >= GRANT_ALL.level else 403)


@pytest.mark.parametrize("way", WAYS)
def test_ones_own_request_is_withdrawn_at_any_level(way: str, world: World) -> None:
    for path, status in (
        ("/requests/{}/cancel/", 302),
        (f"{API}/requests/{{}}/cancel", 200),
    ):
        for level in Level:
            with transaction.atomic():
                user = somebody(level, way, world.model)
                ask = world.asks["to_production"]
                TransitionRequest.objects.filter(pk=ask.pk).update(requested_by=user)
                client = browser(user)
                found = client.post(
                    path.format(ask.number), {}, content_type="application/json"
                )
                transaction.set_rollback(True)

            assert found.status_code == status


def test_the_highest_of_several_levels_counts(world: World) -> None:
    user = somebody(Level.CAN_READ, "user", world.model)
    assert browser(user).get(f"{MODEL}rename/").status_code == 403

    team = Group.objects.create(name="another team")
    team.user_set.add(user)
    grant(team, Level.CAN_MANAGE, world.model)
    grant(user, Level.CAN_EDIT)

    assert browser(user).get(f"{MODEL}rename/").status_code == 200


def test_a_level_on_one_model_says_nothing_of_another(world: World) -> None:
    user = somebody(Level.CAN_MANAGE, "user", make_model(name="fraud"))

    found = named(answers(browser(user), world))

    assert found == named(probe.unseen for probe in PROBES)


def test_every_ability_is_tried() -> None:
    tried = {probe.ability for probe in PROBES}

    assert tried == set(permissions.ON_A_MODEL)


def test_the_page_of_the_docs_has_the_same_table() -> None:
    page = Path(django_settings.BASE_DIR, "docs", "permissions.md").read_text()
    rows = re.findall(r"^\| (.+?) \|((?: ✓? ?\|){5})$", page, re.MULTILINE)

    documented = [(words, Level(6 - cells.count("✓"))) for words, cells in rows]

    rows_here = [*permissions.ON_A_MODEL, *permissions.REGISTRY_WIDE]
    assert documented == [(ability.words, ability.level) for ability in rows_here]
