"""What the registry's pages and plans say about webhooks."""

from django.contrib.auth.models import User
from django.db.models import Count, Q

from registry_ui.events import EventType
from registry_ui.extensions import Panel
from registry_ui.models import RegisteredModel, TransitionRequest
from webhooks_ui import payloads
from webhooks_ui.models import Delivery, Webhook
from webhooks_ui.permissions import may_manage_webhooks

SHOWN_WEBHOOKS = 10


def overview_panel(user: User) -> Panel | None:
    """Return the health of deliveries, for who manages any webhook."""
    webhooks = Webhook.objects.manageable_by(user)
    health = webhooks.aggregate(
        active=Count("pk", filter=Q(status=Webhook.Status.ACTIVE)),
        failing=Count(
            "pk",
            filter=Q(status=Webhook.Status.ACTIVE, failing_since__isnull=False),
        ),
        stopped=Count(
            "pk",
            filter=Q(status=Webhook.Status.DISABLED) & ~Q(disabled_reason="")
            | Q(paused_at__isnull=False),
        ),
        total=Count("pk"),
    )
    if not health["total"]:
        return None
    waiting = Delivery.objects.pending().filter(
        webhook__in=webhooks.filter(status=Webhook.Status.ACTIVE)
    )
    troubled = webhooks.filter(
        Q(status=Webhook.Status.ACTIVE, failing_since__isnull=False)
        | Q(status=Webhook.Status.DISABLED) & ~Q(disabled_reason="")
        | Q(paused_at__isnull=False)
    ).select_related("model")
    return Panel(
        "webhooks_ui/_overview_panel.html",
        health
        | {
            "waiting": waiting.count(),
            "troubled": list(troubled[:SHOWN_WEBHOOKS]),
        },
    )


def model_panel(user: User, model: RegisteredModel) -> Panel | None:
    """Return the webhooks of one model, for who manages it."""
    if not may_manage_webhooks(user, model):
        return None
    webhooks = list(Webhook.objects.of_model(model)[: SHOWN_WEBHOOKS + 1])
    return Panel(
        "webhooks_ui/_model_panel.html",
        {
            "model": model,
            "webhooks": webhooks[:SHOWN_WEBHOOKS],
            "has_more": len(webhooks) > SHOWN_WEBHOOKS,
        },
    )


def plan_effect(user: User, request: TransitionRequest) -> str:
    """Return how many webhooks hear of the move, as a phrase; empty if none does."""
    model = request.version.model
    names = payloads.names_of(
        EventType.MODEL_VERSION_TRANSITIONED, {"to_stage": request.to_stage}
    )
    if not request.to_stage:
        return ""
    count = sum(
        any(webhook.wants(name) for name in names)
        for webhook in Webhook.objects.told_of(model.pk)
    )
    if not count:
        return ""
    return f"{count} webhook{'' if count == 1 else 's'} will be called"
