"""Putting notices into the outbox, in the transaction of what they tell of."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from registry_ui.models import Notification
from webhooks_ui.models import Channel, Notice, NotificationPreference
from webhooks_ui.models.notices import DIGEST_HOUR

_Mail = NotificationPreference.Mail
_REMINDER = Notification.Reason.REMINDER


def queue_notices(notifications: Iterable[Notification]) -> int:
    """Store a notice for each channel through which a person wants to be told.

    Returns:
        How many were stored.
    """
    notifications = list(notifications)
    people = {one.user_id for one in notifications}
    preferences = NotificationPreference.objects.in_bulk(people)
    now = timezone.now()
    notices = []
    for one in notifications:
        wishes = preferences.get(one.user_id) or NotificationPreference(user=one.user)
        if one.reason in wishes.muted:
            continue
        if wishes.mail != _Mail.NEVER and can_be_mailed(one.user):
            waits = wishes.mail == _Mail.DAILY and one.reason != _REMINDER
            due = next_digest(now) if waits else now
            notices.append(_notice(one, Channel.MAIL, due, is_digest=waits))
        if wishes.is_chat_on:
            notices.append(_notice(one, Channel.CHAT, now))
    Notice.objects.bulk_create(notices)
    return len(notices)


def can_be_mailed(user: User) -> bool:
    """Is there a mail server, and an address of the person's?"""
    return settings.HAS_MAIL_SERVER and bool(user.email)


def next_digest(now: datetime) -> datetime:
    """Return when the next daily mail goes out."""
    today = now.astimezone(UTC).replace(
        hour=DIGEST_HOUR, minute=0, second=0, microsecond=0
    )
    return today if today > now else today + timedelta(days=1)


def reschedule_mail(user: User, mail: str, *, now: datetime) -> None:
    """Let what waits to be mailed to a person follow a new wish."""
    waiting = Notice.objects.waiting(user, Channel.MAIL)
    if mail == _Mail.NEVER:
        drop(user, Channel.MAIL, now=now)
    elif mail == _Mail.DAILY:
        reminders = Notification.objects.filter(user=user, reason=_REMINDER)
        waiting.exclude(notification__in=reminders).update(
            is_digest=True, due_at=next_digest(now)
        )
    else:
        waiting.filter(is_digest=True).update(due_at=now)


def drop(user: User, channel: Channel, *, now: datetime) -> None:
    """Send nothing of what waits for a person."""
    Notice.objects.waiting(user, channel).update(
        status=Notice.Status.NEEDLESS, settled_at=now
    )


def _notice(
    notification: Notification,
    channel: Channel,
    due_at: datetime,
    *,
    is_digest: bool = False,
) -> Notice:
    return Notice(
        notification=notification,
        user=notification.user,
        channel=channel,
        due_at=due_at,
        is_digest=is_digest,
    )
