"""The addresses of the webhooks, and of how people are told."""

from django.urls import include, path

from webhooks_ui.views import deliveries, notifications, webhooks

app_name = "webhooks_ui"

_webhooks = [
    path("", webhooks.webhook_list, name="webhook_list"),
    path("new/", webhooks.webhook_create, name="webhook_create"),
    path("<str:webhook_id>/", webhooks.webhook_detail, name="webhook_detail"),
    path("<str:webhook_id>/edit/", webhooks.webhook_update, name="webhook_update"),
    path("<str:webhook_id>/test/", webhooks.webhook_test, name="webhook_test"),
    path("<str:webhook_id>/status/", webhooks.webhook_status, name="webhook_status"),
    path("<str:webhook_id>/resume/", webhooks.webhook_resume, name="webhook_resume"),
    path("<str:webhook_id>/delete/", webhooks.webhook_delete, name="webhook_delete"),
    path(
        "<str:webhook_id>/deliveries/", deliveries.delivery_list, name="delivery_list"
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

urlpatterns = [
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
