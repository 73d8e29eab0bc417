"""One table: URL name, method and role to status. A URL without a row fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field
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
from registry_ui.models import Incident, Level, ModelVersion, TransitionRequest
from registry_ui.policies import PolicyDefinition
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

# What follows the method: the status for each of ROLES, in their order.
TABLE = """
login GET 200 302 302 302 302 302 302
logout POST 403 302 302 302 302 302 302
healthz GET 200 200 200 200 200 200 200
readyz GET 503 503 503 503 503 503 503
admin:index GET 302 302 302 302 302 302 200
registry_ui:policy_list GET 302 200 200 200 200 200 200
registry_ui:policy_detail GET 302 404 200 200 200 200 200
registry_ui:policies_edit GET 302 403 403 403 403 403 200
registry_ui:policies_edit POST 403 403 403 403 403 403 422
registry_ui:overview GET 302 200 200 200 200 200 200
registry_ui:overview_mirror GET 302 302 302 302 302 302 302
registry_ui:model_list GET 302 200 200 200 200 200 200
registry_ui:model_jump GET 302 200 200 200 200 200 200
registry_ui:model_detail GET 302 404 200 200 200 200 200
registry_ui:model_watch GET 302 404 302 302 302 302 302
registry_ui:model_watch POST 403 404 302 302 302 302 302
registry_ui:model_compare GET 302 404 200 200 200 200 200
registry_ui:model_create GET 302 403 403 403 403 403 200
registry_ui:model_create POST 403 403 403 403 403 403 422
registry_ui:model_describe GET 302 404 403 200 200 200 200
registry_ui:model_describe POST 403 404 403 422 422 422 422
registry_ui:model_tags GET 302 404 403 200 200 200 200
registry_ui:model_tags POST 403 404 403 422 422 422 422
registry_ui:model_tag_delete POST 403 404 403 422 422 422 422
registry_ui:model_aliases GET 302 404 403 403 403 403 403
registry_ui:model_aliases POST 403 404 403 403 403 403 403
registry_ui:model_permissions GET 302 404 200 200 200 200 200
registry_ui:model_permissions POST 403 404 403 403 403 422 422
registry_ui:registry_permissions GET 302 200 200 200 200 200 200
registry_ui:registry_permissions POST 403 403 403 403 403 403 422
registry_ui:model_rename GET 302 404 403 403 403 200 200
registry_ui:model_rename POST 403 404 403 403 403 422 422
registry_ui:metric_versions GET 302 404 200 200 200 200 200
registry_ui:model_metrics GET 302 404 403 403 403 200 200
registry_ui:model_metrics POST 403 404 403 403 403 302 302
registry_ui:model_delete GET 302 404 403 403 403 200 200
registry_ui:model_delete POST 403 404 403 403 403 422 422
registry_ui:version_describe GET 302 404 403 200 200 200 200
registry_ui:version_describe POST 403 404 403 422 422 422 422
registry_ui:version_tags GET 302 404 403 200 200 200 200
registry_ui:version_tags POST 403 404 403 422 422 422 422
registry_ui:version_tag_delete POST 403 404 403 422 422 422 422
registry_ui:version_delete GET 302 404 403 403 403 200 200
registry_ui:version_delete POST 403 404 403 403 403 422 422
registry_ui:version_detail GET 302 404 200 200 200 200 200
registry_ui:version_comment GET 302 404 302 302 302 302 302
registry_ui:version_comment POST 403 404 302 302 302 302 302
registry_ui:version_read_again POST 403 404 403 302 302 302 302
registry_ui:metric_detail GET 302 404 200 200 200 200 200
registry_ui:metric_detail POST 403 404 302 302 302 302 302
registry_ui:request_create GET 302 404 200 200 200 200 200
registry_ui:request_create POST 403 404 403 403 302 302 302
registry_ui:stage_matrix GET 302 200 200 200 200 200 200
registry_ui:version_compare GET 302 200 200 200 200 200 200
registry_ui:version_compare_csv GET 302 404 200 200 200 200 200
registry_ui:metric_compare GET 302 404 200 200 200 200 200
registry_ui:metric_compare POST 403 404 302 302 302 302 302
registry_ui:request_list GET 302 200 200 200 200 200 200
registry_ui:request_detail GET 302 404 200 200 200 200 200
registry_ui:request_break_glass GET 302 404 403 403 403 200 200
registry_ui:request_break_glass POST 403 404 403 403 403 422 422
registry_ui:request_roll_back GET 302 404 302 302 302 302 302
registry_ui:request_review GET 302 404 302 302 302 302 302
registry_ui:request_review POST 403 404 403 403 302 302 302
registry_ui:request_comment GET 302 404 302 302 302 302 302
registry_ui:request_comment POST 403 404 302 302 302 302 302
registry_ui:request_cancel POST 403 404 403 403 403 302 302
registry_ui:request_retry POST 403 404 403 403 302 302 302
registry_ui:request_undo POST 403 404 403 403 302 302 302
registry_ui:request_status GET 302 404 200 200 200 200 200
registry_ui:comment_edit GET 302 404 403 403 403 403 403
registry_ui:comment_edit POST 403 404 403 403 403 403 403
registry_ui:comment_delete GET 302 404 403 403 403 200 200
registry_ui:comment_delete POST 403 404 403 403 403 302 302
registry_ui:comment_history GET 302 404 200 200 200 200 200
registry_ui:model_history GET 302 404 200 200 200 200 200
registry_ui:mlflow_hint GET 405 405 405 405 405 405 405
registry_ui:mlflow_hint POST 401 401 401 401 401 401 401
registry_ui:incident_list GET 302 200 200 200 200 200 200
registry_ui:incident_detail GET 302 404 200 200 200 200 200
registry_ui:incident_answer GET 302 404 302 302 302 302 302
registry_ui:incident_answer POST 403 404 403 403 302 302 302
registry_ui:event_list GET 302 200 200 200 200 200 200
registry_ui:event_detail GET 302 404 200 200 200 200 200
registry_ui:account GET 302 200 200 200 200 200 200
registry_ui:token_create GET 302 302 302 302 302 302 302
registry_ui:token_create POST 403 201 201 201 201 201 201
registry_ui:token_revoke POST 403 404 404 404 404 404 404
webhooks_ui:notification_preferences GET 302 200 200 200 200 200 200
webhooks_ui:notification_preferences POST 403 422 422 422 422 422 422
webhooks_ui:notification_test GET 302 302 302 302 302 302 302
webhooks_ui:notification_test POST 403 302 302 302 302 302 302
webhooks_ui:notification_unsubscribe GET 404 404 404 404 404 404 404
webhooks_ui:notification_unsubscribe POST 404 404 404 404 404 404 404
webhooks_ui:webhook_list GET 302 200 200 200 200 200 200
webhooks_ui:webhook_create GET 302 200 200 200 200 200 200
webhooks_ui:webhook_create POST 403 422 422 422 422 422 422
webhooks_ui:webhook_detail GET 302 404 404 404 404 200 200
webhooks_ui:webhook_update GET 302 404 404 404 404 200 200
webhooks_ui:webhook_update POST 403 404 404 404 404 422 422
webhooks_ui:webhook_test GET 302 404 404 404 404 302 302
webhooks_ui:webhook_test POST 403 404 404 404 404 422 422
webhooks_ui:webhook_status GET 302 404 404 404 404 302 302
webhooks_ui:webhook_status POST 403 404 404 404 404 302 302
webhooks_ui:webhook_resume GET 302 404 404 404 404 302 302
webhooks_ui:webhook_resume POST 403 404 404 404 404 302 302
webhooks_ui:webhook_delete GET 302 404 404 404 404 200 200
webhooks_ui:webhook_delete POST 403 404 404 404 404 302 302
webhooks_ui:delivery_list GET 302 404 404 404 404 200 200
webhooks_ui:delivery_detail GET 302 404 404 404 404 200 200
webhooks_ui:delivery_redeliver GET 302 404 404 404 404 302 302
webhooks_ui:delivery_redeliver POST 403 404 404 404 404 302 302
webhooks_ui:delivery_skip GET 302 404 404 404 404 302 302
webhooks_ui:delivery_skip POST 403 404 404 404 404 302 302
api_v1:api-root GET 404 404 404 404 404 404 404
api_v1:openapi-json GET 200 200 200 200 200 200 200
api_v1:list_requests GET 401 200 200 200 200 200 200
api_v1:create_transition_request POST 401 404 201 201 201 201 201
api_v1:get_request GET 401 404 200 200 200 200 200
api_v1:create_review POST 401 404 403 403 201 201 201
api_v1:create_cancellation POST 401 404 403 403 403 200 200
api_v1:list_request_comments GET 401 404 200 200 200 200 200
api_v1:create_request_comment POST 401 404 201 201 201 201 201
api_v1:update_comment PATCH 401 404 403 403 403 403 403
api_v1:remove_comment DELETE 401 404 403 403 403 204 204
api_v1:list_checks GET 401 404 200 200 200 200 200
api_v1:compare_versions GET 401 404 200 200 200 200 200
api_v1:create_check POST 401 404 403 201 201 201 201
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What one address answers whom."""

    name: str
    method: str
    statuses: dict[str, int]

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


def _rows() -> Iterator[Row]:
    for line in TABLE.strip().splitlines():
        name, method, *statuses = line.split()
        numbers = [int(status) for status in statuses]
        yield Row(name, method, dict(zip(ROLES, numbers, strict=True)))


ROWS = list(_rows())
PAGES = [row for row in ROWS if row.method == "GET" and "api_v1" not in row.name]
UNSAFE = [row for row in ROWS if row.method != "GET"]
SIGNED = {
    "registry_ui:mlflow_hint": 401,
    "webhooks_ui:notification_unsubscribe": 404,
}
"""Called by machines, each call with a signature of its own, and no cookie; and the
answer without one that will do."""
QUERIES = dict.fromkeys(
    ("registry_ui:version_compare_csv", "api_v1:compare_versions"),
    "?v=churn/1&v=churn/2",
) | {"registry_ui:metric_compare": "?v=churn/1&v=churn/2&key=val/auc"}


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
        elif "incident" in name:
            values["number"] = self.incident.number
        address = reverse(name, kwargs={part: values[part] for part in parts})
        return address + QUERIES.get(name, "")

    def typed(self, name: str) -> dict[str, Any]:
        """Return what a form or a call sends that would do, but for the right to."""
        comment = {"comment": "Fails on new customers."}
        seen = str(gather_decision(self.ask).fingerprint)
        accept = {"answer": "accept", "text": "Me.", "seen": self.incident.digest}
        reject = {"decision": "reject", "seen": seen, **comment}
        ask = {"model": "churn", "version": 2, "stage": "Archived", **comment}
        bodies: dict[str, dict[str, Any]] = {
            # Nothing is sent to MLflow: these will not do.
            "registry_ui:model_describe": {"description": "x" * 6000},
            "registry_ui:version_describe": {"description": "x" * 6000},
            "registry_ui:version_comment": {"text": "A remark."},
            "registry_ui:request_comment": {"text": "A remark."},
            "registry_ui:comment_edit": {"text": "Another remark."},
            "registry_ui:request_create": {"stage": "None", "how": "now", **comment},
            "registry_ui:request_review": reject,
            "registry_ui:incident_answer": accept,
            "registry_ui:token_create": {"name": "ci", "days": "30"},
            "webhooks_ui:webhook_test": {"event": "NONSENSE"},  # nothing is sent
            "webhooks_ui:webhook_status": {"status": "DISABLED"},
            "api_v1:create_transition_request": ask,
            "api_v1:create_review": {"decision": "reject", **comment},
            "api_v1:create_request_comment": {"text": "A remark."},
            "api_v1:update_comment": {"text": "Another remark."},
            "api_v1:create_check": {"name": "fairness", "verdict": "passed"},
        }
        return bodies.get(name, {})


@pytest.fixture
def world() -> World:
    model = make_model(name="churn")
    make_version(model=model, stage="Production")
    version = make_version(model=model, stage="Staging", metrics={"val/auc": 0.9})
    ask = make_transition_request(version=version)
    delivery = make_delivery(webhook=make_webhook(model=model))
    incident = make_incident(version=version, after="Staging")
    token, _ = make_token(user=make_user())
    # Named as the model is: addresses of both take a name.
    policy = PolicyDefinition(name="churn", models=("churn",), targets=("alias:old",))
    apply_policies([policy], actor=None)
    values = {
        "name": "churn",
        "version": version.number,
        "number": ask.number,
        "position": make_event(EventType.MODEL_VERSION_UPDATED, version=version).pk,
        "key": "val/auc",
        "pk": token.pk,
        "comment_id": make_comment(version=version, request=ask).pk,
        "webhook_id": delivery.webhook_id,
        "delivery_id": delivery.pk,
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
    elif "api_v1" in row.name:
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
        with transaction.atomic():
            found[role] = ask_for(client_of(role, world), row, world).status_code
            transaction.set_rollback(True)

    assert found == row.statuses


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_who_is_not_signed_in_is_led_to_the_sign_in(row: Row, world: World) -> None:
    response = ask_for(client_of("anonymous", world), row, world)

    if row.statuses["anonymous"] == 302:
        assert response["Location"].startswith("/account/sign-in/?next=")


@pytest.mark.parametrize("row", [row for row in ROWS if "api_v1" in row.name], ids=str)
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
    """Return how many rows each of our tables has."""
    models = [m for app in ("registry_ui", "webhooks_ui") for m in _models_of(app)]
    return {model._meta.db_table: model._default_manager.count() for model in models}


def _models_of(app: str) -> list[Any]:
    return list(apps.get_app_config(app).get_models())
