"""How a person wants to be told. A matter of their own: it is not on record."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.models import Notification
from webhooks_ui.actions.chat import send_chat
from webhooks_ui.actions.letters import letter_of_test
from webhooks_ui.actions.mail import send_mail
from webhooks_ui.actions.notices import drop, reschedule_mail
from webhooks_ui.actions.testing import use_a_test
from webhooks_ui.errors import UrlRefusedError
from webhooks_ui.http_client import check_destination
from webhooks_ui.models import Channel, NotificationPreference
from webhooks_ui.models.notices import CHAT_URL_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person says of how to be told.

    `chat_url`: None leaves what is stored, an empty text removes it.
    """

    mail: str
    muted: Sequence[str] = ()
    is_chat_on: bool = False
    chat_url: str | None = field(default=None, repr=False)


def change_preferences(wishes: Wishes, *, actor: User) -> NotificationPreference:
    """Store how the actor wants to be told; what waits for them follows.

    Raises:
        InvalidFieldError: a field will not do; for the address, it must not be called.
    """
    _check(wishes)
    now = timezone.now()
    with transaction.atomic():
        held = _locked(actor)
        was = held.mail
        held.mail = wishes.mail
        held.muted = list(wishes.muted)
        held.is_chat_on = wishes.is_chat_on
        if wishes.chat_url is not None:
            held.chat_url = wishes.chat_url
        if held.is_chat_on and not held.encrypted_chat_url:
            raise InvalidFieldError(
                "chat_url", "Give the address of your chat, or turn it off."
            )
        held.save()
        if held.mail != was:
            reschedule_mail(actor, held.mail, now=now)
        if not held.is_chat_on:
            drop(actor, Channel.CHAT, now=now)
    return held


@transaction.atomic
def stop_mail(user: User) -> None:
    """Send a person no more mail, what waits included; nothing else is changed."""
    held = _locked(user)
    held.mail = NotificationPreference.Mail.NEVER
    held.save(update_fields=["mail"])
    drop(user, Channel.MAIL, now=timezone.now())


def send_test(channel: Channel, *, actor: User) -> None:
    """Send the actor a test now, while they wait; nothing is stored.

    Raises:
        ActionError: it was not sent; the text says why.
        LimitExceededError: the actor sent too many, be it of webhooks, within a minute.
    """
    held = preferences_of(actor)
    if channel == Channel.MAIL and not settings.HAS_MAIL_SERVER:
        raise ActionError(
            "No mail server is configured; an operator names one with EMAIL_URL."
        )
    if channel == Channel.MAIL and not actor.email:
        raise ActionError(
            "Your account has no mail address; an administrator can add one."
        )
    if channel == Channel.CHAT and not held.encrypted_chat_url:
        raise ActionError("Store the address of your chat first.")
    use_a_test(actor, timezone.now())
    send = send_mail if channel == Channel.MAIL else send_chat
    for _, outcome in send([(actor, letter_of_test())]):
        if outcome and outcome.error:
            raise ActionError(f"The test was not sent. {outcome.error}")


def preferences_of(user: User) -> NotificationPreference:
    """Return how a person wants to be told: what is stored, else the defaults."""
    stored = NotificationPreference.objects.filter(user=user).first()
    return stored or NotificationPreference(user=user)


def _locked(user: User) -> NotificationPreference:
    NotificationPreference.objects.get_or_create(user=user)
    return NotificationPreference.objects.select_for_update().get(user=user)


def _check(wishes: Wishes) -> None:
    if wishes.mail not in NotificationPreference.Mail.values:
        raise InvalidFieldError("mail", f"There is no choice {wishes.mail!r}.")
    if unknown := set(wishes.muted) - set(Notification.Reason.values):
        raise InvalidFieldError("reasons", f"There is no reason {min(unknown)!r}.")
    if not wishes.chat_url:
        return
    if len(wishes.chat_url) > CHAT_URL_LENGTH:
        raise InvalidFieldError(
            "chat_url", f"An address has at most {CHAT_URL_LENGTH:,} characters."
        )
    try:
        check_destination(wishes.chat_url)
    except UrlRefusedError as error:
        raise InvalidFieldError("chat_url", str(error)) from error
