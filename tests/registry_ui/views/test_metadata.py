"""Pages that change what MLflow says of models and versions (views/metadata.py)."""

import re
from itertools import count

import pytest
from django.test import Client
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings

from registry_ui.actions.metadata import digest_of, digest_of_tag
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import AuditEvent, Level, RegisteredModel, Stage
from tests.factories import make_alias, make_model, make_user, make_version
from tests.mlflow_server import MLflowServer
from tests.registry_ui.views.reading import browser, query_count, text

pytestmark = pytest.mark.django_db

_numbers = count(1)


@pytest.fixture
def plain(mlflow_server: MLflowServer, settings: Settings) -> PlainClient:
    """MLflow's own client of the MLflow that our pages write to."""
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture
def name(plain: PlainClient, mlflow_client: MLflowClient) -> str:
    """A mirrored model with one version, of its own for each test."""
    name = f"pages-{next(_numbers)}"
    plain.create_registered_model(name, tags={"team": "growth"})
    plain.create_model_version(name, "s3://bucket/model")
    sync_mirror(mlflow_client)
    return name


@pytest.fixture
def editor() -> Client:
    return browser(make_user(level=Level.CAN_EDIT))


@pytest.fixture
def manager() -> Client:
    return browser(make_user(level=Level.CAN_MANAGE))


def messages_of(client: Client, url: str, data: dict[str, str]) -> str:
    """Send a form and return the page that it leads to."""
    response = client.post(url, data, follow=True)
    assert response.redirect_chain
    return response.content.decode()


def test_a_model_is_registered(editor: Client, plain: PlainClient) -> None:
    assert "/register/" in text(editor, "/models/")

    page = messages_of(
        editor, "/register/", {"name": "pages of a new one", "description": "*A*"}
    )

    assert "pages of a new one is registered in MLflow." in page
    assert "<em>A</em>" in page
    assert plain.get_registered_model("pages of a new one").description == "*A*"


@pytest.mark.parametrize("below", ["", "versions/1/"])
def test_a_description_is_changed(
    below: str, name: str, editor: Client, plain: PlainClient
) -> None:
    url = f"/models/{name}/{below}"
    assert f'href="{url}description/"' in text(editor, url)

    page = messages_of(
        editor, f"{url}description/", {"description": "**Why**", "seen": digest_of("")}
    )

    assert "The description is stored in MLflow." in page
    assert "<strong>Why</strong>" in page
    assert AuditEvent.objects.latest("position").details == {"through": "signoff"}


def test_a_description_that_somebody_changed_meanwhile_is_shown_before_it_goes(
    name: str, editor: Client, plain: PlainClient
) -> None:
    url = f"/models/{name}/description/"
    mine = {"description": "Mine", "seen": digest_of("")}
    messages_of(editor, url, mine | {"description": "Theirs"})

    response = editor.post(url, mine)

    page = response.content.decode()
    assert response.status_code == 422
    assert "Somebody has changed the description" in page
    assert ">Theirs</pre>" in page
    assert "Mine</textarea>" in page
    assert plain.get_registered_model(name).description == "Theirs"
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    assert "The description is stored" in messages_of(
        editor, url, mine | {"seen": found[1]}
    )


@pytest.mark.parametrize("below", ["", "versions/1/"])
def test_a_tag_is_set_changed_and_removed(
    below: str, name: str, editor: Client
) -> None:
    url = f"/models/{name}/{below}tags/"

    assert "is set" in messages_of(editor, url, {"key": "a/b", "value": "<i>"})
    page = text(editor, f"{url}?key=a/b")
    assert "&lt;i&gt;</textarea>" in page
    seen = digest_of_tag("a/b", "<i>")
    page = messages_of(editor, f"{url}delete/", {"key": "a/b", "seen": seen})

    assert "The tag a/b is removed." in page
    assert 'aria-label="Remove a/b"' not in page


@pytest.mark.parametrize("below", ["", "versions/1/"])
def test_a_tag_that_somebody_set_meanwhile_is_shown_before_it_goes(
    below: str, name: str, editor: Client
) -> None:
    url = f"/models/{name}/{below}tags/"
    # Opened before there was such a tag, or any other.
    messages_of(editor, url, {"key": "stand", "value": "theirs", "seen": ""})

    setting = editor.post(url, {"key": "stand", "value": "mine", "seen": ""})
    seen = digest_of_tag("stand", "another")
    removing = editor.post(f"{url}delete/", {"key": "stand", "seen": seen})

    for response in (setting, removing):
        page = response.content.decode()
        assert response.status_code == 422
        assert "Somebody has set stand since you opened this page" in page
        assert '<td class="wrap">theirs</td>' in page
    assert "mine</textarea>" in setting.content.decode()
    forms = re.findall(r'name="seen" value="([^"]*)"', page)
    mine = {"key": "stand", "value": "mine", "seen": forms[-1]}
    assert "The tag stand is set." in messages_of(editor, url, mine)


