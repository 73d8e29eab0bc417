"""The page works without JavaScript, for everybody who is signed in."""

import pytest
from django.test import Client
from pytest_django import Settings

from registry_ui.api.enforcement.detours import DETOURS
from registry_ui.api.enforcement.matrix import ROLES, Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ADDRESS = "/enforcement/"


@pytest.fixture
def browser(settings: Settings) -> Client:
    settings.MLFLOW_REGISTRY_URI = "http://127.0.0.1:9"  # nothing listens there
    client = Client()
    client.force_login(make_user())
    return client


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.slug)
def test_it_shows_the_matrix_for_each_role(browser: Client, role: Role) -> None:
    response = browser.get(ADDRESS, {"role": role.slug})

    assert response.status_code == 200
    assert response.context["role"] == role
    for detour in DETOURS:
        assert detour.words in response.content.decode().replace("&#x27;", "'")


def test_an_unknown_role_is_the_one_that_may_not_promote(browser: Client) -> None:
    response = browser.get(ADDRESS, {"role": "nonsense"})

    assert response.context["role"].slug == "can-edit"


def test_what_cannot_be_asked_is_not_known(browser: Client) -> None:
    page = browser.get(ADDRESS).content.decode()

    assert "not known" in page
    assert "nothing listens there" in page


def test_htmx_gets_the_matrix_alone(browser: Client) -> None:
    page = browser.get(ADDRESS, headers={"HX-Request": "true"}).content.decode()

    assert page.lstrip().startswith("<section")
    assert "This installation" not in page
