"""The page of the secrets: without JavaScript, for htmx, refused, shown once."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_user
from tests.webhooks_ui.factories import make_job_webhook, make_webhook
from webhooks_ui.models import Webhook
from webhooks_ui.signing import generate_secret

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
DAY = "86400"


@pytest.fixture
def ada(client: Client) -> Client:
    """A browser in which an administrator is signed in."""
    client.force_login(make_user(is_superuser=True))
    return client


def test_a_rotation_shows_the_new_secret_once_and_keeps_no_copy(ada: Client) -> None:
    webhook = make_webhook(secret=generate_secret())

    asked = ada.get(_url(webhook))
    rotated = ada.post(_url(webhook), _data(webhook))
    later = ada.get(_url(webhook))

    new = Webhook.objects.get().secret
    assert "no-store" in asked.headers["Cache-Control"]
    assert "no-store" in rotated.headers["Cache-Control"]
    assert rotated.status_code == 201
    assert rotated.content.decode().count(new) == 1
    assert new not in later.content.decode()
    assert later.content.decode().count("An older one") == 1


def test_a_webhook_that_starts_a_job_has_no_page_of_secrets(ada: Client) -> None:
    webhook = make_job_webhook()

    page = ada.get(_url(webhook), follow=True)

    assert page.redirect_chain[-1][0] == webhook.get_absolute_url()
    assert _url(webhook) not in page.content.decode()


def test_the_same_form_again_shows_nothing_and_rotates_nothing(ada: Client) -> None:
    webhook = make_webhook(secret=generate_secret())
    data = _data(webhook)
    ada.post(_url(webhook), data)

    again = ada.post(_url(webhook), data)

    assert again.status_code == 422
    assert "rotated since you opened this page" in again.content.decode()
    assert webhook.secrets.count() == 2


def test_htmx_gets_its_part_of_the_page(ada: Client) -> None:
    webhook = make_webhook(secret=generate_secret())

    html = ada.post(_url(webhook), _data(webhook), headers=HTMX).content.decode()

    assert "<html" not in html
    assert 'id="secret"' in html


@pytest.mark.parametrize(
    "changes", [{"grace": "7"}, {"grace": ""}, {"seen": ""}, {"seen": "x"}]
)
def test_a_form_that_will_not_do_is_refused(
    ada: Client, changes: dict[str, str]
) -> None:
    webhook = make_webhook(secret=generate_secret())

    page = ada.post(_url(webhook), _data(webhook) | changes)

    assert page.status_code == 422
    assert "errorlist" in page.content.decode()
    assert webhook.secrets.count() == 1


def test_a_first_secret_is_made_where_there_was_none(ada: Client) -> None:
    webhook = make_webhook()

    page = ada.post(_url(webhook), {"grace": "0", "seen": "0"})

    assert page.status_code == 201
    assert webhook.secret in page.content.decode()


def test_an_old_secret_is_stopped_by_its_button(ada: Client) -> None:
    webhook = make_webhook(secret=generate_secret())
    ada.post(_url(webhook), _data(webhook))
    newest, old = webhook.secrets.all()

    stopped = ada.post(_expire_url(webhook, old.pk), follow=True)
    refused = ada.post(_expire_url(webhook, newest.pk), follow=True)
    unknown = ada.post(_expire_url(webhook, 2**40))

    assert "signs nothing any more" in stopped.content.decode()
    assert "This is the newest secret" in refused.content.decode()
    assert unknown.status_code == 404
    assert webhook.secrets_in_force() == [newest]


def _url(webhook: Webhook) -> str:
    return reverse("webhooks_ui:webhook_secret", args=[webhook.pk])


def _expire_url(webhook: Webhook, pk: int) -> str:
    return reverse("webhooks_ui:webhook_secret_expire", args=[webhook.pk, pk])


def _data(webhook: Webhook) -> dict[str, str]:
    newest = webhook.secrets.first()
    return {"grace": DAY, "seen": str(newest.pk if newest else 0)}
