"""The page: what can and cannot be prevented here, for one role at a time."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registry_ui.api.enforcement.detours import DETOURS
from registry_ui.api.enforcement.installation import look_around
from registry_ui.api.enforcement.matrix import (
    MAY_NOT_PROMOTE,
    PAST_SIGNOFF,
    ROLES,
    THROUGH_SIGNOFF,
    lines_for,
    lines_past,
)
from registry_ui.api.enforcement.outcomes import Outcome
from registry_ui.htmx import render_page

TEMPLATE = "registry_ui/enforcement.html"


@require_safe
def enforcement(request: HttpRequest) -> HttpResponse:
    """Show the matrix for the role of the address; any signed-in person may look."""
    by_slug = {role.slug: role for role in ROLES}
    role = by_slug.get(request.GET.get("role", ""), MAY_NOT_PROMOTE)
    here = look_around()
    context = {
        "facts": here.facts,
        "roles": ROLES,
        "role": role,
        "ways": THROUGH_SIGNOFF,
        "lines": lines_for(role),
        "ways_past": PAST_SIGNOFF,
        "lines_past": lines_past(),
        "own_way": here.own_way,
        "detours": DETOURS,
        "outcomes": list(Outcome),
    }
    return render_page(request, TEMPLATE, context, partial="matrix")
