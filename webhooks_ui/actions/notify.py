"""The engine of notices: claim what is due, send it, record what came of it.

Like the delivery engine (`deliver.py`), with one difference: what waits for a person
goes out together. One message a request as a rule; what is held, in one digest.
"""

import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, Min, QuerySet
from django.utils import timezone

from registry_ui import permissions
from registry_ui.models import Notification, TransitionRequest
from webhooks_ui.actions.chat import send_chat
from webhooks_ui.actions.letters import letter_of
from webhooks_ui.actions.mail import send_mail
from webhooks_ui.actions.notices import can_be_mailed
from webhooks_ui.actions.outcomes import Outcome
from webhooks_ui.actions.turns import Turn
from webhooks_ui.models import Channel, Notice, NotificationPreference
from webhooks_ui.models.notices import MOST_AN_HOUR
from webhooks_ui.permissions import may_manage_webhooks

logger = logging.getLogger(__name__)

# A word with a mail server takes 10 s at most; connecting and a mail, twelve words.
LEASE = timedelta(minutes=3)
START_WITHIN_SECONDS = 30.0
CLAIMING_SECONDS = 10.0
PEOPLE_AT_ONCE = 50
_OURS = {channel: Turn() for channel in Channel}
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))
"""Wait after each attempt that failed: eight attempts over 22 h 21 min."""


def send_notices(channel: Channel, turn: Turn | None = None) -> int:
    """Send what is due through a channel until nothing is, or for about ten seconds.

    One thread of a process sends through a channel at a time: a mail server that is
    slow would take all of them, and deliveries wait. Where one does already, it is
    asked to look again.

    Args:
        channel: which.
        turn: of the threads that share it.

    Returns:
        How many messages were sent.
    """
    turn = turn or _OURS[channel]
    sent = 0
    turn.wish()
    while turn.take():
        try:
            turn.grant()
            sent += _send_due(channel)
        finally:
            turn.give_back()
    return sent


def _send_due(channel: Channel) -> int:
    stop = time.monotonic() + CLAIMING_SECONDS
    sent = 0
    while time.monotonic() < stop:
        notices = claim_due(channel, timezone.now())
        if not notices:
            break
        sent += _send(channel, batches_of(_wanted(notices)))
    return sent


def claim_due(channel: Channel, now: datetime) -> list[Notice]:
    """Take what is due to some people for this worker alone until the lease ends.

    A person is one worker's at a time: two would each send what fits into the hour.
    """
    due = Notice.objects.due(channel, now).order_by()
    under_way = Notice.objects.in_flight(channel, now).order_by().values("user")
    free = due.exclude(user__in=under_way).values_list("user", flat=True).distinct()
    people = list(free[:PEOPLE_AT_ONCE])
    if not people:
        return []
    token = secrets.token_hex(16)
    with transaction.atomic():
        users = User.objects.select_for_update(skip_locked=True, no_key=True)
        locked = list(users.filter(pk__in=people).values_list("pk", flat=True))
        # Asked after the locks: what others had claimed before is seen by now.
        mine = due.filter(user__in=locked).exclude(user__in=under_way)
        ids = list(mine.values_list("pk", flat=True))
        Notice.objects.filter(pk__in=ids).update(claim_token=token, due_at=now + LEASE)
    claimed = Notice.objects.filter(claim_token=token).order_by("user", "pk")
    return list(
        claimed.select_related(
            "user__notification_preference",
            "notification__event",
            "notification__model",
            "notification__request__version__model",
        )
    )


def batches_of(notices: Sequence[Notice]) -> list[list[Notice]]:
    """Return what goes out together; hold what would be too much within an hour.

    Args:
        notices: claimed, through one channel, sorted by person.
    """
    batches: list[list[Notice]] = []
    for _, group in groupby(notices, key=lambda notice: notice.user_id):
        mine = list(group)
        by_request: defaultdict[object, list[Notice]] = defaultdict(list)
        for notice in mine:
            told = notice.notification
            by_request[told.request_id or told.occasion].append(notice)
        room, free_at = _room(mine[0])
        if any(notice.is_digest for notice in mine) or 0 < room < len(by_request):
            batches.append(mine)
        elif room > 0:
            batches += by_request.values()
        else:
            _claimed(mine).update(is_digest=True, due_at=free_at, claim_token="")
    return batches


