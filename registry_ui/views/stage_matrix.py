"""The stage matrix: of every model, who serves and whether Staging beats Production."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registry_ui.actions.facts import metric_choices
from registry_ui.comparison import Verdict
from registry_ui.htmx import render_page
from registry_ui.models import STAGE_PREFIX, Holding, RegisteredModel, Stage
from registry_ui.views.addresses import address_of, redirect_if_blank
from registry_ui.views.getters import signed_in
from registry_ui.views.headlines import (
    Headline,
    compared_headline,
    headline_of,
)
from registry_ui.views.model_facts import Holder, ModelFacts
from registry_ui.views.model_search import ModelSearch
from registry_ui.views.selection import Selection
from registry_ui.views.waiting import OpenItem, open_items

TEMPLATE = "registry_ui/stage_matrix.html"
PAGE_SIZE = 100
SHOWN_ALIASES = 3
_TINTED = (Verdict.BETTER, Verdict.WORSE)
_STRONG, _CLEAR = 0.05, 0.005
"""How large a relative change is for its cell to be tinted strongly, or at all."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The newest version in one stage of a model, and how many more there are.

    Attributes:
        number: of the version.
        others: how many more versions the stage has.
        since: when it came there; None where that is not known.
        headline: in Staging beside the one in Production.
    """

    number: int
    others: int
    since: datetime | None
    headline: Headline | None

    @property
    def first(self) -> str:
        """Return what the newest version is called: "v7"."""
        return f"v{self.number}"

    @property
    def rest(self) -> str:
        """Return how many more there are, in words: "+2"."""
        return f"+{self.others:,}" if self.others else ""

    @property
    def heat(self) -> str:
        """Return the tint: "better-2", "worse-1", …; empty without a verdict."""
        shown = self.headline
        if shown is None or not shown.change or shown.verdict not in _TINTED:
            return ""
        before = shown.value - shown.change
        share = abs(shown.change / before) if before else math.inf
        if share < _CLEAR:
            return f"{shown.verdict}-0"
        return f"{shown.verdict}-{2 if share >= _STRONG else 1}"


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One model: its holders, its aliases, and what waits or went wrong.

    Attributes:
        metric: the name of the one that is compared; empty without any.
        compare_url: Production beside Staging; empty where one of them is empty.
        incident: the number of the open one; 0 without any.
    """

    model: RegisteredModel
    metric: str
    production: Cell | None
    staging: Cell | None
    compare_url: str
    aliases: tuple[tuple[str, int], ...]
    more_aliases: int
    open_count: int
    incident: int


@require_safe
def stage_matrix(request: HttpRequest) -> HttpResponse:
    """Show the matrix of the models that the user may read."""
    user = signed_in(request)
    search = ModelSearch.of(request)
    if tidy := redirect_if_blank(request, search.form):
        return tidy
    page = search.page(user, size=PAGE_SIZE)
    rows = matrix_rows(page.rows, open_items(request))
    context = search.context(user, page) | {"rows": rows}
    address = address_of(request, search.form)
    return render_page(request, TEMPLATE, context, partial="models", address=address)


def matrix_rows(
    models: Sequence[RegisteredModel], items: Iterable[OpenItem]
) -> list[MatrixRow]:
    """Return one row a model, in the given order; at most a page of them."""
    stages = (Stage.PRODUCTION, Stage.STAGING)
    pks = [model.pk for model in models]
    facts = ModelFacts.of(pks, items, measured=stages, most=PAGE_SIZE)
    newest = [holders[0].pk for holders in facts.holders.values()]
    since = _since(newest)
    return [_row(model, facts, since) for model in models]


def _row(
    model: RegisteredModel, facts: ModelFacts, since: Mapping[int, datetime]
) -> MatrixRow:
    served = facts.metrics_in(model.pk, Stage.PRODUCTION)
    candidate = facts.metrics_in(model.pk, Stage.STAGING)
    choices = metric_choices(model)
    metric = choices.headline_of(served) or choices.headline_of(candidate)
    production = _cell(
        model, Stage.PRODUCTION, facts, since, headline_of(served, name=metric)
    )
    staging = _cell(
        model,
        Stage.STAGING,
        facts,
        since,
        compared_headline(candidate, served, name=metric, choices=choices),
    )
    aliases = facts.aliases.get(model.pk, ())
    return MatrixRow(
        model,
        metric or "",
        production,
        staging,
        _compare_url(model, production, staging),
        tuple(aliases[:SHOWN_ALIASES]),
        max(0, len(aliases) - SHOWN_ALIASES),
        facts.open_requests.get(model.pk, 0),
        facts.incidents.get(model.pk, 0),
    )


def _cell(
    model: RegisteredModel,
    stage: Stage,
    facts: ModelFacts,
    since: Mapping[int, datetime],
    headline: Headline | None,
) -> Cell | None:
    holders: Sequence[Holder] = facts.holders.get((model.pk, stage), ())
    if not holders:
        return None
    newest = holders[0]
    return Cell(newest.number, len(holders) - 1, since.get(newest.pk), headline)


def _compare_url(
    model: RegisteredModel, production: Cell | None, staging: Cell | None
) -> str:
    if production is None or staging is None:
        return ""
    numbers = (production.number, staging.number)
    return Selection(tuple(f"{model.name}/{number}" for number in numbers)).url()


def _since(versions: Iterable[int]) -> dict[int, datetime]:
    """Return since when versions have been in the stage that they are in."""
    held = Holding.objects.current().filter(
        version__in=list(versions), target__startswith=STAGE_PREFIX
    )
    return dict(held.order_by().values_list("version", "started_at"))
