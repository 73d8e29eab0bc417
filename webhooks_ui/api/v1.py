"""Webhooks in our own API: what is told to whom, what came of it, sending it again.

They are created and changed by Databricks' calls: `registry_webhooks.py`.
"""

from datetime import datetime
from typing import Annotated, Any

from ninja import Path, Query, Router, Schema
from pydantic import Field

from registry_ui.api.authentication import ApiRequest, needs
from registry_ui.api.texts import Text
from registry_ui.api.v1.fields import MODEL, REFUSALS, absolute_url, examples, listed
from registry_ui.api.v1.idempotency import idempotent
from registry_ui.api.v1.lookups import visible_model_or_404
from registry_ui.api.v1.paging import PageOut, PageQuery, page_by
from registry_ui.api.v1.schemas import WHO
from registry_ui.models import Scope
from webhooks_ui.actions.redeliver import redeliver
from webhooks_ui.api.lookups import (
    manageable_delivery_or_404,
    manageable_webhook_or_404,
)
from webhooks_ui.models import Delivery, DeliveryAttempt, Trigger, Webhook
from webhooks_ui.models.event_names import EventName
from webhooks_ui.models.webhooks import PayloadFormat

router = Router(tags=["Webhooks"])
ONE = "/webhooks/{webhook_id}"
DELIVERIES = f"{ONE}/deliveries"
DELIVERY = f"{DELIVERIES}/{{delivery_id}}"
DeliveryStatus = Annotated[Delivery.Status, listed(Delivery.Status)]
WebhookStatus = Annotated[Webhook.Status, listed(Webhook.Status)]
UNPRINTABLE = "replace"
"""What becomes of bytes of a payload that are no UTF-8; ours always are."""


class WebhookPath(Schema):
    """Names a webhook."""

    webhook_id: Text = Field(description="Id of the webhook.")


class DeliveryPath(WebhookPath):
    """Names a delivery."""

    delivery_id: Text = Field(description="Id of the delivery.")


class WebhookFilter(PageQuery):
    """Which webhooks to list."""

    model: Text | None = Field(None, description=f"{MODEL} Of this model alone.")
    status: WebhookStatus | None = None


class DeliveryFilter(PageQuery):
    """Which deliveries to list."""

    status: DeliveryStatus | None = None
    event: EventName | None = None


class WebhookOut(Schema):
    """A webhook; credentials are never among it."""

    id: str
    model: str | None = Field(description="Null: it hears of all models.")
    kind: Annotated[Webhook.Kind, listed(Webhook.Kind)]
    receiver: str = Field(description="Host, or job and workspace.")
    url: str = Field(description="Empty for a job.")
    events: list[str]
    payload_format: PayloadFormat
    description: str
    status: WebhookStatus
    disabled_reason: str
    is_paused: bool
    pause_reason: str
    failing_since: datetime | None
    held_until: datetime | None = Field(
        description="Nothing is sent before, as its receiver fails; null: not held."
    )
    is_signed: bool
    created_by: str = Field(description=WHO)
    created_at: datetime
    updated_at: datetime
    page: str = Field(description="Its page, for people.")

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookOut":
        """Describe a webhook with its model, creator and secrets."""
        return cls(
            id=webhook.pk,
            model=webhook.model.name if webhook.model else None,
            kind=Webhook.Kind(webhook.kind),
            receiver=webhook.receiver_label,
            url=webhook.url,
            events=webhook.events,
            payload_format=PayloadFormat(webhook.payload_format),
            description=webhook.description,
            status=Webhook.Status(webhook.status),
            disabled_reason=webhook.disabled_reason,
            is_paused=webhook.is_paused,
            pause_reason=webhook.pause_reason,
            failing_since=webhook.failing_since,
            held_until=webhook.held_until if webhook.is_held else None,
            is_signed=webhook.has_secret,
            created_by=webhook.created_by.get_username(),
            created_at=webhook.created_at,
            updated_at=webhook.updated_at,
            page=absolute_url(webhook),
        )


class WebhookList(PageOut):
    """A page of webhooks, newest first."""

    webhooks: list[WebhookOut]


class DeliverySummary(Schema):
    """A delivery, as lists show it."""

    id: str = Field(description="What the receiver knows it by.")
    webhook: str = Field(description="Id of the webhook.")
    event: str
    position: int | None = Field(
        description="Of the audit event that it tells of; null: a test."
    )
    status: DeliveryStatus
    attempt_count: int
    created_at: datetime
    settled_at: datetime | None = Field(description="Null while it is still sent.")
    next_try_at: datetime | None = Field(
        description="Earliest moment of the next attempt; null where none is known."
    )
    given_up_reason: str = Field(
        description="Why it failed other than by an answer; else empty."
    )
    redelivered_by: str = Field(description="User name; empty: nobody sent it again.")


class DeliveryOut(DeliverySummary):
    """A delivery with what is sent."""

    model_config = examples(
        {
            "id": "019b8f0e6c2a7d3f8a9b0c1d2e3f4a5b",
            "webhook": "4f1e0c7a6b5d4e3f8a9b0c1d2e3f4a5b",
            "event": "TRANSITION_REQUEST_CREATED",
            "position": 812,
            "status": "failed",
            "attempt_count": 8,
            "created_at": "2026-01-05T09:00:00Z",
            "settled_at": "2026-01-06T12:00:00Z",
            "next_try_at": None,
            "given_up_reason": "",
            "redelivered_by": "",
            "payload_format": "databricks",
            "payload": '{"event": "TRANSITION_REQUEST_CREATED"}',
        }
    )

    payload_format: PayloadFormat
    payload: str = Field(description="The text that each attempt sends.")


