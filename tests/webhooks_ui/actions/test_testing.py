"""The test button: a real request, its answer kept, nothing tried again."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from pytest_django import Settings

from registry_ui.errors import ActionError, LimitExceededError
from registry_ui.models import Allowance, AuditEvent
from tests.factories import make_user
from tests.webhooks_ui.factories import make_webhook
from tests.webhooks_ui.receivers import Receiver, Reply
from webhooks_ui.actions.testing import TESTS_A_MINUTE, send_test
from webhooks_ui.models import Delivery, DeliveryAttempt, Trigger
from webhooks_ui.signing import databricks_signature, generate_secret

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]


@pytest.mark.parametrize("status", ["TEST_MODE", "ACTIVE", "DISABLED"])
def test_a_test_is_sent_in_each_status_and_kept(
    receiver: Receiver, status: str
) -> None:
    receiver.replies(Reply(202, b"taken"))
    secret = generate_secret()
    webhook = make_webhook(url=receiver.url, status=status, secret=secret)

    attempt = send_test(webhook, actor=make_user(is_superuser=True))

    (request,) = receiver.requests
    assert request.headers["X-Databricks-Signature"] == databricks_signature(
        secret, request.body
    )
    assert (attempt.status_code, attempt.response_body) == (202, "taken")
    assert attempt.trigger == Trigger.TEST
    assert attempt.delivery.is_test
    assert attempt.delivery.status == Delivery.Status.SUCCEEDED
    event = AuditEvent.objects.get(type="webhook.tested")
    assert event.details["status_code"] == 202


def test_of_an_answer_a_few_headers_are_kept_and_who_asked(receiver: Receiver) -> None:
    receiver.replies(
        Reply(
            429,
            headers={
                "Content-Type": "text/plain",
                "Retry-After": "60",
                "Set-Cookie": "session=hush",
                "X-Request-Id": "x" * 900,
            },
        )
    )
    ada = make_user(is_superuser=True)

    attempt = send_test(make_webhook(url=receiver.url), actor=ada)

    kept = DeliveryAttempt.objects.get().response_headers
    assert (kept["Content-Type"], kept["Retry-After"]) == ("text/plain", "60")
    assert kept["X-Request-Id"] == "x" * 200
    assert "Set-Cookie" not in kept
    assert (attempt.triggered_by, attempt.webhook) == (
        ada.username,
        attempt.delivery.webhook,
    )


def test_a_chosen_event_is_the_one_that_is_sent(receiver: Receiver) -> None:
    webhook = make_webhook(url=receiver.url, events=["COMMENT_CREATED"])

    send_test(
        webhook,
        actor=make_user(is_superuser=True),
        event_name="MODEL_VERSION_TRANSITIONED_TO_STAGING",
    )

    sent = json.loads(receiver.requests[0].body)
    assert sent["event"] == "MODEL_VERSION_TRANSITIONED_TO_STAGING"
    assert sent["to_stage"] == "Staging"


def test_a_failed_test_is_not_tried_again(receiver: Receiver) -> None:
    receiver.replies(Reply(500))

    attempt = send_test(
        make_webhook(url=receiver.url), actor=make_user(is_superuser=True)
    )

    assert attempt.delivery.status == Delivery.Status.FAILED
    assert not Delivery.objects.pending().exists()


def test_who_may_not_manage_it_may_not_test_it(receiver: Receiver) -> None:
    with pytest.raises(PermissionDenied):
        send_test(make_webhook(url=receiver.url), actor=make_user())

    assert receiver.requests == []


def test_an_unknown_event_is_refused(receiver: Receiver) -> None:
    with pytest.raises(ActionError):
        send_test(
            make_webhook(url=receiver.url),
            actor=make_user(is_superuser=True),
            event_name="NOTHING",
        )

    assert receiver.requests == []


def test_a_lost_key_is_told(receiver: Receiver, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["the key that will be lost"]
    webhook = make_webhook(url=receiver.url, secret=generate_secret())
    settings.ENCRYPTION_KEYS = ["the key that came after"]

    with pytest.raises(ActionError, match="credentials again"):
        send_test(webhook, actor=make_user(is_superuser=True))


def test_the_request_is_shown_as_it_went_out(receiver: Receiver) -> None:
    webhook = make_webhook(
        url=receiver.url, secret=generate_secret(), authorization="Bearer hush"
    )

    attempt = send_test(webhook, actor=make_user(is_superuser=True))

    (request,) = receiver.requests
    arrived = {name.lower(): value for name, value in request.headers.items()}
    shown = {name.lower(): text for name, text in attempt.request_headers.items()}
    assert arrived.pop("authorization") == "Bearer hush"
    assert shown.pop("authorization") == "(set; not shown)"
    assert shown == arrived


def test_a_person_sends_twenty_tests_a_minute_and_no_more(receiver: Receiver) -> None:
    webhook, admin = make_webhook(url=receiver.url), make_user(is_superuser=True)
    for _ in range(TESTS_A_MINUTE):
        Allowance.objects.use(admin, "test", most=TESTS_A_MINUTE, now=timezone.now())

    with pytest.raises(LimitExceededError, match=r"Send the next one in \d+ second"):
        send_test(webhook, actor=admin)
    by_other = send_test(webhook, actor=make_user(is_superuser=True))

    assert by_other.has_succeeded
    assert len(receiver.requests) == 1
