"""The addresses of the webhooks, and of how people are told."""

from django.urls import include, path

from registry_ui.api.dialect.operations import PREFIX, PREVIEW_PREFIX, addresses
from webhooks_ui.api.registry_webhooks import OPERATIONS
from webhooks_ui.views import (
    checks,
    deliveries,
    events,
    health,
    notifications,
    receivers,
    redelivery,
    secrets,
    webhooks,
)

app_name = "webhooks_ui"

_webhooks = [
    path("", webhooks.webhook_list, name="webhook_list"),
    # No id of a webhook is `events`.
    path("events/", events.webhook_events, name="webhook_events"),
    path(
        "events/<str:event_name>/schema.json",
        events.webhook_event_schema,
        name="webhook_event_schema",
    ),
    path("new/", webhooks.webhook_create, name="webhook_create"),
    path("receivers/", receivers.webhook_receivers, name="webhook_receivers"),
    path("check/", checks.webhook_check, name="webhook_check"),
    path("<str:webhook_id>/", webhooks.webhook_detail, name="webhook_detail"),
    path("<str:webhook_id>/edit/", webhooks.webhook_update, name="webhook_update"),
    path("<str:webhook_id>/test/", webhooks.webhook_test, name="webhook_test"),
    path("<str:webhook_id>/status/", webhooks.webhook_status, name="webhook_status"),
    path("<str:webhook_id>/resume/", webhooks.webhook_resume, name="webhook_resume"),
    path("<str:webhook_id>/secret/", secrets.webhook_secret, name="webhook_secret"),
    path(
        "<str:webhook_id>/secret/<int:pk>/expire/",
        secrets.webhook_secret_expire,
        name="webhook_secret_expire",
    ),
    path("<str:webhook_id>/delete/", webhooks.webhook_delete, name="webhook_delete"),
    path("<str:webhook_id>/health/", health.webhook_health, name="webhook_health"),
    path(
        "<str:webhook_id>/deliveries/", deliveries.delivery_list, name="delivery_list"
    ),
    path(
        "<str:webhook_id>/deliveries/redeliver/",
        redelivery.delivery_redeliver_many,
        name="delivery_redeliver_many",
    ),
    path(
        "<str:webhook_id>/deliveries/<str:delivery_id>/",
        deliveries.delivery_detail,
        name="delivery_detail",
    ),
    path(
        "<str:webhook_id>/deliveries/<str:delivery_id>/redeliver/",
        deliveries.delivery_redeliver,
        name="delivery_redeliver",
    ),
    path(
        "<str:webhook_id>/deliveries/<str:delivery_id>/skip/",
        deliveries.delivery_skip,
        name="delivery_skip",
    ),
]

_dialect = addresses(*OPERATIONS)

urlpatterns = [
    path(PREFIX, include((_dialect, "databricks"))),
    path(
        PREVIEW_PREFIX,
        include((_dialect, "databricks_preview")),
        {"is_preview": True},
    ),
    path("webhooks/", include(_webhooks)),
    path(
        "account/notifications/",
        notifications.notification_preferences,
        name="notification_preferences",
    ),
    path(
        "account/notifications/test/<str:channel>/",
        notifications.notification_test,
        name="notification_test",
    ),
    path(
        "unsubscribe/<str:token>/",
        notifications.notification_unsubscribe,
        name="notification_unsubscribe",
    ),
]
