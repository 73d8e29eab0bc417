"""One table: URL name, method and role to status. A URL without a row fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.events import EventType
from registry_ui.models import (
    Allowance,
    Incident,
    Level,
    ModelVersion,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests import access_calls
from tests.factories import (
    grant,
    make_comment,
    make_incident,
    make_model,
    make_token,
    make_transition_request,
    make_user,
    make_version,
)
from tests.webhooks_ui.factories import make_delivery, make_event, make_webhook
from webhooks_ui.models import Delivery

pytestmark = pytest.mark.django_db

LEVELS = {
    "reader": Level.CAN_READ,
    "editor": Level.CAN_EDIT,
    "reviewer": Level.CAN_MANAGE_PRODUCTION_VERSIONS,
    "manager": Level.CAN_MANAGE,
}
"""Held on the one model there is; a stranger holds none."""

ROLES = ["anonymous", "stranger", *LEVELS, "superuser"]

TABLE = Path(__file__).with_name("access_table.txt").read_text()
"""What follows the method: the status for each of ROLES, in their order."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one address answers whom."""

    name: str
    method: str
    statuses: dict[str, int]

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


def _rows() -> Iterator[Row]:
    for line in (TABLE.strip() + "\n" + access_calls.TABLE).splitlines():
        name, method, *statuses = line.split()
        numbers = [int(status) for status in statuses]
        yield Row(name, method, dict(zip(ROLES, numbers, strict=True)))


ROWS = list(_rows())
CALLS = [row for row in ROWS if any(n in row.name for n in access_calls.FOR_PROGRAMS)]
PAGES = [row for row in ROWS if row.method == "GET" and row not in CALLS]
UNSAFE = [row for row in ROWS if row.method != "GET"]
SIGNED = {
    "registry_ui:mlflow_hint": 401,
    "webhooks_ui:notification_unsubscribe": 404,
}
"""Machines call these without a cookie; what they answer where a signature lacks."""
QUERIES = dict.fromkeys(
    ("registry_ui:version_compare_csv", "api_v1:compare_versions"),
    "?v=churn/1&v=churn/2",
) | {
    "registry_ui:metric_compare": "?v=churn/1&v=churn/2&key=val/auc",
    **access_calls.QUERIES,
}


@dataclass
class World:
    """One object of each kind, all of the model churn, and somebody's token."""

    version: ModelVersion
    ask: TransitionRequest
    incident: Incident
    delivery: Delivery
    values: dict[str, Any] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """Return an address, its parts filled with what exists."""
        parts = _parts_of(name)
        # The number is the version's below a model, an incident's, or a request's.
        values = dict(self.values)
        if "name" in parts:
            values["number"] = 2
        elif "policy" in parts:
            values["number"] = 1
        elif "incident" in name:
            values["number"] = self.incident.number
        address = reverse(name, kwargs={part: values[part] for part in parts})
        return address + QUERIES.get(name, "")

    def typed(self, name: str) -> dict[str, Any]:
        """Return what a form or a call sends that would do, but for the right to."""
        comment = {"comment": "Fails on new customers."}
        seen = str(gather_decision(self.ask).fingerprint)
        reject = {"decision": "reject", "seen": seen, **comment}
        ask = {"model": "churn", "version": 2, "stage": "Archived", **comment}
        answer = {"answer": "accept", "text": "Mine.", "seen": self.incident.digest}
        bodies: dict[str, dict[str, Any]] = {
            # Nothing is sent to MLflow: these will not do.
            "registry_ui:model_describe": {"description": "x" * 6000},
            "registry_ui:version_describe": {"description": "x" * 6000},
            "registry_ui:version_comment": {"text": "A remark."},
            "registry_ui:request_comment": {"text": "A remark."},
            "registry_ui:comment_edit": {"text": "Another remark."},
            "registry_ui:request_create": {"stage": "None", "how": "now", **comment},
            "registry_ui:request_review": reject,
            "registry_ui:incident_answer": answer,
            "registry_ui:token_create": {"name": "ci", "scopes": "read"},
            "registry_ui:token_list": {"account": "b", "name": "b", "scopes": "read"},
            "webhooks_ui:webhook_test": {"event": "NONSENSE"},  # nothing is sent
            "webhooks_ui:webhook_status": {"status": "DISABLED"},
            "api_v1:create_transition_request": ask,
            "api_v1:create_review": {"decision": "reject", **comment},
            "api_v1:make_token": {"name": "ci", "scopes": ["read"]},
        }
        bodies |= access_calls.bodies_of(
            self.delivery.webhook_id,
            self.incident.digest,
            self.values["comment_id"],
            self.ask.requested_by.get_username(),
        )
        return bodies.get(name, {})


