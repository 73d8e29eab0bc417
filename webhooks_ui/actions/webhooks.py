"""Creating, changing, activating, disabling and deleting a webhook."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.events import EventType, record_event
from registry_ui.models import RegisteredModel
from webhooks_ui import permissions
from webhooks_ui.http_client import check_destination
from webhooks_ui.models import EventName, Webhook, WebhookSecret
from webhooks_ui.models.webhooks import (
    CREDENTIAL_LENGTH,
    DESCRIPTION_LENGTH,
    REGISTRY_WIDE_ONLY,
    URL_LENGTH,
)

_STATUS_EVENTS = {
    Webhook.Status.ACTIVE: EventType.WEBHOOK_ACTIVATED,
    Webhook.Status.DISABLED: EventType.WEBHOOK_DISABLED,
    Webhook.Status.TEST_MODE: EventType.WEBHOOK_UPDATED,
}

_LENGTHS = {
    "url": URL_LENGTH,
    "description": DESCRIPTION_LENGTH,
    "secret": CREDENTIAL_LENGTH,
    "authorization": CREDENTIAL_LENGTH,
}
_CREDENTIALS = frozenset({"secret", "authorization"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookInput:
    """What a person says of a webhook.

    `secret` and `authorization`: None leaves what is stored, an empty text removes it.
    A new secret takes the place of all others at once; `rotate_secret` leaves them a
    time.
    """

    url: str
    events: Sequence[str]
    description: str = ""
    enable_ssl_verification: bool = True
    secret: str | None = None
    authorization: str | None = None


def create_webhook(
    given: WebhookInput,
    *,
    actor: User,
    model: RegisteredModel | None,
    status: str = Webhook.Status.ACTIVE,
) -> Webhook:
    """Store a new webhook of one model, or of the whole registry where model is None.

    Raises:
        PermissionDenied: the actor may not manage webhooks of this scope.
        InvalidFieldError: a field will not do; for the URL, it must not be called.
    """
    if not permissions.may_manage_webhooks(actor, model):
        raise PermissionDenied
    _check(given, model)
    if status not in Webhook.Status.values:
        raise InvalidFieldError("status", f"There is no status {status!r}.")
    check_destination(given.url)
    webhook = Webhook(model=model, status=status, created_by=actor)
    _fill(webhook, given)
    with transaction.atomic():
        webhook.save(force_insert=True)
        if given.secret:
            WebhookSecret.objects.add(webhook, given.secret, by=actor)
        _record(EventType.WEBHOOK_CREATED, webhook, actor, status=webhook.status)
    return webhook


def update_webhook(webhook: Webhook, given: WebhookInput, *, actor: User) -> Webhook:
    """Change a webhook; its scope and kind stay.

    Raises:
        PermissionDenied: the actor may not manage it.
        InvalidFieldError: a field will not do; for the URL, it must not be called.
    """
    if not permissions.may_manage_webhooks(actor, webhook.model):
        raise PermissionDenied
    _check(given, webhook.model)
    check_destination(given.url)
    with transaction.atomic():
        webhook = _locked(webhook)
        before = _told(webhook)
        changed = _fill(webhook, given)
        if given.secret is not None and "secret" in changed:
            WebhookSecret.objects.replace_all(webhook, given.secret, by=actor)
        if changed:
            webhook.save(update_fields=[*_columns(changed), "updated_at"])
            after = _told(webhook)
            _record(
                EventType.WEBHOOK_UPDATED,
                webhook,
                actor,
                changed=changed,
                before={name: before[name] for name in changed if name in before},
                after={name: after[name] for name in changed if name in after},
            )
    return webhook


@transaction.atomic
def set_webhook_status(webhook: Webhook, status: str, *, actor: User) -> Webhook:
    """Activate or disable a webhook, or put it into test mode.

    What waits to be sent stays and goes out once the webhook is active again.

    Raises:
        PermissionDenied: the actor may not manage it.
        ActionError: there is no such status.
    """
    if not permissions.may_manage_webhooks(actor, webhook.model):
        raise PermissionDenied
    if status not in Webhook.Status.values:
        raise ActionError(f"There is no status {status!r}.")
    webhook = _locked(webhook)
    if webhook.status == status:
        return webhook
    status_before = webhook.status
    webhook.status = status
    webhook.disabled_reason = ""
    webhook.failing_since = None
    webhook.save(
        update_fields=["status", "disabled_reason", "failing_since", "updated_at"]
    )
    _record(
        _STATUS_EVENTS[Webhook.Status(status)],
        webhook,
        actor,
        status=status,
        status_before=status_before,
    )
    return webhook


@transaction.atomic
def delete_webhook(webhook: Webhook, *, actor: User) -> None:
    """Delete a webhook with its deliveries; the audit log keeps that it existed.

    Raises:
        PermissionDenied: the actor may not manage it.
    """
    if not permissions.may_manage_webhooks(actor, webhook.model):
        raise PermissionDenied
    webhook = _locked(webhook)
    _record(EventType.WEBHOOK_DELETED, webhook, actor)
    webhook.delete()


def disable_gone(webhook: Webhook) -> None:
    """Disable a webhook whose receiver is gone; in the caller's transaction.

    Source: Standard Webhooks 1.0: a receiver answers 410 to be called no more.
    """
    webhook = _locked(webhook)
    if not webhook.is_active:
        return
    webhook.status = Webhook.Status.DISABLED
    webhook.disabled_reason = "The receiver answered 410 Gone: it wants no more calls."
    webhook.save(update_fields=["status", "disabled_reason", "updated_at"])
    _record(EventType.WEBHOOK_DISABLED, webhook, None, reason=webhook.disabled_reason)


def _locked(webhook: Webhook) -> Webhook:
    """Read the webhook again under a row lock; the caller's copy may be stale."""
    return Webhook.objects.locked(webhook.pk)


