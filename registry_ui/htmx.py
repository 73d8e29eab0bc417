"""One view, one template: the whole page, or its partial for htmx."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, push_url
from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """A request behind LoginRequiredMiddleware and HtmxMiddleware, for types only."""

    htmx: HtmxDetails


def is_partial(request: HttpRequest) -> bool:
    """Does htmx ask for a part of the page, to swap it in?

    Boosted links and restored history get the whole page, as browsers do.
    """
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined] # set by HtmxMiddleware
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def lead_to(request: HttpRequest, page: Model) -> HttpResponse:
    """Lead from a form to another page: to all of it, where htmx would take a part."""
    address = resolve_url(page)
    if is_partial(request):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    partial: str,
    status: int = 200,
    address: str = "",
) -> HttpResponse:
    """Render the page, or just its partial where htmx asks to swap that.

    Args:
        request: what came in.
        template: of the whole page.
        context: for either.
        partial: the name of the partial in the template.
        status: of the answer.
        address: what the browser shall show after the swap; empty to leave that to
            the element that asked.
    """
    wants_partial = is_partial(request)
    name = f"{template}#{partial}" if wants_partial else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    if wants_partial and address:
        push_url(response, address)
    return response
