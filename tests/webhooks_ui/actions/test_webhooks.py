"""Creating, changing and stopping webhooks: who may, what is refused, what is kept."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.models import AuditEvent, Level, RegisteredModel
from registry_ui.views.sentences import event_lines
from tests.factories import grant, make_model, make_user
from tests.webhooks_ui.conftest import Internet
from tests.webhooks_ui.factories import make_delivery, make_webhook
from webhooks_ui.actions.webhook_fields import WebhookInput
from webhooks_ui.actions.webhooks import (
    create_webhook,
    delete_webhook,
    set_webhook_status,
    update_webhook,
)
from webhooks_ui.models import Delivery, EventName, Webhook
from webhooks_ui.signing import generate_secret

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("internet")]

URL = "https://receiver.example.com/hook"
SECRET = generate_secret()


def test_a_webhook_is_stored_with_its_credentials_sealed() -> None:
    given = _given(secret=SECRET, authorization="Bearer abc")

    webhook = create_webhook(given, actor=_admin(), model=None, status="TEST_MODE")

    stored = Webhook.objects.get()
    assert (stored.secret, stored.authorization) == (SECRET, "Bearer abc")
    assert stored.status == Webhook.Status.TEST_MODE
    raw = json.dumps(list(Webhook.objects.values()), default=str)
    assert SECRET not in raw
    assert "Bearer abc" not in raw
    event = AuditEvent.objects.get(type="webhook.created")
    assert event.details["webhook"] == webhook.pk
    assert SECRET not in event.body


def test_each_step_in_the_life_of_a_webhook_is_told_in_a_sentence() -> None:
    ada = _admin()
    webhook = create_webhook(_given(), actor=ada, model=None, status="TEST_MODE")
    set_webhook_status(webhook, Webhook.Status.ACTIVE, actor=ada)
    delete_webhook(webhook, actor=ada)

    told = [line.sentence for line in event_lines(AuditEvent.objects.order_by("pk"))]

    assert told == [
        f"{ada} {done} the webhook to receiver.example.com"
        for done in ("created", "activated", "deleted")
    ]


@pytest.mark.parametrize(
    "url", ["https://other.example.com/hook", "https://receiver.example.com:8443/hook"]
)
def test_a_stored_authorization_header_goes_to_no_other_host(url: str) -> None:
    webhook = make_webhook(url=URL, authorization="Bearer of somebody else")
    elsewhere = _given(url=url)

    with pytest.raises(InvalidFieldError, match="meant for another host") as refusal:
        update_webhook(webhook, elsewhere, actor=_admin())

    assert refusal.value.field == "authorization"
    assert Webhook.objects.get().url == URL
    update_webhook(webhook, _given(url=f"{URL}/v2"), actor=_admin())
    assert Webhook.objects.get().has_authorization
    update_webhook(webhook, _given(url=url, authorization=""), actor=_admin())
    assert not Webhook.objects.get().has_authorization


@pytest.mark.parametrize(
    "level", [level for level in Level if level < Level.CAN_MANAGE]
)
def test_less_than_can_manage_is_not_enough(level: Level) -> None:
    model, user = make_model(), make_user()
    grant(user, level, model)

    with pytest.raises(PermissionDenied):
        create_webhook(_given(), actor=user, model=model)


def test_who_manages_a_model_has_its_webhooks_and_no_others() -> None:
    model = make_model()
    manager = _manager(model)

    create_webhook(_given(), actor=manager, model=model)

    for other in (None, make_model()):
        with pytest.raises(PermissionDenied):
            create_webhook(_given(), actor=manager, model=other)
    assert list(Webhook.objects.manageable_by(manager)) == list(Webhook.objects.all())


def test_can_manage_on_all_models_is_not_the_registry() -> None:
    manager = make_user(level=Level.CAN_MANAGE)
    of_model, of_registry = make_webhook(model=make_model()), make_webhook()

    assert list(Webhook.objects.manageable_by(manager)) == [of_model]
    with pytest.raises(PermissionDenied):
        delete_webhook(of_registry, actor=manager)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https:///no-host"),
        ("url", "https://10.0.0.1/"),
        ("url", "http://receiver.example.com/"),
        ("url", "https://private.example.com/"),
        ("url", "https://receiver.example.com/" + "a" * 2000),
        ("events", []),
        ("events", ["MODEL_VERSION_EXPLODED"]),
        ("events", ["REGISTERED_MODEL_CREATED"]),
        ("description", "x" * 1001),
        ("secret", "two\nlines"),
        ("secret", "ümläut"),
        ("authorization", "a\r\nX-Evil: 1"),
        ("authorization", "x" * 1001),
    ],
)
def test_what_will_not_do_is_refused_and_names_its_field(
    field: str, value: object, internet: Internet
) -> None:
    internet.names["private.example.com"] = [["192.168.1.1"]]
    model = make_model()

    with pytest.raises(InvalidFieldError) as caught:
        create_webhook(_given(**{field: value}), actor=_admin(), model=model)

    assert caught.value.field == field
    assert not Webhook.objects.exists()


def test_a_change_keeps_what_it_does_not_name() -> None:
    webhook = make_webhook(url=URL, secret=SECRET, authorization="Bearer abc")
    given = _given(url="https://other.example.com/", authorization="")

    changed = update_webhook(webhook, given, actor=_admin())

    assert changed.url == "https://other.example.com/"
    assert (changed.secret, changed.authorization) == (SECRET, "")
    event = AuditEvent.objects.get(type="webhook.updated")
    assert event.details["changed"] == ["url", "events", "authorization"]


def test_a_change_of_nothing_is_not_recorded() -> None:
    webhook = make_webhook(url=URL, events=["MODEL_VERSION_CREATED"])

    update_webhook(webhook, _given(), actor=_admin())

    assert not AuditEvent.objects.filter(type="webhook.updated").exists()


@pytest.mark.parametrize(
    ("status", "event_type"),
    [("DISABLED", "webhook.disabled"), ("TEST_MODE", "webhook.updated")],
)
def test_a_change_of_status_is_recorded_once(status: str, event_type: str) -> None:
    webhook, admin = make_webhook(), _admin()

    set_webhook_status(webhook, status, actor=admin)
    set_webhook_status(webhook, status, actor=admin)

    webhook.refresh_from_db()
    assert webhook.status == status
    assert AuditEvent.objects.filter(type=event_type).count() == 1


def test_activation_forgets_why_it_was_disabled() -> None:
    webhook = make_webhook(status="DISABLED", disabled_reason="The receiver is gone.")

    set_webhook_status(webhook, "ACTIVE", actor=_admin())

    webhook.refresh_from_db()
    assert webhook.is_active
    assert webhook.disabled_reason == ""


def test_a_status_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ActionError):
        set_webhook_status(make_webhook(), "PAUSED", actor=_admin())


def test_a_deleted_webhook_takes_its_deliveries_and_leaves_its_record() -> None:
    delivery = make_delivery()
    webhook = delivery.webhook

    delete_webhook(webhook, actor=_admin())

    assert not Delivery.objects.exists()
    event = AuditEvent.objects.get(type="webhook.deleted")
    assert event.details["receiver"] == "receiver.example.com"


def _given(**changes: object) -> WebhookInput:
    fields: dict[str, object] = {
        "url": URL,
        "events": [EventName.MODEL_VERSION_CREATED],
    }
    return WebhookInput(**(fields | changes))  # type: ignore[arg-type] # by name


def _admin() -> User:
    return make_user(is_superuser=True)


def _manager(model: RegisteredModel) -> User:
    user = make_user()
    grant(user, Level.CAN_MANAGE, model)
    return user