def _check(given: WebhookInput, model: RegisteredModel | None) -> None:
    """Refuse what cannot be stored or would never be called.

    Raises:
        InvalidFieldError: the first field that will not do.
    """
    if not given.events:
        raise InvalidFieldError("events", "Choose at least one event.")
    if unknown := sorted(set(given.events) - set(EventName.values)):
        raise InvalidFieldError("events", f"There is no event {unknown[0]!r}.")
    if model and (unheard := REGISTRY_WIDE_ONLY & set(given.events)):
        raise InvalidFieldError(
            "events", f"{min(unheard)} is told to registry-wide webhooks only."
        )
    for field, text in (
        ("url", given.url),
        ("description", given.description),
        ("secret", given.secret or ""),
        ("authorization", given.authorization or ""),
    ):
        check_text(field, text)


def check_text(field: str, text: str) -> None:
    """Refuse a text that cannot be stored in the field, or would not be sent.

    Raises:
        InvalidFieldError: says what will not do.
    """
    most = _LENGTHS[field]
    if len(text) > most:
        raise InvalidFieldError(
            field, f"The {field} may have at most {most:,} characters."
        )
    # A line break would begin another header.
    is_plain = text.isascii() and (text.isprintable() or not text)
    if field in _CREDENTIALS and not is_plain:
        raise InvalidFieldError(
            field, f"The {field} may hold ASCII characters only, on one line."
        )


def _fill(webhook: Webhook, given: WebhookInput) -> list[str]:
    """Put what was given into the webhook; return the names of what differs."""
    events = [name.value for name in EventName if name in given.events]
    plain = {
        "url": given.url,
        "events": events,
        "description": given.description,
        "enable_ssl_verification": given.enable_ssl_verification,
    }
    changed = [name for name, new in plain.items() if getattr(webhook, name) != new]
    for name in changed:
        setattr(webhook, name, plain[name])
    if given.authorization is not None and (
        given.authorization or webhook.has_authorization
    ):
        webhook.authorization = given.authorization
        changed.append("authorization")
    if given.secret is not None and (given.secret or webhook.has_secret):
        changed.append("secret")  # stored by the caller, for it is rows of its own
    return changed


def _told(webhook: Webhook) -> dict[str, Any]:
    """Return what the record may tell of each field, before and after a change.

    Of the URL the host, for a path may hold a token; of credentials, whether they
    are set.
    """
    return {
        "url": webhook.host,
        "events": webhook.events,
        "description": webhook.description,
        "enable_ssl_verification": webhook.enable_ssl_verification,
        "authorization": webhook.has_authorization,
        "secret": webhook.has_secret,
    }


def _columns(changed: list[str]) -> list[str]:
    """Return which columns hold the fields; the secret is in a table of its own."""
    columns = {"authorization": "encrypted_authorization"}
    return [columns.get(name, name) for name in changed if name != "secret"]


def _record(
    event_type: EventType, webhook: Webhook, actor: User | None, **details: Any
) -> None:
    """Record an event about a webhook; only the host, for a path may hold a token."""
    record_event(
        event_type,
        actor=actor,
        model=webhook.model,
        webhook=webhook.pk,
        receiver=webhook.host,
        events=webhook.events,
        **details,
    )
