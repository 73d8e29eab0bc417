"""Emergencies: the page that breaks the glass, and how often that is done."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from registry_ui import permissions
from registry_ui.actions.apply import wait_until_settled
from registry_ui.actions.break_glass import break_glass
from registry_ui.errors import ActionError
from registry_ui.forms import BreakGlassForm
from registry_ui.htmx import lead_to, render_page
from registry_ui.models import TransitionRequest
from registry_ui.views.getters import (
    signed_in,
    visible_version_or_404,
)
from registry_ui.views.proposals import proposal, stage_choices

TEMPLATE = "registry_ui/request_break_glass.html"
SHARE_DAYS = 90
SHOWN_REVIEWS = 5

Kind = TransitionRequest.Kind
_CHANGES = (Kind.PROMOTION, Kind.ROLLBACK, Kind.ARCHIVE, Kind.BREAK_GLASS)


@require_http_methods(["GET", "HEAD", "POST"])
def request_break_glass(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Put a version into a target at once, and owe a review of it."""
    user = signed_in(request)
    version = visible_version_or_404(user, name, number)
    if not permissions.may_break_glass(user, version.model):
        raise PermissionDenied
    posted = request.POST if request.method == "POST" else None
    form = BreakGlassForm(posted, initial=proposal(request, version))
    if form.is_valid():
        try:
            ask = break_glass(
                version,
                form.target,
                actor=user,
                reason=form.cleaned_data["comment"],
                archive_existing_versions=form.archives,
            )
        except ActionError as error:
            form.add_error(getattr(error, "field", None), str(error))
        else:
            wait_until_settled(ask, seconds=settings.APPLY_PATIENCE_SECONDS)
            return lead_to(request, ask)
    context = {
        "version": version,
        "form": form,
        "stages": stage_choices(user, version),
        "aliases": version.model.aliases.select_related("version"),
    }
    status = 422 if form.errors else 200
    return render_page(request, TEMPLATE, context, partial="ask", status=status)


@dataclass(frozen=True, slots=True)
class BreakGlassFigures:
    """How often the glass is broken, of the changes carried out in 90 days.

    Attributes:
        count: how many were break-glass.
        total: of how many changes that were decided here.
        reviews: what is not reviewed yet, the first due first.
    """

    count: int
    total: int
    reviews: list[TransitionRequest]

    @property
    def percent(self) -> str:
        """Return the share: `6 %`; what is less than one in a hundred is not 0."""
        share = 100 * self.count / self.total if self.total else 0
        return "under 1 %" if 0 < share < 1 else f"{share:.0f} %"


def break_glass_figures(user: User) -> BreakGlassFigures:
    """Return the figures of the models that the user may read."""
    asks = TransitionRequest.objects.visible_to(user)
    since = timezone.now() - timedelta(days=SHARE_DAYS)
    applied = asks.filter(applied_at__gte=since, kind__in=_CHANGES).aggregate(
        total=Count("pk"), count=Count("pk", filter=Q(kind=Kind.BREAK_GLASS))
    )
    due = asks.reviews_due().select_related("version__model", "requested_by")
    return BreakGlassFigures(**applied, reviews=list(due[:SHOWN_REVIEWS]))
