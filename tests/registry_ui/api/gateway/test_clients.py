"""Scripts of people who train: MLflow's fluent API through the gate, unchanged."""

from collections.abc import Callable, Iterator

import mlflow
import pandas as pd
import pytest
from django.contrib.auth.models import User
from mlflow import MlflowClient as PlainClient
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
from mlflow.exceptions import RestException
from sklearn.linear_model import LinearRegression

from registry_ui.models import (
    AuditEvent,
    Level,
    ModelVersion,
    RegisteredModel,
)
from tests.factories import make_token, make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.api.conftest import caller
from tests.registry_ui.api.gateway.comparing import Step, outcome
from tests.registry_ui.api.gateway.conftest import ClientOf

CREATED = WebhookEvent(WebhookEntity.REGISTERED_MODEL, WebhookAction.CREATED)
FRAME = pd.DataFrame({"amount": [1.0, 2.0]})
PROMPTS: tuple[Step, ...] = (
    lambda c, n: c.register_prompt(n, "Hello {{ who }}", tags={"team": "a"}).version,
    lambda c, n: c.register_prompt(n, "Good day {{ who }}").version,
    lambda c, n: c.set_prompt_alias(n, "best", 1),
    lambda c, n: c.get_prompt_version(n, 1).template,
    lambda c, n: c.get_prompt_version_by_alias(n, "best").template,
    lambda c, n: c.set_prompt_tag(n, "tone", "kind"),
    lambda c, n: c.set_prompt_version_tag(n, 1, "tone", "kind"),
    lambda c, n: c.get_prompt(n).tags,
    lambda c, n: c.delete_prompt_alias(n, "best"),
    lambda c, n: c.delete_prompt_version(n, "1"),
    lambda c, n: c.delete_prompt_version(n, "2"),
    lambda c, n: c.delete_prompt(n),
)


@pytest.fixture
def fluent(
    gate_of: ClientOf, admin: User, live_server: object, mlflow_server: MLflowServer
) -> Iterator[Callable[[bool], None]]:
    """Point MLflow's fluent API at the gate, or past it."""
    gate = gate_of(admin)

    def through(is_gate: bool) -> None:
        mlflow.set_tracking_uri(mlflow_server.uri)
        mlflow.set_registry_uri(
            str(gate._registry_uri) if is_gate else mlflow_server.uri
        )

    yield through
    mlflow.set_tracking_uri("")
    mlflow.set_registry_uri("")


def trained(name: str) -> list[object]:
    """Train, register twice, promote and load; return what a script gets to see."""
    with mlflow.start_run() as run:
        logged = mlflow.sklearn.log_model(
            LinearRegression().fit(FRAME, [2.0, 4.0]),
            name="model",
            pip_requirements=["scikit-learn"],
            registered_model_name=name,
        )
    second = mlflow.register_model(f"runs:/{run.info.run_id}/model", name)
    third = mlflow.register_model(logged.model_uri, name, tags={"k": "v"})
    client = PlainClient()
    client.set_registered_model_alias(name, "champion", second.version)
    client.transition_model_version_stage(name, third.version, "Production")
    copy = client.copy_model_version(f"models:/{name}@champion", f"{name}-copy")
    loaded = [
        [round(float(one), 6) for one in mlflow.pyfunc.load_model(uri).predict(FRAME)]
        for uri in (
            f"models:/{name}/1",
            f"models:/{name}@champion",
            f"models:/{name}/Production",
            f"models:/{name}/latest",
            f"models:/{name}-copy/1",
        )
    ]
    versions = client.search_model_versions(f"name = '{name}'")
    return [
        logged.registered_model_version,
        [version.version for version in (second, third, copy)],
        (
            third.tags,
            str(copy.source).replace(name, "NAME"),
            copy.name == f"{name}-copy",
        ),
        loaded,
        sorted((v.version, v.current_stage, bool(v.run_id)) for v in versions),
    ]


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_a_training_script_sees_what_it_sees_without_the_gate(
    sync: Callable[[], None], fluent: Callable[[bool], None], name: str
) -> None:
    sync()
    found = []
    for is_gate in (True, False):
        fluent(is_gate)
        found.append(trained(f"{name}-{is_gate}"))

    assert found[0] == found[1]
    assert found[0][3] == [[2.0, 4.0]] * 5
    model = RegisteredModel.objects.get(name=f"{name}-True")
    assert model.versions.count() == 3
    created = AuditEvent.objects.filter(
        model_name=model.name, type="model_version.created"
    )
    assert [event.actor_name for event in created] == ["ada"] * 3


def test_prompts_are_managed_through_the_gate(
    sync: Callable[[], None], gate: PlainClient, plain: PlainClient, name: str
) -> None:
    sync()
    for number, step in enumerate(PROMPTS):
        through = outcome(step, gate, f"{name}-g")
        assert (number, through) == (number, outcome(step, plain, f"{name}-p"))

    assert not RegisteredModel.objects.filter(name__startswith=name).exists()