def test_what_mlflow_refuses_is_said_at_the_form_which_keeps_what_was_typed(
    name: str, editor: Client
) -> None:
    response = editor.post(
        f"/models/{name}/tags/", {"key": "no%such", "value": "long story"}
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert "MLflow refused: " in page
    assert 'value="no%such"' in page
    assert "long story" in page


def test_an_unreachable_mlflow_is_said_at_the_form(
    editor: Client, settings: Settings
) -> None:
    settings.MLFLOW_REGISTRY_URI = "http://127.0.0.1:9"
    make_model(name="churn")

    response = editor.post(
        "/models/churn/description/", {"description": "A story", "seen": digest_of("")}
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert "nothing listens there" in page
    assert "A story" in page


def test_a_field_that_will_not_do_is_named(manager: Client) -> None:
    make_model(name="churn")

    response = manager.post("/models/churn/rename/", {"name": "a/b"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "no slash" in page
    assert 'value="a/b"' in page


def test_a_model_is_renamed(name: str, manager: Client) -> None:
    new = f"{name} anew"

    page = messages_of(manager, f"/models/{name}/rename/", {"name": new})

    assert f"<title>{new} " in page
    for below in ("", "versions/1/"):
        assert new in text(manager, f"/models/{name}/{below}")


def test_an_old_name_leads_nobody_to_a_model_they_may_not_read(
    name: str, manager: Client
) -> None:
    messages_of(manager, f"/models/{name}/rename/", {"name": f"{name} anew"})

    text(browser(make_user()), f"/models/{name}/", 404)


def test_an_old_name_is_free_for_another_model(name: str, manager: Client) -> None:
    messages_of(manager, f"/models/{name}/rename/", {"name": f"{name} anew"})
    make_model(name=name)

    assert f"<title>{name} ·" in text(manager, f"/models/{name}/")


def test_a_version_and_a_model_are_deleted(
    name: str, manager: Client, plain: PlainClient
) -> None:
    url = f"/models/{name}/versions/1/"

    assert "was deleted in MLflow" in messages_of(manager, f"{url}delete/", {})
    form = {"confirmation": name}
    assert "was deleted in MLflow" in messages_of(
        manager, f"/models/{name}/delete/", form
    )

    assert not plain.search_registered_models(f"name = '{name}'")
    assert RegisteredModel.objects.get(name=name).deleted_at is not None


def test_what_is_in_use_has_no_button_to_delete_it(manager: Client) -> None:
    version = make_version(model=make_model(name="churn"), stage=Stage.PRODUCTION)
    make_alias(version=version)

    for url in ("/models/churn/delete/", "/models/churn/versions/1/delete/"):
        page = text(manager, url)
        assert "It is in use: Production, @champion." in page
        assert "danger-fill" not in page


def test_who_may_not_is_offered_nothing() -> None:
    version = make_version(model=make_model(name="churn"))
    reader = browser(make_user(level=Level.CAN_READ))
    editor = browser(make_user(level=Level.CAN_EDIT))

    for url in ("/models/churn/", version.get_absolute_url()):
        page = text(reader, url)
        assert "description/" not in page
        assert "tags/" not in page
        assert "delete/" not in text(editor, url)
    assert "/register/" not in text(reader, "/models/")


def test_what_is_gone_from_mlflow_has_no_pages_to_change_it(manager: Client) -> None:
    version = make_version(model=make_model(name="churn"))
    version.deleted_at = version.created_at
    version.save(update_fields=["deleted_at"])

    text(manager, "/models/churn/versions/1/description/", 404)
    text(manager, "/models/churn/versions/1/delete/", 404)
    assert "description/" not in text(manager, version.get_absolute_url())


def test_many_tags_take_no_more_queries(editor: Client) -> None:
    model = make_model(name="churn", tags={"a": "b"})
    few = query_count(editor, "/models/churn/tags/")
    for number in range(20):
        model.tags.create(key=f"k{number}", value="v")

    assert query_count(editor, "/models/churn/tags/") == few
