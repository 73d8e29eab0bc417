"""How the user is told: the page of choices, the tests, and the way out of mail."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from registry_ui.errors import ActionError
from registry_ui.extensions import Panel
from registry_ui.views.getters import signed_in
from webhooks_ui.actions.preferences import (
    Wishes,
    change_preferences,
    preferences_of,
    send_test,
    stop_mail,
)
from webhooks_ui.forms import NotificationForm
from webhooks_ui.models import Channel, Notice, NotificationPreference
from webhooks_ui.signing import user_pk_of

PREFERENCES = "webhooks_ui/notification_preferences.html"
UNSUBSCRIBE = "webhooks_ui/notification_unsubscribe.html"

_SENT = {
    Channel.MAIL: "The mail server took the test. Look at your inbox.",
    Channel.CHAT: "The test was sent to your chat.",
}


@never_cache  # an address that will not do is shown again, and is a secret
@require_http_methods(["GET", "HEAD", "POST"])
def notification_preferences(request: HttpRequest) -> HttpResponse:
    """Show how the user is told, and take what they choose."""
    user = signed_in(request)
    held = preferences_of(user)
    form = NotificationForm(
        request.POST if request.method == "POST" else None, held=held
    )
    if form.is_bound and form.is_valid():
        try:
            change_preferences(Wishes(**form.given()), actor=user)
        except ActionError as error:
            form.add_error(getattr(error, "field", None), str(error))
        else:
            messages.success(request, "Stored.")
            return redirect("webhooks_ui:notification_preferences")
    context = _context(user, held) | {"form": form}
    return render(request, PREFERENCES, context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def notification_test(request: HttpRequest, channel: str) -> HttpResponse:
    """Send the user a test and say what came of it."""
    user = signed_in(request)
    if channel not in Channel.values:
        raise Http404
    if request.method == "POST":
        try:
            send_test(Channel(channel), actor=user)
        except ActionError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _SENT[Channel(channel)])
    return redirect("webhooks_ui:notification_preferences")


@csrf_exempt  # the link is the proof: mail programs post it without cookies (RFC 8058)
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notification_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Offer to send no more mail, and do it; only POST changes anything.

    Mail filters follow links: reading this page may not unsubscribe anybody.
    """
    user = get_object_or_404(User, pk=user_pk_of(token), is_active=True)
    is_done = request.method == "POST"
    if is_done:
        stop_mail(user)
    is_off = preferences_of(user).mail == NotificationPreference.Mail.NEVER
    context = {"person": user, "is_off": is_off, "is_done": is_done}
    return render(request, UNSUBSCRIBE, context)


def account_panel(user: User) -> Panel:
    """Return what the account's page says of how the user is told."""
    return Panel(
        "webhooks_ui/_account_panel.html", _context(user, preferences_of(user))
    )


def _context(user: User, held: NotificationPreference) -> dict[str, Any]:
    return {
        "address": user.email,
        "held": held,
        "has_mail_server": settings.HAS_MAIL_SERVER,
        "troubles": [t for channel in Channel if (t := _trouble(user, channel))],
    }


def _trouble(user: User, channel: Channel) -> Notice | None:
    """Return the newest notice that could not be sent, if nothing was sent since."""
    tried = Notice.objects.filter(user=user, channel=channel, attempt_count__gt=0)
    last = tried.order_by("-pk").first()
    return last if last and last.error else None