def test_who_changes_a_prompt_is_on_record(
    sync: Callable[[], None], gate: PlainClient, name: str
) -> None:
    sync()
    place = AuditEvent.objects.count()
    for step in PROMPTS:
        step(gate, name)

    events = AuditEvent.objects.order_by("position")[place:]
    assert {event.actor_name for event in events} == {"ada"}
    assert {event.details["prompt"] for event in events} == {name}
    found = [(event.type, event.details.get("prompt_version")) for event in events]
    start = found.index(("prompt_version_alias.set", "1"))
    assert found[0] == ("prompt.created", None)
    assert ("prompt_version.created", "2") in found[:start]
    assert found[start:] == [
        ("prompt_version_alias.set", "1"),
        ("prompt_tag.set", None),
        ("prompt_version_tag.set", "1"),
        ("prompt_version_alias.deleted", None),
        ("prompt_version.deleted", "1"),
        ("prompt_version.deleted", "2"),
        ("prompt.deleted", None),
    ]


def test_no_model_becomes_a_prompt_and_no_prompt_a_model(
    sync: Callable[[], None], gate: PlainClient, gate_of: ClientOf, name: str
) -> None:
    sync()
    gate.create_registered_model(name)
    gate.register_prompt(f"{name}-p", "Hello")
    client = caller(make_user(is_superuser=True))
    editor = gate_of(make_user(level=Level.CAN_READ))

    found = [
        client.generic(
            method,
            f"/api/2.0/mlflow/registered-models/{path}",
            f'{{"name": "{one}", "key": "mlflow.prompt.is_prompt", "value": "true"}}',
        )
        for one in (name, f"{name}-p")
        for method, path in (("POST", "set-tag"), ("DELETE", "delete-tag"))
    ]

    assert [answer.json()["error_code"] for answer in found] == [
        "INVALID_PARAMETER_VALUE"
    ] * 4
    with pytest.raises(RestException, match="permission level"):
        editor.set_prompt_tag(f"{name}-p", "a", "b")
    with pytest.raises(RestException, match="versions need the tag"):
        gate.create_model_version(f"{name}-p", "s3://bucket/model")


def test_what_was_made_past_the_gate_a_moment_ago_is_known_at_once(
    sync: Callable[[], None], gate: PlainClient, plain: PlainClient, name: str
) -> None:
    sync()
    plain.create_registered_model(name)
    plain.create_model_version(name, "s3://bucket/one")

    gate.set_registered_model_tag(name, "team", "risk")
    plain.create_model_version(name, "s3://bucket/two")
    gate.transition_model_version_stage(name, "2", "Staging")

    versions = ModelVersion.objects.filter(model__name=name).order_by("number")
    assert [version.stage for version in versions] == ["None", "Staging"]
    with pytest.raises(RestException, match="not found"):
        gate.transition_model_version_stage(name, "3", "Staging")


def test_mlflows_own_webhooks_are_for_administrators(
    gate: PlainClient, gate_of: ClientOf, plain: PlainClient
) -> None:
    made = gate.create_webhook("ours", "https://1.1.1.1/x", [CREATED])
    gate.update_webhook(made.webhook_id, description="Other.")

    found, past = (
        [(w.webhook_id, w.name, w.url, w.description) for w in client.list_webhooks()]
        for client in (gate, plain)
    )

    assert found == past
    assert gate.get_webhook(made.webhook_id).description == "Other."
    manager = gate_of(make_user(level=Level.CAN_MANAGE))
    for refused in (
        manager.list_webhooks,
        lambda: manager.get_webhook(made.webhook_id),
        lambda: manager.delete_webhook(made.webhook_id),
    ):
        with pytest.raises(RestException, match="administrators"):
            refused()
    gate.delete_webhook(made.webhook_id)
    assert not plain.list_webhooks()
    events = AuditEvent.objects.filter(type__startswith="mlflow_webhook.")
    assert [(e.type, e.actor_name) for e in events.order_by("pk")] == [
        (f"mlflow_webhook.{what}", "ada") for what in ("created", "updated", "deleted")
    ]
    deleted = events.get(type="mlflow_webhook.deleted").details
    assert deleted == {
        "mlflow_webhook": made.webhook_id,
        "name": "ours",
        "receiver": "1.1.1.1",
        "events": ["REGISTERED_MODEL.CREATED"],
        "status": "ACTIVE",
    }


def test_bearer_tokens_do_as_well(
    gate: PlainClient,
    mlflow_server: MLflowServer,
    monkeypatch: pytest.MonkeyPatch,
    admin: User,
    name: str,
) -> None:
    _, secret = make_token(user=admin)
    uri = str(gate._registry_uri).split("@")[1]
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", secret)

    PlainClient(mlflow_server.uri, f"http://{uri}").create_registered_model(name)

    assert RegisteredModel.objects.filter(name=name).exists()
