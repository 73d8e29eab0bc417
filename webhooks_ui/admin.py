"""Webhooks, deliveries and notices in the admin panel; credentials are never shown.

No field is changed here. What a list offers to do with rows is done by the actions
that the pages use, one row after the other: with their permissions, rules and records.
"""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from registry_ui.errors import ActionError
from registry_ui.views.getters import signed_in
from webhooks_ui.actions.redeliver import redeliver
from webhooks_ui.actions.testing import send_test
from webhooks_ui.actions.webhooks import set_webhook_status
from webhooks_ui.models import Delivery, DeliveryAttempt, Notice, Webhook

_Row = TypeVar("_Row", bound=Model)

MOST_AT_ONCE = 1000
"""Rows that a page may change while somebody waits."""

MOST_TESTS = 5
"""Each test may take ten seconds, and somebody waits for all of them."""


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # of any model
    """Shows rows; an administrator acts on the pages that a row links to."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is made here."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: object | None = None
    ) -> bool:
        """Nothing is changed here."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: object | None = None
    ) -> bool:
        """Nothing is deleted here."""
        return False


class AttemptInline(admin.TabularInline):  # type: ignore[type-arg] # no generics at run time
    """The attempts of a delivery."""

    model = DeliveryAttempt
    fields = ("number", "trigger", "started_at", "duration_ms", "status_code", "error")
    readonly_fields = fields
    ordering = ["-number"]
    can_delete = False
    extra = 0

    def has_add_permission(
        self, request: HttpRequest, obj: object | None = None
    ) -> bool:
        """Attempts are made by the sender."""
        return False


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """All webhooks, to search."""

    actions = ["activate", "disable", "test"]
    list_display = [
        "scope",
        "receiver",
        "description",
        "status",
        "failing_since",
        "paused_at",
    ]
    list_display_links = ["scope", "receiver"]
    list_filter = [
        "status",
        "kind",
        ("failing_since", admin.EmptyFieldListFilter),
        ("paused_at", admin.EmptyFieldListFilter),
        ("model", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["model"]
    search_fields = [
        "id",
        "url",
        "job_id",
        "workspace_url",
        "description",
        "model__name",
    ]
    fields = [
        "id",
        "kind",
        "model",
        "url",
        "events",
        "payload_format",
        "description",
        "status",
        "disabled_reason",
        "enable_ssl_verification",
        "has_secret",
        "has_authorization",
        "job_id",
        "workspace_url",
        "has_access_token",
        "parameter_form",
        "parameter_form_read_at",
        "failing_since",
        "held_until",
        "held_reason",
        "paused_at",
        "pause_reason",
        "in_order",
        "max_per_minute",
        "created_by",
        "created_at",
        "updated_at",
    ]

    @admin.display(description="Hears of", ordering="model__name")
    def scope(self, webhook: Webhook) -> str:
        """Name the model, or say that it hears of all."""
        return webhook.scope_label

    def receiver(self, webhook: Webhook) -> str:
        """Name the host, or the job and its workspace."""
        return webhook.receiver_label

    @admin.action(description="Activate")
    def activate(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        """Activate the selected webhooks."""

        def act(webhook: Webhook, actor: User) -> str:
            set_webhook_status(webhook, Webhook.Status.ACTIVE, actor=actor)
            return "are active"

        _do_with_each(request, webhooks, act)

    @admin.action(description="Disable")
    def disable(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        """Disable the selected webhooks."""

        def act(webhook: Webhook, actor: User) -> str:
            set_webhook_status(webhook, Webhook.Status.DISABLED, actor=actor)
            return "are disabled"

        _do_with_each(request, webhooks, act)

    @admin.action(description="Send a test")
    def test(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        """Send the selected webhooks an invented event each, of their first event."""

        def act(webhook: Webhook, actor: User) -> str:
            attempt = send_test(webhook, actor=actor)
            if attempt.has_succeeded:
                return "took the test"
            raise ActionError(attempt.error or f"HTTP {attempt.status_code}.")

        _do_with_each(request, webhooks, act, most=MOST_TESTS)

    @admin.display(boolean=True, description="Secret set")
    def has_secret(self, webhook: Webhook) -> bool:
        """Say that a secret is there, not which."""
        return webhook.has_secret

    @admin.display(boolean=True, description="Authorization set")
    def has_authorization(self, webhook: Webhook) -> bool:
        """Say that the header is there, not what it holds."""
        return webhook.has_authorization

    @admin.display(boolean=True, description="Access token set")
    def has_access_token(self, webhook: Webhook) -> bool:
        """Say that the token is there, not which."""
        return bool(webhook.encrypted_access_token)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """All that people are told by mail and chat: what is not sent, and why."""

    list_display = [
        "id",
        "user",
        "channel",
        "notification",
        "status",
        "due_at",
        "error",
    ]
    list_filter = ["status", "channel"]
    list_select_related = ["user", "notification__user"]
    search_fields = ["user__username", "message_id"]
    fields = [
        "user",
        "channel",
        "notification",
        "status",
        "is_digest",
        "attempt_count",
        "error",
        "due_at",
        "settled_at",
        "message_id",
    ]
    show_full_result_count = False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """All deliveries, to search."""

    actions = ["send_again"]
    list_display = [
        "event_name",
        "webhook",
        "status",
        "attempt_count",
        "created_at",
        "id",
    ]
    list_filter = ["status", "event_name", "created_at"]
    list_select_related = ["webhook__model"]
    search_fields = [
        "id",
        "webhook__id",
        "webhook__url",
        "webhook__job_id",
        "webhook__model__name",
    ]
    fields = [
        "id",
        "webhook",
        "event_name",
        "event",
        "payload_format",
        "status",
        "attempt_count",
        "next_trigger",
        "redelivered_by",
        "due_at",
        "leased_until",
        "created_at",
        "settled_at",
        "given_up_reason",
        "payload_text",
    ]
    show_full_result_count = False
    list_per_page = 50
    inlines = [AttemptInline]

    @admin.action(description="Redeliver")
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        """Have the selected deliveries sent again."""

        def act(delivery: Delivery, actor: User) -> str:
            redeliver(delivery, actor=actor)
            return "are sent again"

        _do_with_each(request, deliveries, act)

    @admin.display(description="Payload")
    def payload_text(self, delivery: Delivery) -> str:
        """Return the bytes that were sent, as text."""
        return delivery.body.decode()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Leave payloads out of lists."""
        queryset: QuerySet[Delivery] = super().get_queryset(request)
        return queryset.defer("payload")


def _do_with_each(
    request: HttpRequest,
    rows: QuerySet[_Row],
    act: Callable[[_Row, User], str],
    *,
    most: int = MOST_AT_ONCE,
) -> None:
    """Act on each row and say how many worked, and why others did not.

    Args:
        request: of an administrator.
        rows: those that are selected.
        act: returns what the rows it worked for are now.
        most: with more rows than that, nothing is done.
    """
    total = rows.count()
    if total > most:
        text = f"Nothing was done: at most {most:,} can be selected at a time."
        messages.error(request, text)
        return
    actor = signed_in(request)
    worked: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for row in rows:
        try:
            worked[act(row, actor)] += 1
        except ActionError as error:
            failed[str(error)] += 1
        except PermissionDenied:
            failed["You may not do that with it."] += 1
    for words, count in worked.items():
        messages.success(request, f"{count:,} of {total:,} {words}.")
    for reason, count in failed.items():
        messages.error(request, f"{count:,} not: {reason}")
