"""MLflow's webhooks, as ours subscribes to them."""

import uuid
from collections.abc import Iterator

import pytest

from registry_ui.mlflow_client import (
    MLflowNotFound,
    MLflowRefused,
    MLflowUnreadable,
    MLflowWebhooks,
)
from tests.mlflow_server import MLflowServer
from tests.registry_ui.mlflow_client.raw_server import http, raw_server

SECRET = "s3cret"  # noqa: S105 - of a test
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def webhooks(hinting_mlflow_server: MLflowServer) -> Iterator[MLflowWebhooks]:
    webhooks = MLflowWebhooks(hinting_mlflow_server.uri)
    yield webhooks
    for found in webhooks.find_all():
        webhooks.delete(found.webhook_id)


def test_a_webhook_is_made_renewed_and_deleted(webhooks: MLflowWebhooks) -> None:
    made = webhooks.create("a-name", NOWHERE, SECRET)
    assert (made.url, made.is_active) == (NOWHERE, True)
    assert webhooks.find_all() == [made]

    renewed = webhooks.renew(made.webhook_id, f"{NOWHERE}b", SECRET)
    assert (renewed.webhook_id, renewed.url) == (made.webhook_id, f"{NOWHERE}b")
    assert webhooks.find_all() == [renewed]

    webhooks.delete(made.webhook_id)
    assert webhooks.find_all() == []
    webhooks.delete(made.webhook_id)
    with pytest.raises(MLflowNotFound):
        webhooks.renew(made.webhook_id, NOWHERE, SECRET)


def test_all_pages_are_read(
    webhooks: MLflowWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {webhooks.create(f"n{n}", NOWHERE, SECRET).webhook_id for n in range(3)}
    monkeypatch.setattr("registry_ui.mlflow_client.webhooks._A_PAGE", 2)

    assert {found.webhook_id for found in webhooks.find_all()} == made


def test_a_test_says_why_it_was_not_taken(webhooks: MLflowWebhooks) -> None:
    made = webhooks.create("a-name", NOWHERE, SECRET)
    assert "refused" in webhooks.test(made.webhook_id)

    with raw_server(http("401 Unauthorized", b"Who are you?", "text/plain")) as server:
        webhooks.renew(made.webhook_id, server.uri, SECRET)
        reason = webhooks.test(made.webhook_id)
    assert reason == "it was answered with HTTP 401: Who are you?"

    with raw_server(http("204 No Content", b"", "text/plain")) as server:
        webhooks.renew(made.webhook_id, server.uri, SECRET)
        assert webhooks.test(made.webhook_id) == ""


@pytest.mark.parametrize("url", ["http://1.1.1.1/", "https://127.0.0.1/"])
def test_addresses_that_mlflow_sends_nothing_to_are_refused(
    mlflow_server: MLflowServer, url: str
) -> None:
    webhooks = MLflowWebhooks(mlflow_server.uri)

    with pytest.raises(MLflowRefused):
        webhooks.create(f"n{uuid.uuid4().hex[:8]}", url, SECRET)

    assert webhooks.find_all() == []


def test_an_mlflow_without_webhooks_is_told_apart() -> None:
    old = raw_server(http("404 Not Found", b"<h1>Not Found</h1>", "text/html"))
    with old as server, pytest.raises(MLflowNotFound, match=r"came with MLflow 3\.3"):
        MLflowWebhooks(server.uri).find_all()


def test_an_mlflow_that_lost_its_key_is_told_apart(
    hinting_mlflow_server: MLflowServer, webhooks: MLflowWebhooks
) -> None:
    made = webhooks.create("a-name", NOWHERE, SECRET)
    with hinting_mlflow_server.store() as database:
        database.execute("UPDATE webhooks SET secret = 'of another key'")
        database.commit()
        try:
            with pytest.raises(MLflowUnreadable, match="SECRET_ENCRYPTION_KEY"):
                webhooks.find_all()
        finally:
            database.execute("DELETE FROM webhooks")
            database.commit()

    assert made not in webhooks.find_all()
