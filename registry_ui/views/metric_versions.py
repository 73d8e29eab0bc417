"""A metric over the versions of a model: how it went, and where what serves stands."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry_ui.charts import Mark, Series, line
from registry_ui.models import ModelVersion, RegisteredModel
from registry_ui.models.text import MetricValue
from registry_ui.planning import SERVING_STAGES
from registry_ui.views.getters import signed_in, visible_model_or_404

TEMPLATE = "registry_ui/metric_versions.html"
MOST_VERSIONS = 500
SPREAD_OF, FEWEST_OF_SPREAD = 20, 4
"""Of so many of the newest versions with the metric, the spread is told."""
_MOST_NAMES = 2


@dataclass(frozen=True, slots=True)
class VersionValue:
    """What one version of a model has of a metric.

    Attributes:
        version: with number, stage and creation.
        value: None where it has none.
        change: to the next older version that has a value; None without one.
        aliases: that point to it.
        is_newest: of its stage.
    """

    version: ModelVersion
    value: float | None
    change: float | None
    aliases: tuple[str, ...]
    is_newest: bool

    @property
    def number(self) -> int:
        """Return the version's number."""
        return self.version.number

    @property
    def drawn(self) -> float:
        """Return the value; NaN, which is a gap, where there is none."""
        return math.nan if self.value is None else self.value

    @property
    def label(self) -> str:
        """Name what it serves; empty for what serves nobody."""
        serves = self.is_newest and self.version.stage in SERVING_STAGES
        names = [self.version.stage] * serves + [f"@{alias}" for alias in self.aliases]
        return f"v{self.number} {' '.join(names[:_MOST_NAMES])}" if names else ""


@dataclass(frozen=True, slots=True)
class Spread:
    """Five numbers about some values: the ends, the quarters, the middle."""

    count: int
    lowest: float
    lower: float
    median: float
    upper: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread | None":
        """Return it; None for fewer than four values, which have no quarters."""
        finite = [value for value in values if math.isfinite(value)]
        if len(finite) < FEWEST_OF_SPREAD:
            return None
        lower, median, upper = quantiles(finite, n=4, method="inclusive")
        return cls(len(finite), min(finite), lower, median, upper, max(finite))


@require_safe
def metric_versions(request: HttpRequest, name: str, key: str) -> HttpResponse:
    """Show one metric over the newest versions of a model, with who serves marked.

    Raises:
        Http404: none of them has the metric.
    """
    model = visible_model_or_404(signed_in(request), name)
    lines = _newest(model, key) if MetricValue.can_read(key) else []
    known = [one.drawn for one in lines if one.value is not None]
    if not known:
        raise Http404
    context = {
        "model": model,
        "key": key,
        "lines": lines,
        "spread": Spread.of(known[:SPREAD_OF]),
        "has_more": len(lines) == MOST_VERSIONS,
        "chart": line(
            [Series(key, [(one.number, one.drawn) for one in reversed(lines)])],
            chart_id="metric-by-version",
            title=key,
            x_label="version",
            first_colour=1,
            marks=[
                Mark(one.number, one.drawn, one.label) for one in lines if one.label
            ],
        ),
    }
    return render(request, TEMPLATE, context)


def _newest(model: RegisteredModel, key: str) -> list[VersionValue]:
    """Return the newest versions of a model with a metric, the newest first."""
    aliases: dict[int, list[str]] = defaultdict(list)
    for alias, pk in model.aliases.order_by("name").values_list("name", "version"):
        aliases[pk].append(alias)
    versions: list[Any] = list(
        model.versions.filter(deleted_at=None)
        .annotate(value=MetricValue(key))
        .only("model", "number", "stage", "created_at")
        .order_by("-number")[:MOST_VERSIONS]
    )
    newest = {version.stage: version.pk for version in reversed(versions)}
    before: float | None = None
    found = []
    for version in reversed(versions):
        value = MetricValue.shown(version.value)
        change = None if value is None or before is None else value - before
        before = before if value is None else value
        is_newest = newest[version.stage] == version.pk
        names = tuple(aliases[version.pk])
        found.append(VersionValue(version, value, change, names, is_newest))
    return found[::-1]
