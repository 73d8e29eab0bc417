"""The ability table, cell by cell: level, way of holding it, ability, real address.

`PROBES` says how each ability is tried, through pages and through the API where that
offers it. What is expected follows from the one table in `registry_ui/permissions.py`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
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
from tests.registry_ui.views.reading import browser
from tests.webhooks_ui.factories import make_delivery, make_event, make_webhook

pytestmark = pytest.mark.django_db

LEVELS = [NO_LEVEL, *Level]
WAYS = ["user", "group", "registry-wide"]

LOOK, ASK, EDIT, REPORT, STAGE, PROMOTE, WITHDRAW, ERASE, RENAME, METRIC, MANAGE = (
    permissions.ON_A_MODEL
)
REGISTER, GRANT_ALL = permissions.REGISTRY_WIDE

MODEL, VERSION = "/models/churn/", "/models/churn/versions/3/"
API = "/api/v1"
WHY = "It holds on all slices."
TOO_LONG = {"description": "x" * 6000, "seen": ""}
"""Will not do, so that nothing is sent to MLflow: 422 says that one might have."""


@dataclass
class World:
    """One object of each kind, all of the model churn."""

    model: RegisteredModel
    ids: dict[str, Any]
    asks: dict[str, TransitionRequest] = field(default_factory=dict)


Body = dict[str, Any] | Callable[[World], dict[str, Any]]


@dataclass(frozen=True)
class Probe:
    """One way to try an ability.

    Attributes:
        status: what is answered to who may.
        refused: what to who may read the model, but not do this.
        unseen: what to who may not read it.
    """

    ability: permissions.Ability
    method: str
    path: str
    status: int
    body: Body = field(default_factory=dict)
    refused: int = 403
    unseen: int = 404

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def expected(self, level: int) -> int:
        """Return the status that the ability table asks for."""
        if level == NO_LEVEL:
            return self.unseen
        return self.status if level >= self.ability.level else self.refused

    def answer(self, client: Client, world: World) -> int:
        """Return the status that the product answers."""
        path = self.path.format(**world.ids)
        if self.method == "GET":
            return client.get(path).status_code
        body = self.body(world) if callable(self.body) else self.body
        if path.startswith(API):
            kind = "application/json"
            return client.post(path, body, content_type=kind).status_code
        return client.post(path, body).status_code


def _reviews(
    ability: permissions.Ability, ask: str, *, page: str, api: str
) -> list[Probe]:
    """Return how one decides on a request: on its page and by the API."""

    def seen(world: World) -> dict[str, Any]:
        fingerprint = gather_decision(world.asks[ask]).fingerprint
        return {"decision": page, "comment": WHY, "seen": str(fingerprint)}

    path, given = f"requests/{{{ask}}}", {"decision": api, "comment": WHY}
    return [
        Probe(ability, "POST", f"/{path}/review/", 302, seen),
        Probe(ability, "POST", f"{API}/{path}/reviews", 201, given),
    ]


def _moves(ability: permissions.Ability, version: int, stage: str) -> Probe:
    """Return how one moves a version without asking anybody."""
    path = f"/models/churn/versions/{version}/request/"
    body = {"stage": stage, "how": "now", "comment": WHY}
    return Probe(ability, "POST", path, 302, body)


def _answers(answer: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"answer": answer, "text": WHY, "seen": world.ids["digest"]}


PROBES = [
    *(
        Probe(LOOK, "GET", path, 200)
        for path in (
            MODEL,
            f"{MODEL}permissions/",
            f"{MODEL}compare/",
            f"{MODEL}history/",
            f"{MODEL}metrics/auc/",
            VERSION,
            f"{VERSION}metrics/auc/",
            "/compare/csv/?v=churn/1&v=churn/2",
            "/compare/metric/?v=churn/1&v=churn/2&key=auc",
            "/requests/{to_production}/",
            "/requests/{to_production}/status/",
            "/incidents/{incident}/",
            "/audit/{event}/",
            f"{API}/requests?model=churn",
            f"{API}/requests/{{to_production}}",
            f"{API}{VERSION}checks",
            f"{API}/compare?v=churn/1&v=churn/2",
        )
    ),
    Probe(ASK, "GET", f"{VERSION}request/", 200),
    Probe(
        ASK, "POST", f"{VERSION}request/", 302, {"stage": "Archived", "comment": WHY}
    ),
    Probe(
        ASK,
        "POST",
        f"{API}/requests",
        201,
        {"model": "churn", "version": 3, "stage": "Production", "comment": WHY},
    ),
    Probe(ASK, "POST", "/incidents/{incident}/answer/", 302, _answers("ask")),
    Probe(ASK, "POST", f"{VERSION}comment/", 302, {"text": WHY}),
    Probe(ASK, "POST", "/requests/{to_production}/comment/", 302, {"text": WHY}),
    Probe(ASK, "POST", f"{API}/requests/{{to_staging}}/comments", 201, {"text": WHY}),
    *(
        Probe(EDIT, method, f"{owner}{page}/", status, TOO_LONG)
        for owner in (MODEL, VERSION)
        for page in ("description", "tags")
        for method, status in (("GET", 200), ("POST", 422))
    ),
    Probe(EDIT, "POST", f"{MODEL}tags/delete/", 422),
    Probe(EDIT, "POST", f"{VERSION}tags/delete/", 422),
    Probe(REPORT, "POST", f"{VERSION}read-again/", 302),
    Probe(
        REPORT,
        "POST",
        f"{API}{VERSION}checks",
        201,
        {"name": "fairness", "verdict": "passed"},
    ),
    *_reviews(STAGE, "to_staging", page="reject", api="approve"),
    _moves(STAGE, 3, "Staging"),
    _moves(STAGE, 2, "Archived"),
    Probe(STAGE, "POST", "/requests/{failed}/retry/", 302),
    Probe(STAGE, "POST", "/requests/{failed}/undo/", 302),
    Probe(STAGE, "POST", "/incidents/{incident}/answer/", 302, _answers("accept")),
    Probe(STAGE, "POST", "/incidents/{incident}/answer/", 302, _answers("revert")),
    *_reviews(PROMOTE, "to_production", page="approve", api="reject"),
    *_reviews(PROMOTE, "from_production", page="approve", api="reject"),
    *_reviews(PROMOTE, "to_alias", page="reject", api="approve"),
    _moves(PROMOTE, 2, "Production"),
    _moves(PROMOTE, 1, "Archived"),
    Probe(PROMOTE, "GET", f"{MODEL}aliases/", 200),
    Probe(PROMOTE, "POST", f"{MODEL}aliases/", 422),
    Probe(PROMOTE, "POST", "/requests/{failed_promotion}/retry/", 302),
    Probe(PROMOTE, "POST", "/requests/{failed_promotion}/undo/", 302),
    Probe(WITHDRAW, "POST", "/requests/{to_staging}/cancel/", 302),
    Probe(WITHDRAW, "POST", f"{API}/requests/{{to_staging}}/cancel", 200),
    Probe(ERASE, "GET", "/comments/{comment}/delete/", 200),
    Probe(ERASE, "POST", "/comments/{comment}/delete/", 302),
    *(
        Probe(ability, method, path, status)
        for ability, path in (
            (RENAME, f"{MODEL}rename/"),
            (RENAME, f"{MODEL}delete/"),
            (RENAME, f"{MODEL}versions/1/delete/"),  # in use: nobody deletes it
        )
        for method, status in (("GET", 200), ("POST", 422))
    ),
    Probe(METRIC, "GET", f"{MODEL}metrics/", 200),
    Probe(METRIC, "POST", f"{MODEL}metrics/", 302),
    Probe(MANAGE, "POST", f"{MODEL}permissions/", 422),
    # Webhooks that one does not manage are not there, whatever else one may.
    *(
        Probe(MANAGE, "GET", path, 200, refused=404)
        for path in (
            "/webhooks/{webhook}/",
            "/webhooks/{webhook}/edit/",
            "/webhooks/{webhook}/deliveries/",
            "/webhooks/{webhook}/deliveries/{delivery}/",
        )
    ),
    Probe(
        MANAGE,
        "POST",
        "/webhooks/new/",
        302,
        {
            "model_name": "churn",
            "url": "https://receiver.example.com/",
            "events": "COMMENT_CREATED",
            "status": "TEST_MODE",
        },
        refused=422,
        unseen=422,
    ),
]


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
