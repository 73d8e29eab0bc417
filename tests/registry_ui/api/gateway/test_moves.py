"""Moves through the gate where a policy wants more than one program's word."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from mlflow import MlflowClient as PlainClient
from mlflow.exceptions import RestException
from pytest_django import Settings

from registry_ui.actions.policies import apply_policies
from registry_ui.models import (
    ApiToken,
    AuditEvent,
    Level,
    ModelVersion,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_transition_request, make_user
from tests.registry_ui.api.conftest import caller
from tests.registry_ui.api.gateway.comparing import outcome
from tests.registry_ui.api.gateway.conftest import ClientOf

TRANSITION = "/api/2.0/mlflow/model-versions/transition-stage"
ALIAS = "/api/2.0/mlflow/registered-models/alias"


@pytest.fixture
def churn(
    settings: Settings, sync: Callable[[], None], gate: PlainClient, name: str
) -> str:
    """A model with a version, under four eyes from now on."""
    sync()
    gate.create_registered_model(name)
    gate.create_model_version(name, "s3://bucket/model")
    settings.DEFAULT_POLICY = "four-eyes"
    return name


def post(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


def test_a_governed_move_is_refused_with_the_way_to_ask(
    gate: PlainClient, admin: User, plain: PlainClient, churn: str
) -> None:
    with pytest.raises(RestException) as refused:
        gate.transition_model_version_stage(churn, "1", "production")
    with pytest.raises(RestException) as alias_refused:
        gate.set_registered_model_alias(churn, "champion", "1")

    assert refused.value.error_code == "PERMISSION_DENIED"
    assert "four-eyes" in refused.value.message
    assert f"/models/{churn}/versions/1/request/?stage=Production" in str(refused.value)
    assert "?alias=champion" in alias_refused.value.message
    assert not TransitionRequest.objects.exists()
    assert plain.get_model_version(churn, "1").current_stage == "None"

    line = alias_refused.value.message.partition("or by: ")[2]
    assert "'X-Signoff-Request: create'" in line
    body = json.loads(re.findall(r"-d '(.*)'$", line)[0])
    answer = post(caller(admin), ALIAS, body, **{"X-Signoff-Request": "create"})
    ask = TransitionRequest.objects.get()
    assert (ask.target, ask.is_open) == ("alias:champion", True)
    assert answer.status_code == 403
    assert f"Request #{ask.number} is open" in answer.json()["message"]


def test_the_header_asks_once_and_never_says_done(
    gate_of: ClientOf, plain: PlainClient, churn: str
) -> None:
    client = caller(make_user(level=Level.CAN_READ))
    body = {"name": churn, "version": "1", "stage": "Production"}

    found = [
        post(client, TRANSITION, body, **{"X-Signoff-Request": "create"})
        for _ in range(2)
    ]

    ask = TransitionRequest.objects.get()
    assert [answer.status_code for answer in found] == [403, 403]
    for answer in found:
        assert answer.json()["error_code"] == "PERMISSION_DENIED"
        assert f"#{ask.number} is open" in answer.json()["message"]
    assert ask.to_stage == "Production"
    assert AuditEvent.objects.filter(type="transition_request.created").count() == 1
    assert plain.get_model_version(churn, "1").current_stage == "None"
    wrong = post(client, TRANSITION, body, **{"X-Signoff-Request": "yes"})
    assert wrong.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_a_token_asks_for_clients_that_send_no_header(
    gate_of: ClientOf, plain: PlainClient, churn: str
) -> None:
    user = make_user(level=Level.CAN_READ)
    client = gate_of(user)
    ApiToken.objects.filter(user=user).update(opens_requests=True)

    with pytest.raises(RestException) as refused:
        client.set_registered_model_alias(churn, "champion", "1")

    ask = TransitionRequest.objects.get()
    assert (ask.target, ask.requested_by, ask.is_open) == (
        "alias:champion",
        user,
        True,
    )
    assert f"Request #{ask.number} is open" in refused.value.message
    assert not plain.get_registered_model(churn).aliases


def test_a_direct_move_leaves_no_request_where_a_gate_has_not_passed(
    gate: PlainClient, churn: str
) -> None:
    policy = PolicyDefinition(
        name="tagged",
        models=("*",),
        targets=("stage:*",),
        direct=True,
        excluded=(),
        tags=("validated",),
    )
    apply_policies([policy], actor=None)

    with pytest.raises(RestException, match="tagged") as refused:
        gate.transition_model_version_stage(churn, "1", "Staging")
    assert refused.value.error_code == "PERMISSION_DENIED"
    assert not TransitionRequest.objects.exists()

    gate.set_model_version_tag(churn, "1", "validated", "yes")
    moved = gate.transition_model_version_stage(churn, "1", "Staging")

    ask = TransitionRequest.objects.get()
    assert moved.current_stage == "Staging"
    assert ask.status == TransitionRequest.Status.APPLIED
    version = ModelVersion.objects.get(model__name=churn)
    assert version.stage == "Staging"
    event = AuditEvent.objects.get(type="model_version.transitioned")
    assert event.actor_name == "ada"


def test_what_a_policy_governs_is_not_deleted_in_use(
    settings: Settings, gate: PlainClient, plain: PlainClient, churn: str
) -> None:
    settings.DEFAULT_POLICY = "open"
    gate.set_registered_model_alias(churn, "champion", "1")
    settings.DEFAULT_POLICY = "four-eyes"

    for delete in (
        lambda: gate.delete_registered_model_alias(churn, "champion"),
        lambda: gate.delete_model_version(churn, "1"),
        lambda: gate.delete_registered_model(churn),
    ):
        with pytest.raises(RestException, match="four-eyes") as refused:
            delete()
        assert refused.value.error_code == "PERMISSION_DENIED"

    assert plain.get_model_version_by_alias(churn, "champion").version == "1"


def test_another_spelling_of_an_alias_is_refused(
    settings: Settings, gate: PlainClient, plain: PlainClient, churn: str
) -> None:
    settings.DEFAULT_POLICY = "open"
    gate.set_registered_model_alias(churn, "champion", "1")

    with pytest.raises(RestException, match="@champion"):
        gate.set_registered_model_alias(churn, "Champion", "1")

    assert plain.get_registered_model(churn).aliases == {"champion": "1"}


@pytest.mark.parametrize("path", ["short", "long"])
def test_an_alias_that_is_there_in_two_spellings_is_moved_as_it_is_spelled(
    settings: Settings,
    gate: PlainClient,
    plain: PlainClient,
    churn: str,
    sync: Callable[[], None],
    path: str,
) -> None:
    settings.DEFAULT_POLICY = "open"
    plain.create_model_version(churn, "s3://bucket/model")
    for alias in ("champion", "Champion"):
        plain.set_registered_model_alias(churn, alias, "1")
    sync()
    if path == "long":  # somebody asks for the same
        version = ModelVersion.objects.get(model__name=churn, number=2)
        make_transition_request(version=version, target="alias:champion")

    gate.set_registered_model_alias(churn, "champion", "2")

    found = plain.get_registered_model(churn).aliases
    assert found == {"champion": "2", "Champion": "1"}


@pytest.mark.parametrize(
    "alias", ["a b", "a.b", "a/b", "x" * 256, "latest", "Latest", "v1", "V12"]
)
def test_names_that_are_no_aliases_are_refused_in_mlflows_words(
    settings: Settings,
    gate: PlainClient,
    plain: PlainClient,
    churn: str,
    alias: str,
) -> None:
    settings.DEFAULT_POLICY = "open"

    for step in (
        lambda c, n: c.set_registered_model_alias(n, alias, "1"),
        lambda c, n: c.delete_registered_model_alias(n, alias),
    ):
        assert outcome(step, gate, churn) == outcome(step, plain, churn)


@pytest.mark.parametrize("version", ["-1", "0", "2", "x", "1.0"])
def test_versions_that_do_not_exist_are_refused_in_mlflows_words(
    settings: Settings,
    gate: PlainClient,
    plain: PlainClient,
    churn: str,
    version: str,
) -> None:
    settings.DEFAULT_POLICY = "open"

    for step in (
        lambda c, n: c.set_registered_model_alias(n, "champion", version),
        lambda c, n: c.transition_model_version_stage(n, version, "Staging"),
        lambda c, n: c.set_model_version_tag(n, version, "k", "v"),
        lambda c, n: c.update_model_version(n, version, "Other."),
    ):
        assert outcome(step, gate, churn) == outcome(step, plain, churn)


def test_nothing_is_archived_along_with_a_move_to_archived(
    settings: Settings, gate: PlainClient, churn: str
) -> None:
    settings.DEFAULT_POLICY = "open"
    gate.transition_model_version_stage(churn, "1", "Archived")

    for stage in ("Archived", "None"):
        with pytest.raises(RestException, match="not an Active stage"):
            gate.transition_model_version_stage(churn, "1", stage, True)
