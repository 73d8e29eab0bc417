"""API tokens: rows of tables, and the administrators' page of everybody's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from registry_ui import permissions
from registry_ui.actions.accounts import service_account
from registry_ui.actions.tokens import create_token, revoke_token
from registry_ui.errors import ActionError
from registry_ui.forms import ServiceTokenForm, TokenFilterForm
from registry_ui.htmx import render_page
from registry_ui.keyset import Key, KeysetPage, Order, SortKey, page_of
from registry_ui.models import ApiToken
from registry_ui.views.addresses import (
    edges_of,
    links_of,
    query_of,
    redirect_if_blank,
)
from registry_ui.views.getters import signed_in

TEMPLATE = "registry_ui/token_list.html"
PAGE_SIZE = 50
_LARGEST = 2**63 - 1
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


def token_page(request: HttpRequest, found: QuerySet[ApiToken]) -> KeysetPage[ApiToken]:
    """Return the page of tokens that the address names, the newest first."""
    key = SortKey(F("pk"), is_descending=True)
    rows = ApiToken.objects.select_related("user__service_account", "made_with")
    return page_of(
        found,
        rows.in_bulk,
        Order((key,), lambda token: str(token.pk), _read_pk),
        edges_of(request),
        size=PAGE_SIZE,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """Show everybody's tokens; make one of a service account, shown in this answer."""
    admin = _administrator(request)
    if request.method != "POST":
        tidy = redirect_if_blank(request, TokenFilterForm(request.GET))
        return tidy or _page(request, ServiceTokenForm())
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
    """Let anybody's token work no longer; lead back to where it stood in the list."""
    admin = _administrator(request)
    token = get_object_or_404(ApiToken.objects.select_related("user"), pk=pk)
    revoke_token(token, actor=admin)
    messages.success(
        request, f"The token {token.name} of {token.user} works no longer."
    )
    return redirect(reverse("registry_ui:token_list") + _query_of(request))


def _administrator(request: HttpRequest) -> User:
    user = signed_in(request)
    if not permissions.may_manage_registry(user):
        raise PermissionDenied
    return user


def _page(
    request: HttpRequest, form: ServiceTokenForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    search = TokenFilterForm(request.GET)
    page = token_page(request, _called(search.chosen()["q"]))
    context = {
        "form": form,
        "search": search,
        "tokens": rows_of(page.rows),
        "page": page,
        "links": links_of(search, page),
        "query": _query_of(request),
        **more,
    }
    return render_page(request, TEMPLATE, context, partial="tokens", status=status)


def _called(words: str) -> QuerySet[ApiToken]:
    """Return the tokens of an owner, of a name or with a beginning like this."""
    return ApiToken.objects.filter(
        Q(user__username__icontains=words)
        | Q(name__icontains=words)
        | Q(prefix__startswith=words)
    )


def _read_pk(text: str) -> Key | None:
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(_LARGEST))
    return (int(text),) if is_number else None


def _query_of(request: HttpRequest) -> str:
    return query_of(request, TokenFilterForm(request.GET))


def _status(token: ApiToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "active" if token.is_usable(timezone.now()) else "expired"
