"""The inbox: requests that wait for me, mine, those I watch, all open and done ones."""

from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registry_ui.forms import KINDS, TABS, RequestFilterForm, statuses_of
from registry_ui.htmx import render_page
from registry_ui.models import ALIAS_PREFIX, Stage, TransitionRequest
from registry_ui.views.addresses import (
    address_of,
    edges_of,
    links_of,
    redirect_if_blank,
)
from registry_ui.views.getters import has_access, signed_in
from registry_ui.views.request_search import (
    find_requests,
    request_page,
    request_rows,
    usual_order,
)
from registry_ui.views.waiting import what_waits

LIST = "registry_ui/request_list.html"
SHOWN_ALIASES = 50
_STAGES = (Stage.PRODUCTION, Stage.STAGING, Stage.ARCHIVED, Stage.NONE)


@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    """Show requests, by default those that wait for this person, else all open ones."""
    user = signed_in(request)
    waiting = what_waits(request).requests
    form = RequestFilterForm(request.GET, usual="waiting" if waiting else "open")
    if tidy := redirect_if_blank(request, form):
        return tidy
    chosen = form.chosen()
    show = chosen["show"]
    order = chosen["sort"] or usual_order(show)
    found = find_requests(user, show, chosen, waiting)
    page = request_page(found, order, edges_of(request))
    counts = {"waiting": len(waiting), **_open_counts(user)}
    context = {
        "form": form,
        "chosen": chosen,
        "page": page,
        "rows": request_rows(page.rows),
        "links": links_of(form, page),
        "show": show,
        "heading": TABS.get(show, "All requests"),
        "tabs": _tabs(form, show, counts),
        "counts": counts,
        "orders": form.orders(usual_order(show)),
        "statuses": statuses_of(show),
        "kinds": KINDS,
        "conditions": form.conditions(),
        "unfiltered_url": f"?show={show}",
        "has_access": has_access(user),
        # Read by the whole page alone.
        "targets": partial(_targets, user, chosen["target"]),
    }
    address = address_of(request, form)
    return render_page(request, LIST, context, partial="requests", address=address)


def _open_counts(user: User) -> dict[str, int]:
    requests = TransitionRequest.objects.visible_to(user).open()
    mine = Count("pk", filter=Q(requested_by=user))
    return requests.aggregate(open=Count("pk"), mine=mine)


def _tabs(
    form: RequestFilterForm, show: str, counts: dict[str, int]
) -> list[dict[str, Any]]:
    """Return the tabs; each keeps the filters that mean something in its list."""
    return [
        {
            "name": name,
            "label": label,
            "url": form.query(show=name, sort="", **_status_in(name, form)),
            "count": counts.get(name, 0),
            "is_current": name == show,
        }
        for name, label in TABS.items()
    ]


def _status_in(show: str, form: RequestFilterForm) -> dict[str, str]:
    """Return the chosen status, if the list has it."""
    status = form.chosen()["status"]
    return {"status": status if status in dict(statuses_of(show)) else ""}


def _targets(user: User, chosen: str) -> list[tuple[str, str]]:
    """Return the targets to choose from: stages, and aliases that were asked for."""
    requests = TransitionRequest.objects.visible_to(user).order_by("target")
    asked = requests.filter(target__startswith=ALIAS_PREFIX).values_list(
        "target", flat=True
    )
    aliases = [
        f"@{target.removeprefix(ALIAS_PREFIX)}"
        for target in asked.distinct()[:SHOWN_ALIASES]
    ]
    names = [*map(str, _STAGES), *aliases]
    others = [chosen] if chosen and chosen not in (*names, "@") else []
    return [
        ("", "Any target"),
        ("@", "Any alias"),
        *((name, name) for name in (*names, *others)),
    ]