class DeliveryList(PageOut):
    """A page of deliveries, newest first."""

    deliveries: list[DeliverySummary]


class AttemptOut(Schema):
    """One HTTP request of a delivery and what came back."""

    number: int
    trigger: Trigger
    triggered_by: str = Field(description="User name; empty: nobody.")
    started_at: datetime
    duration_ms: int
    method: str
    url: str
    request_headers: dict[str, str] = Field(description="Credentials left out.")
    status_code: int | None = Field(description="Null: no answer came.")
    response_headers: dict[str, str] = Field(description="Some of them.")
    response_body: str = Field(description="Begin of the answer.")
    error: str = Field(description="What went wrong, in words; else empty.")


class AttemptList(PageOut):
    """A page of attempts, newest first."""

    attempts: list[AttemptOut]


@router.get(
    "/webhooks", response={200: WebhookList, **REFUSALS}, summary="List webhooks"
)
@needs(Scope.READ)
def list_webhooks(request: ApiRequest, filters: Query[WebhookFilter]) -> WebhookList:
    """List the webhooks that you manage, newest first."""
    found = Webhook.objects.manageable_by(request.auth)
    if filters.model is not None:
        found = found.of_model(visible_model_or_404(request.auth, filters.model))
    if filters.status is not None:
        found = found.filter(status=filters.status)
    loaded = found.select_related("model", "created_by").prefetch_related("secrets")
    rows, cursor = page_by(loaded, filters, "-created_at", "id")
    return WebhookList(
        webhooks=[WebhookOut.of(row) for row in rows], next_cursor=cursor
    )


@router.get(ONE, response={200: WebhookOut, **REFUSALS}, summary="Read a webhook")
@needs(Scope.READ)
def get_webhook(request: ApiRequest, path: Path[WebhookPath]) -> WebhookOut:
    """Read a webhook. Needs Can Manage on its model; of all models, an administrator.

    Databricks' calls create, change, test and delete it.
    """
    return WebhookOut.of(manageable_webhook_or_404(request.auth, path.webhook_id))


@router.get(
    DELIVERIES, response={200: DeliveryList, **REFUSALS}, summary="List deliveries"
)
@needs(Scope.READ)
def list_deliveries(
    request: ApiRequest, path: Path[WebhookPath], filters: Query[DeliveryFilter]
) -> DeliveryList:
    """List what a webhook was told, newest first."""
    webhook = manageable_webhook_or_404(request.auth, path.webhook_id)
    found = Delivery.objects.filter(webhook=webhook).defer("payload")
    if filters.status is not None:
        found = found.filter(status=filters.status)
    if filters.event is not None:
        found = found.filter(event_name=filters.event)
    rows, cursor = page_by(found, filters, "-id")
    for row in rows:
        row.webhook = webhook
    return DeliveryList(
        deliveries=[DeliverySummary(**_summary(row)) for row in rows],
        next_cursor=cursor,
    )


@router.get(
    DELIVERY, response={200: DeliveryOut, **REFUSALS}, summary="Read a delivery"
)
@needs(Scope.READ)
def get_delivery(request: ApiRequest, path: Path[DeliveryPath]) -> DeliveryOut:
    """Read a delivery with what is sent."""
    return _describe(
        manageable_delivery_or_404(request.auth, path.webhook_id, path.delivery_id)
    )


@router.get(
    f"{DELIVERY}/attempts",
    response={200: AttemptList, **REFUSALS},
    summary="List attempts",
)
@needs(Scope.READ)
def list_attempts(
    request: ApiRequest, path: Path[DeliveryPath], filters: Query[PageQuery]
) -> AttemptList:
    """List each HTTP request of a delivery and what came back, newest first."""
    delivery = manageable_delivery_or_404(
        request.auth, path.webhook_id, path.delivery_id
    )
    found = DeliveryAttempt.objects.filter(delivery=delivery)
    rows, cursor = page_by(found, filters, "-number")
    return AttemptList(
        attempts=[AttemptOut.model_validate(row) for row in rows], next_cursor=cursor
    )


@router.post(
    f"{DELIVERY}/redeliver",
    response={200: DeliveryOut, **REFUSALS},
    summary="Redeliver",
)
@needs(Scope.ADMIN)
@idempotent
def create_redelivery(request: ApiRequest, path: Path[DeliveryPath]) -> DeliveryOut:
    """Have a delivery sent again: the same bytes under the same id, within a second.

    Its webhook must be active. Read the delivery until it is `succeeded` or `failed`.
    """
    found = manageable_delivery_or_404(request.auth, path.webhook_id, path.delivery_id)
    return _describe(redeliver(found, actor=request.auth))


def _describe(delivery: Delivery) -> DeliveryOut:
    return DeliveryOut(
        **_summary(delivery),
        payload_format=PayloadFormat(delivery.payload_format),
        payload=delivery.body.decode(errors=UNPRINTABLE),
    )


def _summary(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "webhook": delivery.webhook_id,
        "event": delivery.event_name,
        "position": delivery.event_id,
        "status": delivery.status,
        "attempt_count": delivery.attempt_count,
        "created_at": delivery.created_at,
        "settled_at": delivery.settled_at,
        "next_try_at": delivery.next_try_at,
        "given_up_reason": delivery.given_up_reason,
        "redelivered_by": delivery.redelivered_by,
    }
