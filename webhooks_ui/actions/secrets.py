"""Rotating the signing secret of a webhook: a new one beside the old, for a while."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.events import EventType, record_event
from webhooks_ui import permissions
from webhooks_ui.actions.webhooks import check_text
from webhooks_ui.models import Webhook, WebhookSecret
from webhooks_ui.models.secrets import MOST_IN_FORCE
from webhooks_ui.signing import generate_secret

DEFAULT_GRACE = timedelta(hours=24)
LONGEST_GRACE = timedelta(days=30)


@transaction.atomic
def rotate_secret(
    webhook: Webhook,
    *,
    actor: User,
    grace: timedelta = DEFAULT_GRACE,
    secret: str | None = None,
    seen: int | None = None,
) -> str:
    """Sign with a new secret from now on, and with the old ones until the grace ends.

    An old one that ends earlier anyway still does.

    Args:
        webhook: read again here under a row lock.
        actor: who rotates.
        grace: how long the old ones still sign, up to 30 days; 0 stops them now.
        secret: the new one; generated if not given.
        seen: the newest secret (its pk) on the page that this was asked from; 0 where
            there was none. A form that is sent twice then rotates once.

    Returns:
        The new secret, to be shown once: what is stored is encrypted.

    Raises:
        PermissionDenied: the actor may not manage the webhook.
        InvalidFieldError: the grace or the secret will not do.
        ActionError: too many are in force, or it was rotated since it was seen.
    """
    if not permissions.may_manage_webhooks(actor, webhook.model):
        raise PermissionDenied
    if not timedelta(0) <= grace <= LONGEST_GRACE:
        raise InvalidFieldError("grace", "The grace may be 0 seconds to 30 days.")
    if secret is not None:
        _check_secret(secret)
    webhook = Webhook.objects.locked(webhook.pk)
    if webhook.is_job:
        raise ActionError(
            "A webhook that starts a job has no secret: the workspace trusts its access"
            " token."
        )
    now = timezone.now()
    old = list(WebhookSecret.objects.filter(webhook=webhook).in_force(now))
    if seen is not None and seen != (old[0].pk if old else 0):
        raise ActionError(
            "The secret was rotated since you opened this page. The list below is"
            " up to date; rotate again if you still want to."
        )
    if grace and len(old) >= MOST_IN_FORCE:
        raise ActionError(_too_many(old))
    for one in old:
        one.expires_at = min(one.expires_at or now + grace, now + grace)
        one.save(update_fields=["expires_at"])
    plain = secret or generate_secret()
    WebhookSecret.objects.add(webhook, plain, by=actor)
    webhook.save(update_fields=["updated_at"])
    record_event(
        EventType.WEBHOOK_SECRET_ROTATED,
        actor=actor,
        model=webhook.model,
        webhook=webhook.pk,
        receiver=webhook.receiver_label,
        events=webhook.events,
        grace_seconds=round(grace.total_seconds()),
        in_force=1 + (len(old) if grace else 0),
    )
    return plain


@transaction.atomic
def expire_secret(secret: WebhookSecret, *, actor: User) -> None:
    """Let an old secret sign nothing from now on.

    Raises:
        PermissionDenied: the actor may not manage its webhook.
        ActionError: it is the newest, or it has expired already.
    """
    if not permissions.may_manage_webhooks(actor, secret.webhook.model):
        raise PermissionDenied
    webhook = Webhook.objects.locked(secret.webhook_id)
    now = timezone.now()
    in_force = list(WebhookSecret.objects.filter(webhook=webhook).in_force(now))
    if secret not in in_force:
        raise ActionError("This secret signs nothing any more.")
    if secret == in_force[0]:
        raise ActionError(
            "This is the newest secret. Rotate it with no grace to stop it now."
        )
    secret.expires_at = now
    secret.save(update_fields=["expires_at"])
    record_event(
        EventType.WEBHOOK_SECRET_EXPIRED,
        actor=actor,
        model=webhook.model,
        webhook=webhook.pk,
        receiver=webhook.receiver_label,
        events=webhook.events,
        in_force=len(in_force) - 1,
        created_at=secret.created_at.isoformat(),
    )


def frees_up_at(in_force: list[WebhookSecret]) -> datetime | None:
    """Return when the next of these secrets ends; None where none has an end."""
    ends = [secret.expires_at for secret in in_force if secret.expires_at]
    return min(ends, default=None)


def _check_secret(text: str) -> None:
    if not text:
        raise InvalidFieldError("secret", "Give a secret, or leave it to Signoff.")
    check_text("secret", text)


def _too_many(in_force: list[WebhookSecret]) -> str:
    """Say how many are in force, and when or how the next may come."""
    text = f"{len(in_force)} secrets are in force, which is the most there may be."
    end = frees_up_at(in_force)
    if end is not None:
        text += f" The next one ends on {end:%Y-%m-%d at %H:%M:%S} UTC."
    return f"{text} Stop an old one, or rotate with no grace."
