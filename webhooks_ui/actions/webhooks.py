"""Creating, changing, activating, disabling and deleting a webhook."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.events import EventType
from registry_ui.models import RegisteredModel
from webhooks_ui import permissions
from webhooks_ui.actions.owners import tell_owners
from webhooks_ui.actions.pausing import resume_webhook
from webhooks_ui.actions.records import record_about
from webhooks_ui.actions.webhook_fields import (
    RECEIVER_FIELDS,
    WebhookInput,
    check_input,
    columns_of,
    fill,
    of_its_kind,
    told,
)
from webhooks_ui.actions.webhook_kinds import check_receiver
from webhooks_ui.models import Webhook, WebhookSecret

_STATUS_EVENTS = {
    Webhook.Status.ACTIVE: EventType.WEBHOOK_ACTIVATED,
    Webhook.Status.DISABLED: EventType.WEBHOOK_DISABLED,
    Webhook.Status.TEST_MODE: EventType.WEBHOOK_UPDATED,
}


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
    given = of_its_kind(given)
    check_input(given, model)
    if status not in Webhook.Status.values:
        raise InvalidFieldError("status", f"There is no status {status!r}.")
    check_receiver(given.kind, url=given.url, workspace_url=given.workspace_url)
    webhook = Webhook(model=model, status=status, created_by=actor)
    fill(webhook, given)
    with transaction.atomic():
        webhook.save(force_insert=True)
        if given.secret:
            WebhookSecret.objects.add(webhook, given.secret, by=actor)
        record_about(EventType.WEBHOOK_CREATED, webhook, actor, status=webhook.status)
    return webhook


def update_webhook(webhook: Webhook, given: WebhookInput, *, actor: User) -> Webhook:
    """Change a webhook; its scope stays, and its kind becomes the given one.

    Raises:
        PermissionDenied: the actor may not manage it.
        InvalidFieldError: a field will not do; for the URL, it must not be called.
    """
    if not permissions.may_manage_webhooks(actor, webhook.model):
        raise PermissionDenied
    given = of_its_kind(given)
    check_input(given, webhook.model)
    check_receiver(given.kind, url=given.url, workspace_url=given.workspace_url)
    with transaction.atomic():
        webhook = _locked(webhook)
        before = told(webhook)
        changed = fill(webhook, given)
        if given.secret is not None and "secret" in changed:
            WebhookSecret.objects.replace_all(webhook, given.secret, by=actor)
        if changed:
            # Another receiver: what is known of the old one says nothing of it.
            is_new = not RECEIVER_FIELDS.isdisjoint(changed) and not webhook.is_paused
            health = webhook.start_afresh() if is_new else []
            webhook.save(update_fields=[*columns_of(changed), *health, "updated_at"])
            after = told(webhook)
            record_about(
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

    What waits to be sent stays and goes out once the webhook is active again. To
    activate one that is paused is to resume it.

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
        return resume_webhook(webhook, actor=actor) if webhook.is_paused else webhook
    status_before = webhook.status
    webhook.status = status
    webhook.disabled_reason = ""
    fields = webhook.start_afresh()
    webhook.save(update_fields=["status", "disabled_reason", *fields, "updated_at"])
    record_about(
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
    record_about(EventType.WEBHOOK_DELETED, webhook, actor)
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
    fields = webhook.start_afresh()
    webhook.save(update_fields=["status", "disabled_reason", *fields, "updated_at"])
    reason = webhook.disabled_reason
    tell_owners(
        webhook, record_about(EventType.WEBHOOK_DISABLED, webhook, None, reason=reason)
    )


def _locked(webhook: Webhook) -> Webhook:
    """Read the webhook again under a row lock; the caller's copy may be stale."""
    return Webhook.objects.locked(webhook.pk)
