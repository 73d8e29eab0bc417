"""`manage.py mlflow_hints`, and hints all the way from a real MLflow."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from config.celery import app
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient, MLflowWebhooks
from registry_ui.models import Alias, Hint, MLflowWebhook
from registry_ui.wakeups import publisher
from tests.mlflow_server import MLflowServer
from tests.registry_ui.hinting import make_mlflow_webhook
from tests.registry_ui.mlflow_client.raw_server import http, raw_server
from tests.running import wait_for

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def webhooks(
    settings: Settings, hinting_mlflow_server: MLflowServer
) -> Iterator[MLflowWebhooks]:
    """The webhooks of the MLflow that the command speaks to."""
    settings.MLFLOW_REGISTRY_URI = hinting_mlflow_server.uri
    webhooks = MLflowWebhooks(hinting_mlflow_server.uri)
    yield webhooks
    for found in webhooks.find_all():
        webhooks.delete(found.webhook_id)


@pytest.fixture
def eager_worker() -> Iterator[None]:
    """Whoever wakes a worker is the worker; there is no clock."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False
    # The task ran in the thread of wake-ups, with a connection of its own.
    publisher.submit(connections.close_all).result(30)


def run(*arguments: str) -> tuple[str, str]:
    """Return what the command says, and what it warns of."""
    stdout, stderr = StringIO(), StringIO()
    call_command("mlflow_hints", *arguments, stdout=stdout, stderr=stderr)
    return stdout.getvalue(), stderr.getvalue()


def failure(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_alias_set_with_mlflows_client_is_mirrored_at_once(
    committed_db: None,
    live_server: LiveServer,
    eager_worker: None,
    hinting_mlflow_server: MLflowServer,
    webhooks: MLflowWebhooks,
) -> None:
    plain = PlainClient(hinting_mlflow_server.uri, hinting_mlflow_server.uri)
    plain.create_registered_model("hinted")
    plain.create_model_version("hinted", "s3://bucket/model")
    sync_mirror(MLflowClient(hinting_mlflow_server.uri))

    said, warned = run("register", "--address", live_server.url)
    assert "It has reached Signoff." in said
    assert warned == ""
    # The example that was sent as a test names a model that does not exist.
    wait_for(lambda: not Hint.objects.exists(), seconds=20, what="the example read")
    MLflowWebhook.objects.update(resume_at=None)
    plain.set_registered_model_alias("hinted", "champion", "1")

    wait_for(
        lambda: Alias.objects.filter(model__name="hinted", name="champion").exists(),
        seconds=20,
        what="the alias in the mirror",
    )
    assert "Last hint: 20" in run("show")[0]


@pytest.mark.django_db
def test_registering_twice_renews(webhooks: MLflowWebhooks) -> None:
    said, warned = run("register", "--address", NOWHERE)
    assert "from now on" in said
    assert "first try failed" in warned
    before = MLflowWebhook.objects.get()

    said, _ = run("register", "--address", f"{NOWHERE}9/")

    assert "as before" in said
    [found] = webhooks.find_all()
    after = MLflowWebhook.objects.get()
    assert after.webhook_id == before.webhook_id == found.webhook_id
    assert after.url == found.url == f"{NOWHERE}9/hints/mlflow/"
    assert after.secret == before.secret


@pytest.mark.django_db
def test_a_webhook_of_an_earlier_database_is_replaced(webhooks: MLflowWebhooks) -> None:
    run("register", "--address", NOWHERE)
    MLflowWebhook.objects.all().delete()

    run("register", "--address", NOWHERE)

    [found] = webhooks.find_all()
    assert MLflowWebhook.objects.get().webhook_id == found.webhook_id


@pytest.mark.django_db
def test_a_secret_whose_key_is_gone_is_replaced(
    webhooks: MLflowWebhooks, settings: Settings
) -> None:
    run("register", "--address", NOWHERE)
    settings.ENCRYPTION_KEYS = ["the key that came after"]

    run("register", "--address", NOWHERE)

    assert MLflowWebhook.objects.get().secret
    assert len(webhooks.find_all()) == 1


@pytest.mark.django_db
def test_removing_twice_leaves_others_alone(webhooks: MLflowWebhooks) -> None:
    other = webhooks.create("another", f"{NOWHERE}/other", "s3cret")
    run("register", "--address", NOWHERE)

    assert "Removed." in run("remove")[0]

    assert webhooks.find_all() == [other]
    assert not MLflowWebhook.objects.exists()
    assert "There was no webhook to remove." in run("remove")[0]


@pytest.mark.django_db
def test_what_became_of_the_webhook_in_mlflow_is_shown(
    webhooks: MLflowWebhooks,
) -> None:
    assert "MLflow sends no hints" in run("show")[0]
    run("register", "--address", NOWHERE)
    assert "Last hint: none yet; 0 wait." in run("show")[0]

    webhooks.delete(MLflowWebhook.objects.get().webhook_id)

    assert "MLflow has the webhook no longer" in failure("show")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("http://1.1.1.1", "MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https"),
        ("https://127.0.0.1", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true"),
        ("https://nowhere.invalid", "--address"),
    ],
)
def test_an_address_that_mlflow_refuses_is_told_with_the_remedy(
    settings: Settings, mlflow_server: MLflowServer, address: str, remedy: str
) -> None:
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri

    assert remedy in failure("register", "--address", address)

    assert not MLflowWebhook.objects.exists()


@pytest.mark.parametrize(
    "address", ["", "nonsense", "http://[::1", "ftp://signoff", "http://signoff:http"]
)
def test_what_is_no_address_is_refused_before_mlflow_is_asked(address: str) -> None:
    assert "is no address such as" in failure("register", "--address", address)


@pytest.mark.django_db
def test_an_mlflow_without_webhooks_or_away_is_one_sentence(settings: Settings) -> None:
    make_mlflow_webhook()
    with raw_server(http("404 Not Found", b"<h1>Not Found</h1>", "text/html")) as old:
        settings.MLFLOW_REGISTRY_URI = old.uri
        assert "came with MLflow 3.3" in failure("register")
    settings.MLFLOW_REGISTRY_URI = NOWHERE
    assert "nothing listens there" in failure("register")
    assert "nothing listens there" in failure("remove")
    assert "nothing listens there" in failure("show")
    assert MLflowWebhook.objects.exists()
