"""Webhooks: the list, one of them, its form, and what can be done with it."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_safe,
)

from registry_ui.errors import ActionError, LimitExceededError
from registry_ui.htmx import is_partial, render_page
from registry_ui.models import Level, ModelPermission
from registry_ui.views.getters import signed_in
from webhooks_ui.actions.pausing import resume_webhook
from webhooks_ui.actions.testing import send_test
from webhooks_ui.actions.webhook_fields import WebhookInput
from webhooks_ui.actions.webhooks import (
    create_webhook,
    delete_webhook,
    set_webhook_status,
    update_webhook,
)
from webhooks_ui.forms import WebhookForm
from webhooks_ui.models import Delivery, DeliveryAttempt, EventName, Webhook
from webhooks_ui.signing import generate_secret
from webhooks_ui.views.delivery_search import delivery_rows
from webhooks_ui.views.getters import manageable_webhook_or_404
from webhooks_ui.views.health import health_context, with_health
from webhooks_ui.views.history import history_of
from webhooks_ui.views.next_steps import next_step
from webhooks_ui.views.payload_text import indented

LIST = "webhooks_ui/webhook_list.html"
DETAIL = "webhooks_ui/webhook_detail.html"
CREATE = "webhooks_ui/webhook_create.html"
UPDATE = "webhooks_ui/webhook_update.html"
DELETE = "webhooks_ui/webhook_delete.html"
STOP = "webhooks_ui/webhook_stop.html"
PAGE_SIZE = 25
RECENT_DELIVERIES = 8

_DONE = {
    Webhook.Status.ACTIVE: "The webhook is active: it hears of all events from now on.",
    Webhook.Status.DISABLED: "The webhook is disabled: nothing is sent.",
    Webhook.Status.TEST_MODE: "The webhook is in test mode: only tests are sent.",
}


@require_safe
def webhook_list(request: HttpRequest) -> HttpResponse:
    """Show the webhooks that the user manages."""
    user = signed_in(request)
    webhooks = Webhook.objects.manageable_by(user)
    counts = dict(
        webhooks.order_by().values_list("status").annotate(number=Count("pk"))
    )
    status = request.GET.get("status", "")
    status = status if status in Webhook.Status.values else ""
    if status:
        webhooks = webhooks.filter(status=status)
    page = Paginator(webhooks.select_related("model"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    waiting = _waiting_counts(page)
    context = {
        "page": page,
        "rows": with_health(page, waiting),
        "status": status,
        "tabs": [
            (value, label, counts.get(value, 0))
            for value, label in Webhook.Status.choices
        ],
        "total": sum(counts.values()),
        "may_create": _may_create(user),
    }
    return render_page(request, LIST, context, partial="webhooks")


@require_http_methods(["GET", "HEAD", "POST"])
def webhook_create(request: HttpRequest) -> HttpResponse:
    """Take a new webhook."""
    user = signed_in(request)
    source_id = request.GET.get("from", "")
    source = manageable_webhook_or_404(user, source_id) if source_id else None
    form = WebhookForm(
        request.POST if request.method == "POST" else None,
        user=user,
        model_name=request.GET.get("model", ""),
        source=source,
    )
    if request.method == "POST" and form.is_valid():
        try:
            webhook = create_webhook(
                WebhookInput(**form.given()),
                actor=user,
                model=form.model,
                status=form.cleaned_data["status"],
            )
        except ActionError as error:
            _add_error(form, error)
        else:
            messages.success(request, "The webhook is stored.")
            return redirect(webhook)
    context = {"form": form, "may_create": _may_create(user), "source": source}
    return _form_page(request, CREATE, context)


@require_http_methods(["GET", "HEAD", "POST"])
def webhook_update(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Take changes of a webhook."""
    user = signed_in(request)
    webhook = manageable_webhook_or_404(user, webhook_id)
    is_posted = request.method == "POST"
    form = WebhookForm(request.POST if is_posted else None, user=user, webhook=webhook)
    if not is_posted and "generate" in request.GET:
        form.initial["secret"] = generate_secret()
    if is_posted and form.is_valid():
        try:
            update_webhook(webhook, WebhookInput(**form.given()), actor=user)
        except ActionError as error:
            _add_error(form, error)
        else:
            messages.success(request, "The changes are stored.")
            return redirect(webhook)
    return _form_page(request, UPDATE, {"form": form, "webhook": webhook})


