"""What a request gets without a sign-in, and what every page is held to."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from registry_ui.bidi import visible_in_page

EXPIRED = "expired.html"
PAGE_OF = "X-Page-Of"
_NOT_TYPED = {"csrfmiddlewaretoken", "seen"}
_SECRET = ("password", "secret", "authorization", "chat_url")
"""Parts of the names of fields whose values are shown to nobody."""


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Redirects to the sign-in page; forms that were sent are not thrown away."""

    def handle_no_permission(  # type: ignore[override] # any answer will do
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """Answer somebody who is not signed in (any more)."""
        if getattr(request, "htmx", False):
            # The page with what was typed stays as it is; app.js shows the text.
            return HttpResponse(
                "You are signed out. Sign in in another tab, then send this again.",
                status=401,
                content_type="text/plain",
            )
        if request.method == "POST":
            return expired_form(request)
        return redirect_to_login(request.get_full_path(), reverse("login"))


def keep_to_one_person(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: nothing is sent from a page of somebody who has left the browser.

    A page says whose it is; a form of it would else be signed by whoever signed in
    since, in another tab.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        shown_to = request.headers.get(PAGE_OF)
        user = request.user
        if shown_to and user.is_authenticated and shown_to != str(user.pk):
            return HttpResponse(
                f"You are signed in as {user.get_full_name() or user.get_username()}"
                " by now, and this page is somebody else's. Nothing was sent.",
                status=HTTPStatus.CONFLICT,
                content_type="text/plain",
            )
        return get_response(request)

    return respond


def expired_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form was sent too late, and hand back the words that were typed.

    Also Django's `CSRF_FAILURE_VIEW`; `reason` is for logs and not shown.
    """
    typed = {
        name: value
        for name, value in request.POST.items()
        if name not in _NOT_TYPED
        and not any(part in name.lower() for part in _SECRET)
        and str(value).strip()
    }
    return render(request, EXPIRED, {"typed": typed}, status=403)


def show_not_allowed(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: where only forms are sent to, a browser gets a page that says so."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not (
            response.streaming or response.content
        ):
            response.content = render_to_string("405.html", {}, request)
        return response

    return respond


def show_bidi_controls(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: characters that turn the direction of text are seen, not obeyed."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and not response.streaming:
            response.content = visible_in_page(response.content)
        return response

    return respond
