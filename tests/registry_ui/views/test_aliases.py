"""Aliases that no policy governs: set, moved, removed on a page, applied to MLflow."""

from itertools import count

import pytest
from django.test import Client
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Holding, Incident, Level, TransitionRequest
from tests.factories import make_alias, make_model, make_user, make_version
from tests.mlflow_server import MLflowServer
from tests.registry_ui.views.reading import browser, text

pytestmark = pytest.mark.django_db

_numbers = count(1)
WHY = "The canary held."


@pytest.fixture(autouse=True)
def _open(settings: Settings) -> None:
    settings.DEFAULT_POLICY = "open"


@pytest.fixture
def plain(mlflow_server: MLflowServer) -> PlainClient:
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture
def name(plain: PlainClient, mlflow_client: MLflowClient) -> str:
    """A mirrored model with two versions, of which v1 is @champion."""
    name = f"aliases-{next(_numbers)}"
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, "s3://bucket/model")
    plain.set_registered_model_alias(name, "champion", "1")
    sync_mirror(mlflow_client)
    return name


@pytest.fixture
def rui() -> Client:
    return browser(make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS))


def send(client: Client, name: str, **data: str) -> str:
    """Send the form, let a worker apply it, and return the page it leads to."""
    response = client.post(f"/models/{name}/aliases/", {"comment": WHY, **data})
    assert response.status_code == 302, response.content.decode()
    return response.headers["Location"]


@pytest.mark.parametrize("alias", ["champion", "Canary", "@canary"])
def test_an_alias_is_moved_or_set_and_on_record(
    alias: str, name: str, rui: Client, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    assert f'href="/models/{name}/aliases/"' in text(rui, f"/models/{name}/")

    page = send(rui, name, alias=alias, number="2")
    apply_due_requests(mlflow_client)

    bare = alias.removeprefix("@")
    assert plain.get_model_version_by_alias(name, bare).version == "2"
    ask = TransitionRequest.objects.get(version__model__name=name)
    assert page == ask.get_absolute_url()
    assert (ask.status, ask.title) == ("applied", f"{name} v2 to @{bare}")
    assert WHY in text(rui, page)
    held = Holding.objects.current().get(
        model__name=name, target=f"alias:{bare}", version__number=2
    )
    assert held.started_request == ask
    report = sync_mirror(mlflow_client)
    assert report is not None
    assert report.changes == 0
    assert not Incident.objects.exists()


def test_an_alias_is_removed(
    name: str, rui: Client, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    page = text(rui, f"/models/{name}/aliases/?remove=champion")
    assert "Remove @champion" in page

    ask_page = send(rui, name, act="remove", alias="champion")
    apply_due_requests(mlflow_client)

    assert plain.get_registered_model(name).aliases == {}
    ask = TransitionRequest.objects.get(version__model__name=name)
    assert (ask.status, ask.kind) == ("applied", "removal")
    assert f"@champion off {name} v1" in text(rui, ask_page)
    assert not Holding.objects.current().filter(model__name=name).exists()
    report = sync_mirror(mlflow_client)
    assert report is not None
    assert report.changes == 0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"alias": "latest", "number": "1"}, "MLflow keeps &#x27;latest&#x27;"),
        ({"alias": "V7", "number": "1"}, "MLflow keeps"),
        ({"alias": "a b", "number": "1"}, "letters, digits"),
        ({"alias": "a" * 256, "number": "1"}, "letters, digits"),
        ({"alias": "", "number": "1"}, "Name the alias."),
        ({"alias": "new", "number": "9"}, "has no version 9"),
        ({"alias": "new", "number": "x"}, "Enter a whole number"),
        ({"alias": "old", "number": "1"}, "@old points to churn v1 already"),
        ({"alias": "new", "number": "1", "comment": " "}, "Say why"),
        ({"act": "remove", "alias": "gone"}, "has no alias @gone"),
        ({"act": "remove", "alias": "old", "comment": ""}, "Say why"),
    ],
)
def test_what_will_not_do_is_said_and_nothing_is_stored(
    data: dict[str, str], sentence: str, rui: Client
) -> None:
    make_alias(version=make_version(model=make_model(name="churn")), name="old")

    response = rui.post("/models/churn/aliases/", {"comment": WHY, **data})

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not TransitionRequest.objects.exists()


def test_under_four_eyes_nobody_moves_aliases_alone(
    rui: Client, settings: Settings
) -> None:
    settings.DEFAULT_POLICY = "four-eyes"
    make_version(model=make_model(name="churn"))

    assert "/aliases/" not in text(rui, "/models/churn/")
    text(rui, "/models/churn/aliases/", 403)


def test_a_lower_level_does_not_move_aliases() -> None:
    make_version(model=make_model(name="churn"))
    client = browser(make_user(level=Level.CAN_MANAGE_STAGING_VERSIONS))

    assert "/aliases/" not in text(client, "/models/churn/")
    text(client, "/models/churn/aliases/", 403)