@require_safe
def webhook_detail(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Show one webhook: what it is, its last test and its last deliveries."""
    user = signed_in(request)
    webhook = manageable_webhook_or_404(user, webhook_id)
    context = _context(request, webhook) | health_context(request, webhook)
    return render_page(request, DETAIL, context, partial="test")


@require_http_methods(["GET", "POST"])
def webhook_test(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Send a test and show what came back."""
    user = signed_in(request)
    webhook = manageable_webhook_or_404(user, webhook_id)
    if request.method != "POST":
        return redirect(webhook)  # where a sign-in in between leads back to
    try:
        send_test(webhook, actor=user, event_name=request.POST.get("event", ""))
    except ActionError as error:
        context = _context(request, webhook) | health_context(request, webhook)
        context |= {"test_error": str(error)}
        is_too_many = isinstance(error, LimitExceededError)
        response = render_page(
            request, DETAIL, context, partial="test", status=429 if is_too_many else 422
        )
        if isinstance(error, LimitExceededError):
            response["Retry-After"] = str(error.retry_after_seconds)
        return response
    return redirect(f"{webhook.get_absolute_url()}#test")


@require_http_methods(["GET", "POST"])
def webhook_status(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Activate or disable the webhook, or put it into test mode; ask first on GET."""
    user = signed_in(request)
    webhook = manageable_webhook_or_404(user, webhook_id)
    if request.method != "POST":
        return _ask_to_stop(request, webhook)
    try:
        webhook = set_webhook_status(
            webhook, request.POST.get("status", ""), actor=user
        )
    except ActionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _DONE[Webhook.Status(webhook.status)])
    return redirect(webhook)


@require_http_methods(["GET", "POST"])
def webhook_resume(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Let a paused webhook be called again."""
    user = signed_in(request)
    webhook = manageable_webhook_or_404(user, webhook_id)
    if request.method != "POST":
        return redirect(webhook)  # where a sign-in in between leads back to
    try:
        resume_webhook(webhook, actor=user)
    except ActionError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, "The webhook is resumed: what waits goes out, one to try it first."
        )
    return redirect(webhook)


@require_http_methods(["GET", "HEAD", "POST"])
def webhook_delete(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Ask whether to delete the webhook, and do it."""
    user = signed_in(request)
    webhook = manageable_webhook_or_404(user, webhook_id)
    if request.method == "POST":
        name = str(webhook)
        delete_webhook(webhook, actor=user)
        messages.success(request, f"The webhook {name} is deleted.")
        return redirect("webhooks_ui:webhook_list")
    context = {
        "webhook": webhook,
        "delivery_count": webhook.deliveries.count(),
        "waiting_count": webhook.deliveries.pending().count(),
    }
    return render(request, DELETE, context)


def _ask_to_stop(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    """Ask whether to stop an active webhook; there is nothing to ask of any other."""
    status = request.GET.get("status", "")
    stops = status in (Webhook.Status.DISABLED, Webhook.Status.TEST_MODE)
    if not stops or not webhook.is_active:
        return redirect(webhook)  # where a sign-in in between leads back to as well
    context = {
        "webhook": webhook,
        "status": status,
        "waiting_count": webhook.deliveries.pending().count(),
    }
    return render(request, STOP, context)


def _waiting_counts(webhooks: Iterable[Webhook]) -> dict[str, int]:
    """Return how many deliveries wait, by webhook; none is left out of the result."""
    pending = Delivery.objects.pending().filter(webhook__in=list(webhooks))
    counts = pending.order_by().values_list("webhook").annotate(number=Count("pk"))
    return dict(counts)


def _context(request: HttpRequest, webhook: Webhook) -> dict[str, Any]:
    """Return what the page of a webhook shows."""
    real = webhook.deliveries.exclude(event=None)
    deliveries = delivery_rows(real[:RECENT_DELIVERIES])
    # By an index, where a look for the newest attempt of a test would read all others.
    tests = webhook.deliveries.filter(event=None).order_by("-pk")
    test = (
        DeliveryAttempt.objects.filter(delivery__in=tests.values("pk")[:1])
        .select_related("delivery")
        .first()
    )
    waiting_count = webhook.deliveries.pending().count()
    step = next_step(
        webhook,
        test=test,
        last=deliveries[0][0] if deliveries else None,
        waiting_count=waiting_count,
    )
    history, has_more_history = history_of(webhook)
    return {
        "webhook": webhook,
        "deliveries": deliveries,
        "waiting_count": waiting_count,
        "step": step,
        # A test that was swapped in changes what stands on top of the page as well.
        "swaps_step": is_partial(request),
        "test": test,
        "test_payload": _request_text(webhook, test) if test else "",
        "events": [(name.value, name.label) for name in _events(webhook)],
        "secrets": webhook.secrets_in_force(),
        "history": history,
        "has_more_history": has_more_history,
    }


def _request_text(webhook: Webhook, attempt: DeliveryAttempt) -> str:
    """Return the body that was sent; empty where a job was looked up, and no more."""
    if attempt.request_body:
        return indented(attempt.request_body.encode())
    return "" if webhook.is_job else indented(attempt.delivery.body)


def _events(webhook: Webhook) -> list[EventName]:
    """Return the events of the webhook, in the order of the catalogue."""
    return [name for name in EventName if name in webhook.events]


def _form_page(
    request: HttpRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Show the form; with errors it is no success for a program that posts it."""
    status = 422 if context["form"].is_bound else 200
    response = render(request, template, context, status=status)
    # It may show a secret that is not stored yet.
    response["Cache-Control"] = "no-store"
    return response


def _add_error(form: WebhookForm, error: ActionError) -> None:
    """Put the error beside the field that it is about."""
    field = getattr(error, "field", None)
    form.add_error(field if field in form.fields else None, str(error))


def _may_create(user: User) -> bool:
    """Is there a scope that the user may have webhooks of?"""
    return (
        user.is_superuser
        or ModelPermission.objects.held_by(user).filter(level=Level.CAN_MANAGE).exists()
    )
