"""The webhooks' addresses, below `/webhooks/`."""

from django.urls import path

from webhooks_ui.views import deliveries, webhooks

app_name = "webhooks_ui"

urlpatterns = [
    path("", webhooks.webhook_list, name="webhook_list"),
    path("new/", webhooks.webhook_create, name="webhook_create"),
    path("<str:webhook_id>/", webhooks.webhook_detail, name="webhook_detail"),
    path("<str:webhook_id>/edit/", webhooks.webhook_update, name="webhook_update"),
    path("<str:webhook_id>/test/", webhooks.webhook_test, name="webhook_test"),
    path("<str:webhook_id>/status/", webhooks.webhook_status, name="webhook_status"),
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
]
