"""Rotating secrets: what signs, for how long, who may, and what is on record."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.models import AuditEvent, Level
from tests.factories import grant, make_model, make_user
from tests.webhooks_ui.factories import make_delivery, make_webhook
from webhooks_ui.actions.attempts import outgoing
from webhooks_ui.actions.retention import forget_expired_secrets
from webhooks_ui.actions.secrets import expire_secret, rotate_secret
from webhooks_ui.actions.webhooks import WebhookInput, update_webhook
from webhooks_ui.models import Webhook, WebhookSecret
from webhooks_ui.signing import (
    databricks_signature,
    generate_secret,
    standard_signature,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("internet")]

OLD, NEW = generate_secret(), generate_secret()
HOUR = timedelta(hours=1)


def test_after_a_rotation_both_sign_and_the_newest_comes_first() -> None:
    webhook = make_webhook(secret=OLD)

    new = rotate_secret(webhook, actor=_admin(), grace=HOUR)

    headers = _headers(webhook)
    body = b'{"event":"MODEL_VERSION_CREATED"}'
    assert new.startswith("whsec_")
    assert webhook.secret == new
    assert headers["webhook-signature"] == standard_signature(
        [new, OLD],
        message_id=headers["webhook-id"],
        timestamp=int(headers["webhook-timestamp"]),
        body=body,
    )
    assert headers["X-Databricks-Signature"] == databricks_signature(new, body)


def test_with_no_grace_the_old_one_signs_nothing_more() -> None:
    webhook = make_webhook(secret=OLD)

    rotate_secret(webhook, actor=_admin(), grace=timedelta(0), secret=NEW)

    assert [one.value for one in webhook.secrets_in_force()] == [NEW]
    assert _headers(webhook)["webhook-signature"].count("v1,") == 1


def test_a_secret_signs_until_the_very_moment_it_expires() -> None:
    now = timezone.now()
    secret = WebhookSecret(expires_at=now)

    assert secret.is_in_force(now - timedelta(microseconds=1))
    assert not secret.is_in_force(now)


def test_an_expired_secret_signs_nothing_and_is_deleted() -> None:
    webhook = make_webhook(secret=OLD)
    rotate_secret(webhook, actor=_admin(), secret=NEW)
    _expire(webhook, OLD)

    signatures = _headers(webhook)["webhook-signature"].count("v1,")
    deleted = forget_expired_secrets()

    assert (signatures, deleted) == (1, 1)
    assert [one.value for one in webhook.secrets.all()] == [NEW]


def test_what_a_secret_signed_does_not_start_after_it_expired() -> None:
    webhook = make_webhook(secret=OLD)
    rotate_secret(webhook, actor=_admin(), grace=timedelta(seconds=5))
    lasting = make_webhook(secret=OLD)

    near = outgoing(make_delivery(webhook=webhook), start_before=float("inf"))
    far = outgoing(make_delivery(webhook=lasting), start_before=float("inf"))

    assert near.start_before < float("inf")
    assert far.start_before == float("inf")


def test_a_rotation_never_lengthens_the_life_of_an_old_secret() -> None:
    webhook, admin = make_webhook(secret=OLD), _admin()
    rotate_secret(webhook, actor=admin, grace=HOUR, secret=NEW)
    ends_at = _row(webhook, OLD).expires_at

    rotate_secret(webhook, actor=admin, grace=timedelta(days=30))

    assert ends_at
    assert _row(webhook, OLD).expires_at == ends_at


def test_a_sixth_is_refused_and_the_text_says_when_there_is_room() -> None:
    webhook, admin = make_webhook(secret=OLD), _admin()
    for _ in range(4):
        rotate_secret(webhook, actor=admin, grace=HOUR)
    first_end = webhook.secrets.order_by("expires_at").exclude(expires_at=None)[0]

    with pytest.raises(ActionError) as refusal:
        rotate_secret(webhook, actor=admin, grace=HOUR)
    at_once = rotate_secret(webhook, actor=admin, grace=timedelta(0))

    assert f"{first_end.expires_at:%Y-%m-%d at %H:%M:%S} UTC" in str(refusal.value)
    assert [one.value for one in webhook.secrets_in_force()] == [at_once]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"grace": timedelta(seconds=-1)}, "grace"),
        ({"grace": timedelta(days=30, seconds=1)}, "grace"),
        ({"secret": "line\nbreak"}, "secret"),
        ({"secret": ""}, "secret"),
        ({"secret": "x" * 1001}, "secret"),
    ],
)
def test_what_will_not_do_is_refused(changes: dict[str, object], field: str) -> None:
    webhook = make_webhook(secret=OLD)

    with pytest.raises(InvalidFieldError) as refusal:
        rotate_secret(webhook, actor=_admin(), **changes)  # type: ignore[arg-type] # by name

    assert refusal.value.field == field
    assert webhook.secret == OLD


def test_a_form_that_is_sent_twice_rotates_once() -> None:
    webhook, admin = make_webhook(secret=OLD), _admin()
    seen = webhook.secrets.get().pk

    rotate_secret(webhook, actor=admin, seen=seen, secret=NEW)
    with pytest.raises(ActionError, match="rotated since"):
        rotate_secret(webhook, actor=admin, seen=seen)

    assert webhook.secret == NEW
    assert webhook.secrets.count() == 2


def test_an_old_secret_is_stopped_at_once_and_the_newest_is_not() -> None:
    webhook, admin = make_webhook(secret=OLD), _admin()
    rotate_secret(webhook, actor=admin, secret=NEW)
    newest, old = WebhookSecret.objects.filter(webhook=webhook)

    expire_secret(old, actor=admin)

    assert [one.value for one in webhook.secrets_in_force()] == [NEW]
    with pytest.raises(ActionError, match="newest"):
        expire_secret(newest, actor=admin)
    with pytest.raises(ActionError, match="signs nothing"):
        expire_secret(old, actor=admin)


def test_who_does_not_manage_it_rotates_and_stops_nothing() -> None:
    model = make_model()
    reviewer = make_user()
    grant(reviewer, Level.CAN_MANAGE_PRODUCTION_VERSIONS, model)
    webhook = make_webhook(model=model, secret=OLD)

    with pytest.raises(PermissionDenied):
        rotate_secret(webhook, actor=reviewer)
    with pytest.raises(PermissionDenied):
        expire_secret(webhook.secrets.get(), actor=reviewer)


def test_what_is_on_record_holds_no_secret() -> None:
    webhook, admin = make_webhook(secret=OLD), _admin()

    rotate_secret(webhook, actor=admin, grace=HOUR, secret=NEW)
    expire_secret(_row(webhook, OLD), actor=admin)

    rotated = AuditEvent.objects.get(type="webhook.secret_rotated")
    expired = AuditEvent.objects.get(type="webhook.secret_expired")
    assert (rotated.details["grace_seconds"], rotated.details["in_force"]) == (3600, 2)
    assert expired.details["in_force"] == 1
    record = json.dumps([rotated.details, expired.details])
    assert OLD not in record
    assert NEW not in record


@pytest.mark.parametrize(
    ("given", "left"), [(None, [NEW, OLD]), ("", []), ("other", ["other"])]
)
def test_an_edit_leaves_removes_or_replaces_all_secrets(
    given: str | None, left: list[str]
) -> None:
    webhook, admin = make_webhook(secret=OLD), _admin()
    rotate_secret(webhook, actor=admin, secret=NEW)
    unchanged = WebhookInput(url=webhook.url, events=webhook.events, secret=given)

    update_webhook(webhook, unchanged, actor=admin)

    assert [one.value for one in webhook.secrets_in_force()] == left


def _headers(webhook: Webhook) -> dict[str, str]:
    fresh = Webhook.objects.get(pk=webhook.pk)
    return dict(outgoing(make_delivery(webhook=fresh)).headers)


def _row(webhook: Webhook, plain: str) -> WebhookSecret:
    rows = WebhookSecret.objects.filter(webhook=webhook)
    return next(row for row in rows if row.value == plain)


def _expire(webhook: Webhook, plain: str) -> None:
    row = _row(webhook, plain)
    row.expires_at = timezone.now()
    row.save(update_fields=["expires_at"])


def _admin() -> User:
    return make_user(is_superuser=True)
