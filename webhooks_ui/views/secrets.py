"""The signing secrets of a webhook: rotating them, and stopping an old one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.htmx import render_page
from registry_ui.views.getters import signed_in
from webhooks_ui.actions.secrets import expire_secret, frees_up_at, rotate_secret
from webhooks_ui.forms import RotateSecretForm
from webhooks_ui.models import Webhook, WebhookSecret
from webhooks_ui.models.secrets import MOST_IN_FORCE
from webhooks_ui.views.getters import manageable_webhook_or_404

TEMPLATE = "webhooks_ui/webhook_secret.html"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_secret(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Rotate; the new secret stands in this one answer and nowhere else."""
    user = signed_in(request)
    webhook = manageable_webhook_or_404(user, webhook_id)
    if request.method != "POST":
        # The workspace of a job trusts its access token: nothing leads here.
        return redirect(webhook) if webhook.is_job else _page(request, webhook)
    form = RotateSecretForm(request.POST)
    if form.is_valid():
        try:
            plain = rotate_secret(
                webhook,
                actor=user,
                grace=form.grace_given,
                seen=form.cleaned_data["seen"],
            )
        except InvalidFieldError as error:
            form.add_error(error.field, str(error))
        except ActionError as error:
            form.add_error(None, str(error))
        else:
            return _page(request, webhook, plain=plain, status=201)
    return _page(request, webhook, form=form, status=422)


@require_http_methods(["GET", "POST"])
def webhook_secret_expire(
    request: HttpRequest, webhook_id: str, pk: int
) -> HttpResponse:
    """Stop an old secret now."""
    user = signed_in(request)
    webhook = manageable_webhook_or_404(user, webhook_id)
    if request.method != "POST":
        return redirect("webhooks_ui:webhook_secret", webhook.pk)
    secret = WebhookSecret.objects.filter(webhook=webhook, pk=pk).first()
    if secret is None:
        raise Http404
    try:
        expire_secret(secret, actor=user)
    except ActionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The old secret signs nothing any more.")
    return redirect("webhooks_ui:webhook_secret", webhook.pk)


def _page(
    request: HttpRequest,
    webhook: Webhook,
    *,
    form: RotateSecretForm | None = None,
    plain: str = "",
    status: int = 200,
) -> HttpResponse:
    secrets = list(
        WebhookSecret.objects.filter(webhook=webhook)
        .in_force(timezone.now())
        .select_related("created_by")
    )
    context: dict[str, Any] = {
        "webhook": webhook,
        "form": form or RotateSecretForm(),
        "newest": secrets[0].pk if secrets else 0,
        "secrets": secrets,
        "plain": plain,
        "most": MOST_IN_FORCE,
        "is_full": len(secrets) >= MOST_IN_FORCE,
        "frees_up_at": frees_up_at(secrets),
    }
    return render_page(request, TEMPLATE, context, partial="secret", status=status)
