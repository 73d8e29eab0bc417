"""The user's own page: who they are here, what they may do, their API tokens."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from registry_ui.actions.tokens import create_token, revoke_token
from registry_ui.errors import ActionError
from registry_ui.extensions import panels_of_account
from registry_ui.forms import FilterForm, TokenForm
from registry_ui.htmx import render_page
from registry_ui.models import ModelPermission
from registry_ui.views.addresses import links_of, query_of
from registry_ui.views.getters import signed_in
from registry_ui.views.panels import render_panels
from registry_ui.views.tokens import rows_of, token_page

TEMPLATE = "registry_ui/account.html"
SHOWN_GRANTS = 100


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show the user's levels and tokens."""
    context = _context(request, TokenForm())
    return render_page(request, TEMPLATE, context, partial="tokens")


@never_cache
def token_create(request: HttpRequest) -> HttpResponse:
    """Make a token; its secret stands in this one answer and nowhere else."""
    user = signed_in(request)
    if request.method != "POST":
        return redirect(_list_address(request))
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            token, secret = create_token(user, actor=user, **form.cleaned_data)
        except ActionError as error:
            form.add_error(None, str(error))
        else:
            context = _context(request, TokenForm())
            context |= {"new_token": token, "secret": secret}
            return render_page(request, TEMPLATE, context, partial="tokens", status=201)
    context = _context(request, form)
    return render_page(request, TEMPLATE, context, partial="tokens", status=422)


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one of the user's tokens work no longer; lead back to where it stood."""
    user = signed_in(request)
    token = get_object_or_404(user.api_tokens, pk=pk)
    revoke_token(token, actor=user)
    messages.success(request, f"The token {token.name} works no longer.")
    return redirect(_list_address(request))


def _list_address(request: HttpRequest) -> str:
    """Return the address of the account with the page of tokens that is asked for."""
    return reverse("registry_ui:account") + query_of(request, FilterForm(request.GET))


def _context(request: HttpRequest, form: forms.Form) -> dict[str, Any]:
    user = signed_in(request)
    unfiltered = FilterForm(request.GET)
    page = token_page(request, user.api_tokens.all())
    grants = ModelPermission.objects.held_by(user).select_related("model", "group")
    # Registry-wide levels first: they hold for every model below.
    ordered = grants.order_by(F("model__name").asc(nulls_first=True))
    shown = list(ordered[: SHOWN_GRANTS + 1])
    return {
        "grants": shown[:SHOWN_GRANTS],
        "has_more_grants": len(shown) > SHOWN_GRANTS,
        "groups": list(user.groups.order_by("name")),
        "tokens": rows_of(page.rows),
        "page": page,
        "links": links_of(unfiltered, page),
        "query": query_of(request, unfiltered),
        "form": form,
        "panels": render_panels(panels_of_account(user)),
    }
