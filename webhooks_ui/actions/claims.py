"""Taking deliveries: which may be sent now, and for one worker alone.

A claim is a short transaction that leases rows; whoever dies with it leaves a row that
is due again by itself. What a webhook asks for besides, an order or a rate, is kept
under the webhook's row lock, so it holds across any number of workers.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from math import ceil

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, prefetch_related_objects

from webhooks_ui.models import Delivery, Webhook

LEASE = timedelta(seconds=45)
CLAIMED_PER_WEBHOOK = 256
CLAIMED_PER_SILENT_WEBHOOK = 8
"""As long as it has taken nothing here: most that is claimed of a dead receiver would
only be given back."""
GROWTH = 4
"""So many times what its receiver has taken is claimed next: a first large claim would
keep the sender waiting."""
CLAIMED_PER_FAILING_WEBHOOK = 1
_MINUTE = 60
_UNREAD = ("due_at", "created_at", "settled_at", "given_up_reason")
"""Of a delivery; who sends it has no use for them."""


def due_webhooks(now: datetime) -> QuerySet[Webhook]:
    """Return the webhooks that have something to send and may be called now."""
    due = Delivery.objects.due(now).filter(webhook=OuterRef("pk"))
    return Webhook.objects.open_for_sending(now).filter(Exists(due))


def claim_due(
    now: datetime,
    *,
    busy: Mapping[str, int],
    taken: Mapping[str, int] | None = None,
    but_for: Collection[str] = (),
) -> list[Delivery]:
    """Take deliveries for this worker alone until the lease ends.

    Each webhook gets its share, so a long queue of one holds up no other; one that
    fails is probed with a single delivery. The oldest come first.

    Args:
        now: the time.
        busy: how many deliveries of a webhook this worker has already.
        taken: how many deliveries its receiver has taken from this worker.
        but_for: webhooks to leave out.
    """
    token = secrets.token_hex(16)
    # Many now and then cost less than a few each time.
    full = {pk for pk, count in busy.items() if count * 2 > CLAIMED_PER_WEBHOOK}
    webhooks = due_webhooks(now).exclude(pk__in=full.union(but_for)).in_bulk()
    queues: list[QuerySet[Delivery]] = []
    claimed: list[Delivery] = []
    for webhook in webhooks.values():
        share = _share(webhook, (taken or {}).get(webhook.pk, 0))
        under_way = busy.get(webhook.pk, 0)
        if under_way * 2 > share:
            continue
        room = share - under_way
        if webhook.in_order or webhook.max_per_minute:
            claimed += _take_in_pace(webhook, room, token=token, now=now)
        else:
            queues.append(_queue_of(webhook, now)[:room])
    if queues:
        with transaction.atomic():
            claimed += _take(queues, token=token, now=now)
    # Once for all: each delivery with a webhook of its own took a third of the time.
    for delivery in claimed:
        delivery.webhook = webhooks[delivery.webhook_id]
    prefetch_related_objects([*{one.webhook for one in claimed}], "secrets")
    return sorted(claimed, key=lambda delivery: (delivery.event_id or 0, delivery.pk))


def _share(webhook: Webhook, taken: int) -> int:
    if webhook.in_order:
        return 1
    if webhook.failing_since:
        return CLAIMED_PER_FAILING_WEBHOOK
    grown = max(GROWTH * taken, CLAIMED_PER_SILENT_WEBHOOK)
    return min(grown, CLAIMED_PER_WEBHOOK)


def _queue_of(webhook: Webhook, now: datetime) -> QuerySet[Delivery]:
    """Return what may be sent now, in the order in which it is to be sent."""
    due = Delivery.objects.due(now).filter(webhook=webhook)
    if webhook.in_order:
        return due.filter(pk__in=_first_in_order(webhook, now))
    if webhook.failing_since:
        # One delivery is tried to its end rather than all a little: else a long queue
        # would never show that nothing can be delivered. A person's wish goes first.
        return due.order_by("-next_trigger", "event_id", "id")
    return due


def _first_in_order(webhook: Webhook, now: datetime) -> list[str]:
    """Return the id of the first that is not settled, if it may be sent now."""
    pending = Delivery.objects.pending().filter(webhook=webhook)
    if Delivery.objects.in_flight(now).filter(webhook=webhook).exists():
        return []
    first = pending.order_by("event_id", "id").only("due_at").first()
    return [first.pk] if first and first.due_at <= now else []


def _take_in_pace(
    webhook: Webhook, room: int, *, token: str, now: datetime
) -> list[Delivery]:
    """Take what order and rate allow; look first, without a lock, if there is any."""
    if not _queue_of(webhook, now).exists():
        return []
    with transaction.atomic():
        locked = (
            Webhook.objects.select_for_update(no_key=True)
            .open_for_sending(now)
            .filter(pk=webhook.pk)
            .first()
        )
        if locked is None:
            return []
        room = min(room, _free_slots(locked, now))
        taken = _take([_queue_of(locked, now)[:room]], token=token, now=now)
        if locked.max_per_minute and taken:
            locked.next_slot_at = _slot_after(locked, len(taken), now)
            locked.save(update_fields=["next_slot_at"])
    return taken


def _take(
    queues: Iterable[QuerySet[Delivery]], *, token: str, now: datetime
) -> list[Delivery]:
    """Claim what the queues hold, but for what another worker locks. In a transaction.

    Locked rows are judged as they are by then; SQLite has one writer at a time.
    """
    leased_until = now + LEASE
    found = [
        delivery
        for queue in queues
        for delivery in queue.defer(*_UNREAD).select_for_update(skip_locked=True)
    ]
    for delivery in found:
        delivery.claim_token, delivery.leased_until = token, leased_until
    taken = Delivery.objects.among([delivery.pk for delivery in found])
    taken.update(claim_token=token, leased_until=leased_until)
    return found


def _spacing(most: int) -> tuple[int, timedelta]:
    """Return how many may go out together, and the time that each one takes up.

    What a second's share is goes out together, since the clock ticks each second. So
    in no 60 seconds more than `most` are taken: the share, and one a spacing.

    Source: the generic cell rate algorithm (ITU-T I.371).
    """
    together = ceil(most / _MINUTE)
    return together, timedelta(seconds=_MINUTE / (most - together + 1))


def _free_slots(webhook: Webhook, now: datetime) -> int:
    """Return how many deliveries the rate allows now."""
    if not webhook.max_per_minute:
        return CLAIMED_PER_WEBHOOK
    together, spacing = _spacing(webhook.max_per_minute)
    if webhook.next_slot_at is None:
        return together
    waited = now - webhook.next_slot_at
    return 0 if waited < timedelta(0) else min(together, waited // spacing + 1)


def _slot_after(webhook: Webhook, count: int, now: datetime) -> datetime:
    """Return when the next slot is free, once so many are taken now."""
    together, spacing = _spacing(webhook.max_per_minute or 1)
    # Slots that nobody used in the past are not saved up beyond a second's share.
    earliest = now - (together - 1) * spacing
    start = max(webhook.next_slot_at or earliest, earliest)
    return start + count * spacing
