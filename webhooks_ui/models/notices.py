"""Telling people: how each wants to be told, and what is to be sent to whom.

A notice is written in the transaction of the event, like a delivery. `due_at` says when
it may be sent; a worker that claims a notice moves `due_at` behind its lease.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.urls import reverse

from registry_ui.models import Notification
from registry_ui.models.encryption import decrypt, encrypt

if TYPE_CHECKING:
    from datetime import datetime

CHAT_URL_LENGTH = 1000
DIGEST_HOUR = 7
"""Of the day, UTC: when daily mail goes out."""

MOST_AN_HOUR = 20
"""Messages to one person through one channel; more are held for one digest."""


class Channel(models.TextChoices):
    """A way to reach somebody."""

    MAIL = "mail", "Mail"
    CHAT = "chat", "Chat"


class NotificationPreference(models.Model):
    """How one person wants to be told; who has no row has the defaults."""

    class Mail(models.TextChoices):
        AT_ONCE = "at_once", "At once"
        DAILY = "daily", "Once a day"
        NEVER = "never", "Never"

    user = models.OneToOneField(
        User,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="notification_preference",
    )
    mail = models.CharField(max_length=8, choices=Mail.choices, default=Mail.AT_ONCE)
    muted = models.JSONField(
        default=list, help_text="Reasons for which the person is not told."
    )
    is_chat_on = models.BooleanField(default=False)
    encrypted_chat_url = models.TextField(blank=True, default="", editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_chat_on=False) | ~Q(encrypted_chat_url=""),
                name="chat_that_is_on_has_an_address",
            )
        ]

    def __str__(self) -> str:
        """Return whose they are."""
        return f"preferences of {self.user}"

    def get_absolute_url(self) -> str:
        """Return the address of its page, which shows each person their own."""
        return reverse("webhooks_ui:notification_preferences")

    @property
    def chat_url(self) -> str:
        """Return the address of the person's chat; empty where none is set.

        Raises:
            CredentialUnreadableError: the key it was encrypted with is gone.
        """
        stored = self.encrypted_chat_url
        return decrypt(stored, place=self._place) if stored else ""

    @chat_url.setter
    def chat_url(self, plain: str) -> None:
        self.encrypted_chat_url = encrypt(plain, place=self._place) if plain else ""

    @property
    def _place(self) -> str:
        return f"notification_preference:{self.pk}:chat_url"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Finds notices."""

    def pending(self) -> NoticeQuerySet:
        """Keep what is still to be sent, or to be sent again."""
        return self.filter(status=Notice.Status.PENDING)

    def waiting(self, user: User, channel: str) -> NoticeQuerySet:
        """Keep what is to be sent to a person, and not on its way just now."""
        return self.pending().filter(user=user, channel=channel, claim_token="")

    def in_flight(self, channel: str, now: datetime) -> NoticeQuerySet:
        """Keep what a worker is sending through a channel just now."""
        return (
            self.pending()
            .filter(channel=channel, due_at__gt=now)
            .exclude(claim_token="")
        )

    def due(self, channel: str, now: datetime) -> NoticeQuerySet:
        """Keep what may be sent through a channel now."""
        return self.pending().filter(channel=channel, due_at__lte=now)


class Notice(models.Model):
    """One notification to be sent through one channel."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        NEEDLESS = "needless", "Needless"

    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, related_name="notices"
    )
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="notices",
        help_text="The notification's; what waits for one person is sent together.",
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    is_digest = models.BooleanField(
        default=False, help_text="Sent with all else that is held for the person."
    )
    status = models.CharField(
        max_length=8, choices=Status.choices, default=Status.PENDING
    )
    due_at = models.DateTimeField()
    claim_token = models.CharField(max_length=32, blank=True, default="")
    attempt_count = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(
        blank=True, default="", help_text="What went wrong last, in words; else empty."
    )
    message_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="Of the message it was sent in, which may hold several.",
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["notification", "channel"],
                name="one_notice_per_notification_and_channel",
            )
        ]
        indexes = [
            models.Index(
                fields=["channel", "due_at"],
                condition=Q(status="pending"),
                name="notice_due",
            ),
            models.Index(
                fields=["user", "channel", "settled_at"], name="notice_of_person"
            ),
        ]

    def __str__(self) -> str:
        """Return what goes to whom by which way."""
        return f"{self.notification} by {self.get_channel_display().lower()}"
