"""The button that lets a person watch a model (views/watching.py)."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import RegisteredModel, Subscription, TransitionRequest
from tests.factories import make_model
from tests.registry_ui.views.reading import HTMX, browser, text

pytestmark = pytest.mark.django_db

WATCH = "/models/churn/watch/"


@pytest.fixture
def model() -> RegisteredModel:
    return make_model(name="churn")


def test_the_button_on_the_models_page_watches_and_unwatches(
    model: RegisteredModel, reviewer: User
) -> None:
    client = browser(reviewer)
    assert 'value="yes"' in text(client, model.get_absolute_url())

    response = client.post(WATCH, {"watch": "yes"})

    assert response["Location"] == model.get_absolute_url()
    assert Subscription.objects.get().user == reviewer
    assert "Unwatch" in text(client, model.get_absolute_url())

    client.post(WATCH, {"watch": "no"})

    assert not Subscription.objects.exists()


def test_htmx_gets_the_button_as_it_is_now(
    model: RegisteredModel, reviewer: User
) -> None:
    response = browser(reviewer).post(WATCH, {"watch": "yes"}, headers=HTMX)

    page = response.content.decode()
    assert page.lstrip().startswith("<form")
    assert "Unwatch" in page


def test_the_decision_page_has_the_button_too(
    ask: TransitionRequest, reviewer: User
) -> None:
    page = text(browser(reviewer), ask.get_absolute_url())

    assert f'action="{WATCH}"' in page


def test_the_form_works_without_javascript(
    ask: TransitionRequest, reviewer: User
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(reviewer)

    for address in (ask.version.model.get_absolute_url(), ask.get_absolute_url()):
        form = text(client, address).partition(f'action="{WATCH}"')[2]
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        assert token
        assert token.start() < form.index("</form>")
        data = {"watch": "yes", "csrfmiddlewaretoken": token[1]}
        assert client.post(WATCH, data).status_code == 302
