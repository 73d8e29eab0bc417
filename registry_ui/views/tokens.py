"""API tokens: rows of tables, and the administrators' page of everybody's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from registry_ui import permissions
from registry_ui.actions.accounts import service_account
from registry_ui.actions.tokens import create_token, revoke_token
from registry_ui.errors import ActionError
from registry_ui.forms import ServiceTokenForm, TokenFilterForm
from registry_ui.htmx import render_page
from registry_ui.models import ApiToken
from registry_ui.views.getters import signed_in

TEMPLATE = "registry_ui/token_list.html"
SHOWN_TOKENS = 200
ENDS_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as tables show it.

    Attributes:
        status: `active`, `expired` or `revoked`.
        ends_soon: does it work no longer than `ENDS_SOON`?
        is_service: is its owner a service account?
    """

    token: ApiToken
    status: str
    ends_soon: bool
    is_service: bool


def rows_of(tokens: Iterable[ApiToken]) -> list[TokenRow]:
    """Return the rows of a table of tokens, in the same order."""
    now = timezone.now()
    return [
        TokenRow(
            token,
            status := _status(token),
            status == "active"
            and token.expires_at is not None
            and token.expires_at < now + ENDS_SOON,
            hasattr(token.user, "service_account"),
        )
        for token in tokens
    ]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """Show everybody's tokens; make one of a service account, shown in this answer."""
    admin = _administrator(request)
    if request.method != "POST":
        return _page(request, ServiceTokenForm())
    form = ServiceTokenForm(request.POST)
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            with transaction.atomic():
                owner = service_account(given.pop("account"), actor=admin)
                token, secret = create_token(owner, actor=admin, **given)
        except ActionError as error:
            form.add_error(None, str(error))
        else:
            new = {"new_token": token, "secret": secret}
            return _page(request, ServiceTokenForm(), status=201, **new)
    return _page(request, form, status=422)


@require_POST
def token_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Let anybody's token work no longer."""
    admin = _administrator(request)
    token = get_object_or_404(ApiToken.objects.select_related("user"), pk=pk)
    revoke_token(token, actor=admin)
    messages.success(
        request, f"The token {token.name} of {token.user} works no longer."
    )
    return redirect("registry_ui:token_list")


def _administrator(request: HttpRequest) -> User:
    user = signed_in(request)
    if not permissions.may_manage_registry(user):
        raise PermissionDenied
    return user


def _page(
    request: HttpRequest, form: ServiceTokenForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    search = TokenFilterForm(request.GET)
    words = search.chosen()["q"]
    tokens = ApiToken.objects.select_related("user", "user__service_account").filter(
        Q(user__username__icontains=words)
        | Q(name__icontains=words)
        | Q(prefix__startswith=words)
    )
    found = list(tokens[: SHOWN_TOKENS + 1])
    context = {
        "form": form,
        "search": search,
        "tokens": rows_of(found[:SHOWN_TOKENS]),
        "has_more": len(found) > SHOWN_TOKENS,
        **more,
    }
    return render_page(request, TEMPLATE, context, partial="tokens", status=status)


def _status(token: ApiToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "active" if token.is_usable(timezone.now()) else "expired"
