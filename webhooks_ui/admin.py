"""Webhooks, deliveries and notices in the admin panel; credentials are never shown.

Changes go through the pages, whose actions check addresses and record who did what.
"""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from webhooks_ui.models import Delivery, DeliveryAttempt, Notice, Webhook


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

    list_display = [
        "description",
        "model",
        "host",
        "status",
        "failing_since",
        "paused_at",
    ]
    list_display_links = ["description", "host"]
    list_filter = ["status", "kind"]
    list_select_related = ["model"]
    search_fields = ["id", "url", "description", "model__name"]
    fields = [
        "id",
        "kind",
        "model",
        "url",
        "events",
        "description",
        "status",
        "disabled_reason",
        "enable_ssl_verification",
        "has_secret",
        "has_authorization",
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

    @admin.display(boolean=True, description="Secret set")
    def has_secret(self, webhook: Webhook) -> bool:
        """Say that a secret is there, not which."""
        return bool(webhook.encrypted_secret)

    @admin.display(boolean=True, description="Authorization set")
    def has_authorization(self, webhook: Webhook) -> bool:
        """Say that the header is there, not what it holds."""
        return bool(webhook.encrypted_authorization)


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

    list_display = ["id", "event_name", "webhook", "status", "attempt_count", "due_at"]
    list_filter = ["status", "event_name"]
    list_select_related = ["webhook__model"]
    search_fields = ["id", "webhook__id", "webhook__url"]
    fields = [
        "id",
        "webhook",
        "event_name",
        "event",
        "status",
        "attempt_count",
        "next_trigger",
        "due_at",
        "created_at",
        "settled_at",
        "given_up_reason",
        "payload_text",
    ]
    show_full_result_count = False
    inlines = [AttemptInline]

    @admin.display(description="Payload")
    def payload_text(self, delivery: Delivery) -> str:
        """Return the bytes that were sent, as text."""
        return delivery.body.decode()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Leave payloads out of lists."""
        queryset: QuerySet[Delivery] = super().get_queryset(request)
        return queryset.defer("payload")
