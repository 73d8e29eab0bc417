"""Sending many deliveries again: how many it would be, and doing it."""

from math import ceil
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from registry_ui.errors import ActionError
from registry_ui.htmx import render_page
from registry_ui.views.addresses import address_of, redirect_if_blank
from registry_ui.views.getters import signed_in
from webhooks_ui.actions.redeliver import BATCH, BATCH_APART, MOST_AT_ONCE, last_change
from webhooks_ui.actions.redeliver import redeliver_selected as send_again
from webhooks_ui.forms import RedeliveryForm
from webhooks_ui.models import Webhook
from webhooks_ui.models.deliveries import moment_of
from webhooks_ui.views.getters import manageable_webhook_or_404

PAGE = "webhooks_ui/delivery_redeliver_many.html"
_A_MINUTE = int(BATCH * 60 / BATCH_APART.total_seconds())


@require_http_methods(["GET", "HEAD", "POST"])
def delivery_redeliver_many(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Say how many deliveries would be sent again, and do it."""
    user = signed_in(request)
    webhook = manageable_webhook_or_404(user, webhook_id)
    if request.method != "POST":
        form = RedeliveryForm(request.GET)
        if tidy := redirect_if_blank(request, form):
            return tidy
        address = address_of(request, form)
        context = _context(webhook, form)
        return render_page(request, PAGE, context, partial="preview", address=address)
    form = RedeliveryForm(request.POST)
    if form.is_valid():
        try:
            count = send_again(
                webhook,
                form.selection(timezone.now()),
                seen=request.POST.get("seen", ""),
                actor=user,
            )
        except ActionError as error:
            form.add_error(None, str(error))
        else:
            are = "delivery is" if count == 1 else "deliveries are"
            messages.success(request, f"{count:,} {are} sent again.")
            return redirect("webhooks_ui:delivery_list", webhook.pk)
    context = _context(webhook, form)
    return render_page(request, PAGE, context, partial="preview", status=422)


def _context(webhook: Webhook, form: RedeliveryForm) -> dict[str, Any]:
    """Return what the page shows: the choice, and what would come of it."""
    context: dict[str, Any] = {
        "webhook": webhook,
        "form": form,
        "chosen": form.chosen(),
    }
    if form.errors.keys() & form.fields.keys() or not webhook.is_sending:
        return context
    selection = form.selection(timezone.now())
    found = selection.of(webhook, timezone.now()).order_by("pk")
    pks = list(found.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    is_cut = len(pks) > MOST_AT_ONCE
    count = min(len(pks), MOST_AT_ONCE)
    a_minute = min(_A_MINUTE, webhook.max_per_minute or _A_MINUTE)
    # The posted form holds moments: a period of the last hour would have moved on.
    return context | {
        "selection": selection,
        "seen": last_change(webhook),
        "count": count,
        "is_cut": is_cut,
        "oldest_at": moment_of(pks[0]) if pks else None,
        "newest_at": moment_of(pks[count - 1]) if pks else None,
        "a_minute": a_minute,
        "takes_seconds": ceil(count / a_minute) * 60,
    }