@pytest.fixture
def world() -> World:
    model = make_model(name="churn")
    make_version(model=model, stage="Production")
    version = make_version(model=model, stage="Staging", metrics={"val/auc": 0.9})
    ask = make_transition_request(version=version)
    delivery = make_delivery(webhook=make_webhook(model=model))
    incident = make_incident(version=version, after="Staging")
    event = make_event(EventType.MODEL_VERSION_UPDATED, version=version)
    token, _ = make_token(user=make_user())
    # Named as the model is: addresses of both take a name.
    policy = PolicyDefinition(name="churn", models=("churn",), targets=("alias:old",))
    apply_policies([policy], actor=None)
    values = {
        "name": "churn",
        "policy": "churn",
        "version": version.number,
        "number": ask.number,
        "position": event.position,
        "key": "val/auc",
        "pk": token.pk,
        "token_id": token.pk,
        "comment_id": make_comment(version=version, request=ask).pk,
        "id": model.pk,
        "webhook_id": delivery.webhook_id,
        "asked": "mlflow/",
        "delivery_id": delivery.pk,
        "event_name": delivery.event_name,
        "channel": "mail",
        "token": "1.forged",
    }
    return World(version, ask, incident, delivery, values)


def user_of(role: str, world: World) -> User:
    """Make somebody who holds the role on the model."""
    user = make_user(is_superuser=role == "superuser")
    if role in LEVELS:
        grant(user, LEVELS[role], world.version.model)
    return user


def client_of(role: str, world: World, *, checks_csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks_csrf)
    if role != "anonymous":
        client.force_login(user_of(role, world))
    return client


def ask_for(client: Client, row: Row, world: World) -> HttpResponse:
    """Make the row's call."""
    address = world.url(row.name)
    response: Any
    if row.method == "GET":
        response = client.get(address)
    elif row in CALLS:
        body = world.typed(row.name)
        call = getattr(client, row.method.lower())
        response = call(address, body, content_type="application/json")
    else:
        response = client.post(address, world.typed(row.name))
    return response  # type: ignore[no-any-return] # the test client's own subclass


def named_patterns(
    resolver: URLResolver, spaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern]]:
    """Yield each address with its full name; of Django's admin the index alone."""
    for part in resolver.url_patterns:
        if isinstance(part, URLResolver):
            inner = (*spaces, part.namespace) if part.namespace else spaces
            yield from named_patterns(part, inner)
        elif "admin" not in spaces or part.name == "index":
            yield ":".join([*spaces, str(part.name)]), part


def _parts_of(name: str) -> list[str]:
    pattern = dict(named_patterns(get_resolver()))[name]
    return list(pattern.pattern.regex.groupindex)


def test_every_address_has_a_row() -> None:
    names = {name for name, _ in named_patterns(get_resolver())}

    assert names == {row.name for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_role_gets_what_the_table_says(row: Row, world: World) -> None:
    found = {}
    for role in ROLES:
        block = transaction.atomic()
        # So that a durable block may stand in it, as in a TestCase of Django.
        block._from_testcase = True  # type: ignore[attr-defined] # private
        with block:
            found[role] = ask_for(client_of(role, world), row, world).status_code
            transaction.set_rollback(True)

    assert found == row.statuses


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_who_is_not_signed_in_is_led_to_the_sign_in(row: Row, world: World) -> None:
    response = ask_for(client_of("anonymous", world), row, world)

    if row.statuses["anonymous"] == 302:
        assert response["Location"].startswith("/account/sign-in/?next=")


@pytest.mark.parametrize("row", CALLS, ids=str)
def test_the_api_refuses_in_json(row: Row, world: World) -> None:
    response = ask_for(client_of("anonymous", world), row, world)

    if response.status_code >= 400:
        assert response["Content-Type"].startswith("application/json")
        assert b'"error_code"' in response.content


@pytest.mark.parametrize("row", UNSAFE, ids=str)
def test_nothing_unsafe_is_done_without_a_csrf_token(row: Row, world: World) -> None:
    client = client_of("superuser", world, checks_csrf=True)
    before = row_counts()

    response = ask_for(client, row, world)

    assert response.status_code == SIGNED.get(row.name, 403)
    assert row_counts() == before


@pytest.mark.parametrize("row", [r for r in ROWS if r.method == "GET"], ids=str)
def test_reading_changes_nothing(row: Row, world: World) -> None:
    client = client_of("superuser", world)
    before = row_counts()

    ask_for(client, row, world)

    assert row_counts() == before


def row_counts() -> dict[str, int]:
    """Return how many rows each of our tables has; that calls are counted is meant."""
    models = [m for app in ("registry_ui", "webhooks_ui") for m in _models_of(app)]
    return {
        model._meta.db_table: model._default_manager.count()
        for model in models
        if model is not Allowance
    }


def _models_of(app: str) -> list[Any]:
    return list(apps.get_app_config(app).get_models())
