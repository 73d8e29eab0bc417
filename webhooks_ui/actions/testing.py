"""Sending a test: at once, with an invented event, while somebody waits."""

from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui.errors import (
    ActionError,
    CredentialUnreadableError,
    LimitExceededError,
)
from registry_ui.events import EventType, record_event
from registry_ui.models import Allowance
from webhooks_ui import payloads, permissions
from webhooks_ui.actions.attempts import attempt_of, outgoing
from webhooks_ui.actions.job_runs import remember_forms
from webhooks_ui.http_client import send
from webhooks_ui.models import (
    Delivery,
    DeliveryAttempt,
    EventName,
    Trigger,
    Webhook,
)

TEST = "test"
TESTS_A_MINUTE = 20


def send_test(
    webhook: Webhook, *, actor: User, event_name: str = ""
) -> DeliveryAttempt:
    """Send the webhook an invented event and store what came back.

    Works in each status. Nothing is stored before the answer is there, and it is
    never tried again: whoever pressed the button sees what happened.

    Args:
        webhook: whom to call.
        actor: who tests.
        event_name: one of the catalogue; empty: the first it is subscribed to.

    Raises:
        PermissionDenied: the actor may not manage the webhook.
        ActionError: there is no such event, a stored credential cannot be read, or
            somebody deleted the webhook meanwhile.
        LimitExceededError: the actor sent 20 within a minute.
    """
    if not permissions.may_manage_webhooks(actor, webhook.model):
        raise PermissionDenied
    name = event_name or webhook.events[0]
    if name not in EventName.values:
        raise ActionError(f"There is no event {name!r}.")
    now = timezone.now()
    delivery = Delivery(
        webhook=webhook,
        event_name=name,
        payload_format=webhook.payload_format,
        due_at=now,
    )
    delivery.payload = payloads.payload_of_test(
        EventName(name),
        webhook,
        at=now,
        actor=actor.get_username(),
        delivery_id=delivery.pk,
    )
    try:
        request = outgoing(delivery)
    except CredentialUnreadableError as error:
        raise ActionError(f"{error} Set the webhook's credentials again.") from error
    use_a_test(actor, now)
    answer = send(request)
    attempt = DeliveryAttempt(
        **attempt_of(delivery, request, answer, trigger=Trigger.TEST)
    )
    attempt.triggered_by = actor.get_username()
    delivery.attempt_count = 1
    delivery.settled_at = timezone.now()
    delivery.status = (
        Delivery.Status.SUCCEEDED if attempt.has_succeeded else Delivery.Status.FAILED
    )
    with transaction.atomic():
        _refuse_deleted(webhook)
        delivery.save(force_insert=True)
        attempt.save(force_insert=True)
        remember_forms([(request, answer)])
        record_event(
            EventType.WEBHOOK_TESTED,
            actor=actor,
            model=webhook.model,
            webhook=webhook.pk,
            receiver=webhook.receiver_label,
            event=name,
            status_code=answer.status_code,
        )
    return attempt


def use_a_test(actor: User, now: datetime) -> None:
    """Count the test, before it is sent: who sends many at once gets no more.

    Source: OWASP ASVS 5.0, 2.4.1; the button must be no free probe of other machines.

    Raises:
        LimitExceededError: the actor sent too many within a minute.
    """
    wait = Allowance.objects.use(actor, TEST, most=TESTS_A_MINUTE, now=now)
    if wait is not None:
        raise LimitExceededError(
            f"You sent {TESTS_A_MINUTE} tests within a minute, which is the most.", wait
        )


def _refuse_deleted(webhook: Webhook) -> None:
    """Refuse to store what came back for a webhook that is there no longer."""
    webhooks = Webhook.objects.select_for_update(of=("self",), no_key=True)
    if not webhooks.filter(pk=webhook.pk).exists():
        raise ActionError("The webhook was deleted while its test was under way.")
