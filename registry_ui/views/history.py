"""Who held which target of a model from when to when, and at two instants."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registry_ui.forms import InstantForm
from registry_ui.htmx import render_page
from registry_ui.models import Holding, ModelVersion
from registry_ui.views.getters import signed_in, visible_model_or_404
from registry_ui.views.selection import Selection

TEMPLATE = "registry_ui/model_history.html"
SHOWN = 200


@dataclass(frozen=True, slots=True)
class TargetChange:
    """Which versions a target had at two instants, the newest first.

    Attributes:
        sample: a holding of it, which names the target.
        then: its versions at the first instant.
        later: its versions at the second one.
    """

    sample: Holding
    then: tuple[ModelVersion, ...]
    later: tuple[ModelVersion, ...]

    @property
    def is_changed(self) -> bool:
        """Did it have others at the second instant?"""
        return self.then != self.later

    @property
    def compare_url(self) -> str:
        """Return the address that compares the newest ones; empty if they are one."""
        if not (self.then and self.later) or self.then[0] == self.later[0]:
            return ""
        newest = (self.then[0], self.later[0])
        return Selection(tuple(version.compare_key for version in newest)).url()


@require_safe
def model_history(request: HttpRequest, name: str) -> HttpResponse:
    """Show the holdings of a model, or those at an instant beside those at another."""
    model = visible_model_or_404(signed_in(request), name)
    form = InstantForm(request.GET)
    is_valid = form.is_valid()
    instant = form.cleaned_data["at"] if is_valid else None
    later = form.cleaned_data["later"] if is_valid else None
    holdings = model.holdings.select_related(
        "version__model",
        "started_request__closed_by",
        "started_incident",
        "ended_request__closed_by",
        "ended_incident",
    )
    changes: list[TargetChange] = []
    if instant:
        changes = _changes(
            holdings.at(instant), holdings.at(later) if later else holdings.current()
        )
        holdings = holdings.at(instant).order_by("target", "-version__number")
    rows = list(holdings[: SHOWN + 1])
    context = {
        "model": model,
        "form": form,
        "instant": instant,
        "later": later,
        "changes": changes[:SHOWN],
        "rows": rows[:SHOWN],
        "has_more": len(rows) > SHOWN,
    }
    status = 422 if form.errors else 200
    return render_page(request, TEMPLATE, context, partial="holdings", status=status)


def _changes(then: Iterable[Holding], later: Iterable[Holding]) -> list[TargetChange]:
    """Return what each target had at the two instants, stages before aliases."""
    samples: dict[str, Holding] = {}
    versions: dict[tuple[str, bool], list[ModelVersion]] = defaultdict(list)
    for is_later, holdings in ((False, then), (True, later)):
        for holding in holdings:
            samples.setdefault(holding.target, holding)
            versions[holding.target, is_later].append(holding.version)
    return [
        TargetChange(
            sample,
            _newest_first(versions[target, False]),
            _newest_first(versions[target, True]),
        )
        for target, sample in sorted(
            samples.items(), key=lambda item: (not item[1].stage, item[0])
        )
    ]


def _newest_first(versions: Iterable[ModelVersion]) -> tuple[ModelVersion, ...]:
    return tuple(sorted(versions, key=lambda version: -version.number))