def _room(notice: Notice) -> tuple[int, datetime]:
    """Return how many messages the person may get now, and when the next one."""
    hour = timedelta(hours=1)
    sent = Notice.objects.filter(
        user=notice.user_id,
        channel=notice.channel,
        status=Notice.Status.SENT,
        settled_at__gt=timezone.now() - hour,
    ).aggregate(count=Count("message_id", distinct=True), first=Min("settled_at"))
    first: datetime = sent["first"] or timezone.now()
    return MOST_AN_HOUR - sent["count"], first + hour


def _wanted(notices: Sequence[Notice]) -> list[Notice]:
    """Return the notices that still make sense, and settle the others."""
    wanted = [notice for notice in notices if _is_wanted(notice)]
    kept = {notice.pk for notice in wanted}
    if needless := [notice for notice in notices if notice.pk not in kept]:
        _claimed(needless).update(
            status=Notice.Status.NEEDLESS, settled_at=timezone.now()
        )
    return wanted


def _is_wanted(notice: Notice) -> bool:
    """May the person still know, do they want to, and is there still a reason?"""
    told, user = notice.notification, notice.user
    if not _may_know(told, user) or not _is_on(user, notice.channel):
        return False
    return not told.lapses or told.request is None or _still_asks(told, told.request)


def _may_know(told: Notification, user: User) -> bool:
    """May the person still see what it is about?"""
    if told.reason == Notification.Reason.WEBHOOK:
        return user.is_active and may_manage_webhooks(user, told.model)
    return told.model is not None and permissions.may_read(user, told.model)


def _still_asks(told: Notification, request: TransitionRequest) -> bool:
    """Is the request open, and has the person not reviewed it since they were told?"""
    reviews = request.reviews.filter(reviewer=told.user_id)
    return (
        request.is_open and not reviews.filter(created_at__gte=told.created_at).exists()
    )


def _is_on(user: User, channel: str) -> bool:
    wishes = getattr(user, "notification_preference", NotificationPreference())
    if channel == Channel.CHAT:
        return wishes.is_chat_on
    return can_be_mailed(user) and wishes.mail != NotificationPreference.Mail.NEVER


def _send(channel: Channel, batches: Sequence[list[Notice]]) -> int:
    """Send a message a batch and record each as soon as it is known what came of it."""
    send = send_mail if channel == Channel.MAIL else send_chat
    letters = [(batch[0].user, letter_of(batch)) for batch in batches]
    sent = 0
    start_before = time.monotonic() + START_WITHIN_SECONDS
    for index, outcome in send(letters, start_before=start_before):
        record_outcome(batches[index], letters[index][1].message_id, outcome)
        sent += outcome == Outcome()
    return sent


def record_outcome(
    batch: Sequence[Notice], message_id: str, outcome: Outcome | None
) -> None:
    """Write what came of a message, unless the claim was lost meanwhile.

    Args:
        batch: the notices in it, as they were claimed.
        message_id: of the message.
        outcome: None: it was not sent, and is due again in a minute.
    """
    now = timezone.now()
    mine = _claimed(batch)
    if outcome is None:
        mine.update(due_at=now + WAITS[0], claim_token="")
        return
    attempts = {"attempt_count": F("attempt_count") + 1, "error": outcome.error}
    first = batch[0]
    what = f"channel={first.channel} user={first.user_id} notices={len(batch)}"
    if not outcome.error:
        mine.update(
            status=Notice.Status.SENT, settled_at=now, message_id=message_id, **attempts
        )
        logger.info("notices sent %s", what)
        return
    # Each has its own eight attempts, whatever it went out with.
    for tried in sorted({notice.attempt_count for notice in batch}):
        alike = mine.filter(attempt_count=tried)
        if outcome.is_final or tried >= len(WAITS):
            alike.update(status=Notice.Status.FAILED, settled_at=now, **attempts)
            logger.error("notices failed %s error=%s", what, outcome.error)
        else:
            alike.update(due_at=now + WAITS[tried], claim_token="", **attempts)
            logger.warning("notices postponed %s error=%s", what, outcome.error)


def _claimed(notices: Sequence[Notice]) -> QuerySet[Notice]:
    """Return the rows as far as they are still this worker's."""
    return Notice.objects.pending().filter(
        pk__in=[notice.pk for notice in notices], claim_token=notices[0].claim_token
    )
