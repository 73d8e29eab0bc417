"""Sending again what was sent, or given up, before."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, F, PositiveSmallIntegerField, When
from django.utils import timezone

from registry_ui.errors import ActionError
from registry_ui.events import EventType, record_event
from webhooks_ui import permissions
from webhooks_ui.models import Delivery, Selection, Trigger, Webhook
from webhooks_ui.models.deliveries import DeliveryQuerySet

MOST_AT_ONCE = 10_000
"""Deliveries that one press of the button sends again."""

BATCH = 500
"""Rows that one transaction makes due: others write meanwhile."""

BATCH_APART = timedelta(seconds=5)
"""What a batch is due after the one before it: 100 deliveries a second, so that the
receiver is not flooded, and that news need not wait behind all of them."""


@transaction.atomic
def redeliver(delivery: Delivery, *, actor: User) -> Delivery:
    """Make a delivery due now, with a whole run of retries before it.

    Its id and its bytes stay, so a receiver can tell that it has seen it. A job that
    was started for it is started once more; one that was not, or not for sure, is
    started once at most. The clock finds the row within a second.

    Raises:
        PermissionDenied: the actor may not manage the webhook.
        ActionError: it is on its way, or is a test, or the webhook is not active.
    """
    let_be_called(delivery.webhook_id)
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("webhook__model")
        .get(pk=delivery.pk)
    )
    if not permissions.may_manage_webhooks(actor, delivery.webhook.model):
        raise PermissionDenied
    if delivery.is_test:
        raise ActionError("A test is not redelivered; send a new one.")
    _check_callable(delivery.webhook)
    if delivery.is_in_flight:
        raise ActionError("It is on its way just now; look again in a moment.")
    if delivery.status == Delivery.Status.SUCCEEDED:
        delivery.run_number += 1
    delivery.status = Delivery.Status.PENDING
    delivery.retry_step = 0
    delivery.next_trigger = Trigger.MANUAL
    delivery.due_at = timezone.now()
    delivery.claim_token, delivery.leased_until = "", None
    delivery.settled_at = None
    delivery.redelivered_by = actor.get_username()
    delivery.given_up_reason = ""
    delivery.save(
        update_fields=[
            "status",
            "retry_step",
            "next_trigger",
            "due_at",
            "claim_token",
            "leased_until",
            "run_number",
            "settled_at",
            "redelivered_by",
            "given_up_reason",
        ]
    )
    record_event(
        EventType.WEBHOOK_REDELIVERED,
        actor=actor,
        model=delivery.webhook.model,
        webhook=delivery.webhook.pk,
        receiver=delivery.webhook.receiver_label,
        event=delivery.event_name,
        delivery=delivery.pk,
    )
    return delivery


def last_change(webhook: Webhook) -> str:
    """Return what a form carries to tell whether the webhook changed meanwhile."""
    return str(webhook.changes.values_list("event", flat=True).first() or "")


def redeliver_selected(
    webhook: Webhook, selection: Selection, *, seen: str | None = None, actor: User
) -> int:
    """Make many deliveries due, the oldest first, at most `MOST_AT_ONCE`.

    In short transactions, each conditional: what a worker takes, or somebody else has
    sent again, in between is not counted. The one audit event comes first, so that no
    delivery goes out again without being on record.

    Args:
        webhook: whose deliveries.
        selection: which of them.
        seen: `last_change` that the actor had before them, so that what two people
            press at once happens once; None where it does not matter.
        actor: who wants it.

    Returns:
        How many were made due.

    Raises:
        PermissionDenied: the actor may not manage the webhook.
        ActionError: nothing matches, the webhook is not active, or was changed.
    """
    with transaction.atomic():
        webhook = (
            Webhook.objects.select_for_update(of=("self",), no_key=True)
            .select_related("model")
            .get(pk=webhook.pk)
        )
        if not permissions.may_manage_webhooks(actor, webhook.model):
            raise PermissionDenied
        _check_callable(webhook)
        if seen not in (None, last_change(webhook)):
            raise ActionError(
                "Since you opened this page somebody has sent deliveries again, or"
                " changed the webhook. See what is left below, and press again."
            )
        found = selection.of(webhook, timezone.now()).order_by("pk")
        pks = list(found.values_list("pk", flat=True)[:MOST_AT_ONCE])
        if not pks:
            raise ActionError("No delivery matches any more, so none is sent again.")
        _record_many(webhook, selection, len(pks), actor=actor)
    let_be_called(webhook.pk)
    now = timezone.now()
    return sum(
        _make_due(
            selection.of(webhook, now).filter(pk__in=pks[start : start + BATCH]),
            now + start // BATCH * BATCH_APART,
            actor=actor,
        )
        for start in range(0, len(pks), BATCH)
    )


@transaction.atomic
def _make_due(still: DeliveryQuerySet, due_at: datetime, *, actor: User) -> int:
    """Make those due that still may be sent again; return how many.

    Locked in the order in which workers lock them, so that neither waits in a circle.
    As with one: a job is started once more for what had succeeded.
    """
    locked = still.select_for_update().order_by("pk")
    pks = list(locked.values_list("pk", flat=True))
    return Delivery.objects.filter(pk__in=pks).update(
        status=Delivery.Status.PENDING,
        retry_step=0,
        next_trigger=Trigger.MANUAL,
        due_at=due_at,
        claim_token="",
        leased_until=None,
        settled_at=None,
        redelivered_by=actor.get_username(),
        given_up_reason="",
        run_number=Case(
            When(status=Delivery.Status.SUCCEEDED, then=F("run_number") + 1),
            default=F("run_number"),
            output_field=PositiveSmallIntegerField(),
        ),
    )


def _check_callable(webhook: Webhook) -> None:
    """Refuse what nobody would send.

    Raises:
        ActionError: the webhook is not active, or is paused.
    """
    if not webhook.is_active:
        raise ActionError("Only an active webhook is called. Activate it first.")
    if webhook.is_paused:
        raise ActionError("The webhook is paused. Resume it first.")


def _record_many(
    webhook: Webhook, selection: Selection, count: int, *, actor: User
) -> None:
    """Put on record what was asked for, once for all of it."""
    record_event(
        EventType.WEBHOOK_REDELIVERED_IN_BULK,
        actor=actor,
        model=webhook.model,
        webhook=webhook.pk,
        receiver=webhook.receiver_label,
        event=selection.event_name,
        count=count,
        which=selection.which.value,
        start=selection.start.isoformat() if selection.start else None,
        end=selection.end.isoformat(),
    )


def let_be_called(webhook_pk: str) -> None:
    """End the rest that a failing receiver is given: a person wants it called now.

    Before a delivery is locked: webhooks are locked first, here as in the engine.
    """
    held = Webhook.objects.filter(pk=webhook_pk, held_until__isnull=False)
    held.update(held_until=None, held_reason="")
