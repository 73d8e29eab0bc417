"""The ledger: what was sent to a webhook, what came back, and sending it again."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from registry_ui.errors import ActionError
from registry_ui.htmx import render_page
from registry_ui.views.addresses import (
    address_of,
    edges_of,
    links_of,
    redirect_if_blank,
)
from registry_ui.views.getters import signed_in
from webhooks_ui.actions.redeliver import redeliver
from webhooks_ui.actions.skip import skip
from webhooks_ui.forms import DeliveryFilterForm
from webhooks_ui.models import Delivery
from webhooks_ui.views.delivery_search import (
    delivery_page,
    delivery_rows,
    find_deliveries,
)
from webhooks_ui.views.getters import (
    manageable_delivery_or_404,
    manageable_webhook_or_404,
)
from webhooks_ui.views.payload_text import indented

LIST = "webhooks_ui/delivery_list.html"
DETAIL = "webhooks_ui/delivery_detail.html"
SHOWN_ATTEMPTS = 50
SOON = timedelta(minutes=1)


@require_safe
def delivery_list(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Show the deliveries of a webhook, filtered, a page at a time."""
    webhook = manageable_webhook_or_404(signed_in(request), webhook_id)
    form = DeliveryFilterForm(request.GET)
    if tidy := redirect_if_blank(request, form):
        return tidy
    found = find_deliveries(webhook, form, timezone.now())
    page = delivery_page(found, edges_of(request))
    context = {
        "webhook": webhook,
        "form": form,
        "chosen": form.chosen(),
        "conditions": form.conditions(),
        "page": page,
        "rows": delivery_rows(page.rows),
        "links": links_of(form, page),
        "again_query": _again_query(form),
        "kept_days": settings.DELIVERY_RETENTION_DAYS,
    }
    return render_page(
        request,
        LIST,
        context,
        partial="deliveries",
        address=address_of(request, form),
    )


@require_safe
def delivery_detail(
    request: HttpRequest, webhook_id: str, delivery_id: str
) -> HttpResponse:
    """Show one delivery with its payload and attempts."""
    user = signed_in(request)
    delivery = manageable_delivery_or_404(user, webhook_id, delivery_id)
    return render_page(request, DETAIL, _context(delivery), partial="delivery")


@require_http_methods(["GET", "POST"])
def delivery_redeliver(
    request: HttpRequest, webhook_id: str, delivery_id: str
) -> HttpResponse:
    """Send a delivery again."""
    user = signed_in(request)
    delivery = manageable_delivery_or_404(user, webhook_id, delivery_id)
    if request.method != "POST":
        return redirect(delivery)  # where a sign-in in between leads back to
    try:
        redeliver(delivery, actor=user)
    except ActionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "It is sent again within seconds.")
    return redirect(delivery)


@require_http_methods(["GET", "POST"])
def delivery_skip(
    request: HttpRequest, webhook_id: str, delivery_id: str
) -> HttpResponse:
    """Give a delivery up."""
    user = signed_in(request)
    delivery = manageable_delivery_or_404(user, webhook_id, delivery_id)
    if request.method != "POST":
        return redirect(delivery)  # where a sign-in in between leads back to
    try:
        skip(delivery, actor=user)
    except ActionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "It is skipped. You can still redeliver it.")
    return redirect(delivery)


def _again_query(form: DeliveryFilterForm) -> str:
    """Return the query of the page that sends again what the list is filtered to."""
    which = {"": "all", "succeeded": "all", "failed": "", "pending": "waiting"}
    has_conditions = bool(form.conditions())
    status = form.chosen()["status"]
    return form.query(
        q="", status="", which=which[status] if has_conditions else ""
    ).removeprefix(".")


def _context(delivery: Delivery) -> dict[str, Any]:
    """Return what the page of a delivery shows."""
    is_pending = delivery.status == Delivery.Status.PENDING
    next_try_at = delivery.next_try_at
    is_soon = next_try_at is not None and next_try_at < timezone.now() + SOON
    attempts = list(delivery.attempts.all()[:SHOWN_ATTEMPTS])
    names = {attempt.triggered_by for attempt in attempts} | {delivery.redelivered_by}
    people = User.objects.in_bulk(names - {""}, field_name="username")
    return {
        "webhook": delivery.webhook,
        "delivery": delivery,
        "attempts": [
            (attempt, people.get(attempt.triggered_by, attempt.triggered_by))
            for attempt in attempts
        ],
        "redelivered_by": people.get(delivery.redelivered_by, delivery.redelivered_by),
        "hidden_attempts": max(delivery.attempt_count - len(attempts), 0),
        "payload": indented(delivery.body),
        "kept_days": settings.DELIVERY_RETENTION_DAYS,
        "is_soon": is_soon or delivery.is_in_flight,
        "may_redeliver": not delivery.is_test
        and not delivery.is_in_flight
        and delivery.webhook.is_sending,
        "may_skip": is_pending and not delivery.is_in_flight,
    }
