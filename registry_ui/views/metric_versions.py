"""A metric of a model's versions: over time or against another; where serves what."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from registry_ui.charts import Dot, Mark, Series, Spread, box, line, scatter
from registry_ui.comparison import format_number
from registry_ui.forms import AgainstForm
from registry_ui.htmx import render_page
from registry_ui.models import ModelVersion, RegisteredModel
from registry_ui.models.text import MetricValue
from registry_ui.planning import SERVING_STAGES
from registry_ui.views.getters import signed_in, visible_model_or_404
from registry_ui.views.version_table import Column, columns_to_choose

TEMPLATE = "registry_ui/metric_versions.html"
MOST_VERSIONS = 500
SPREAD_OF = 20
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
        other: what it has of the quantity that the metric is held against, if that is
            a number.
        other_text: the same as it was logged.
    """

    version: ModelVersion
    value: float | None
    change: float | None
    aliases: tuple[str, ...]
    is_newest: bool
    other: float | None = None
    other_text: str = ""

    @property
    def number(self) -> int:
        """Return the version's number."""
        return self.version.number

    @property
    def drawn(self) -> float:
        """Return the value; NaN, which is a gap, where there is none."""
        return math.nan if self.value is None else self.value

    @property
    def serves(self) -> bool:
        """Is it the newest version in a stage that serves?"""
        return self.is_newest and self.version.stage in SERVING_STAGES

    @property
    def label(self) -> str:
        """Name what it serves; empty for what serves nobody."""
        names = [self.version.stage] * self.serves + [
            f"@{alias}" for alias in self.aliases
        ]
        return f"v{self.number} {' '.join(names[:_MOST_NAMES])}" if names else ""


@require_safe
def metric_versions(request: HttpRequest, name: str, key: str) -> HttpResponse:
    """Show one metric of the newest versions of a model, with who serves marked.

    Raises:
        Http404: none of them has the metric.
    """
    model = visible_model_or_404(signed_in(request), name)
    form = AgainstForm(request.GET)
    against = _column(form.chosen()["against"])
    lines = _newest(model, key, against) if MetricValue.can_read(key) else []
    known = [one.drawn for one in lines if one.value is not None]
    if not known:
        raise Http404
    spread = Spread.of(known[:SPREAD_OF])
    context = {
        "model": model,
        "key": key,
        "lines": lines,
        "against": against,
        "choices": _choices(model, key),
        "spread": spread,
        "box": _box(spread, lines) if spread else "",
        "has_more": len(lines) == MOST_VERSIONS,
        "chart": _against(lines, against, key)
        if against
        else _over_versions(lines, key),
    }
    return render_page(request, TEMPLATE, context, partial="metric")


def _column(key: str) -> Column | None:
    """Return the metric or parameter that an address names; None if it names none."""
    column = Column.of(key)
    is_readable = column.kind == "param" or column.is_sortable
    return column if column.name and is_readable else None


def _choices(model: RegisteredModel, key: str) -> list[tuple[str, list[Column]]]:
    """Return what the metric can be held against, by kind."""
    found = []
    for words, columns, _ in columns_to_choose(model, []):
        numbers = [
            one for one in columns if one.kind != "tag" and one != Column("metric", key)
        ]
        if numbers:
            found.append((words, numbers))
    return found


def _over_versions(lines: Sequence[VersionValue], key: str) -> SafeString:
    return line(
        [Series(key, [(one.number, one.drawn) for one in reversed(lines)])],
        chart_id="metric-by-version",
        title=key,
        x_label="version",
        first_colour=1,
        marks=[Mark(one.number, one.drawn, one.label) for one in lines if one.label],
    )


def _against(lines: Sequence[VersionValue], column: Column, key: str) -> SafeString:
    return scatter(
        [
            Dot(
                math.nan if one.other is None else one.other,
                one.drawn,
                one.label or f"v{one.number}",
                is_named=bool(one.label),
            )
            for one in lines
        ],
        chart_id="metric-against",
        x_label=column.name,
        y_label=key,
    )


def _box(spread: Spread, lines: Sequence[VersionValue]) -> SafeString:
    serving = [(one.label, one.drawn) for one in lines if one.serves]
    words = ", ".join(f"{name} at {format_number(value)}" for name, value in serving)
    return box(spread, serving, label=f"Spread{f': {words}' if words else ''}")


def _newest(
    model: RegisteredModel, key: str, against: Column | None
) -> list[VersionValue]:
    """Return the newest versions of a model with a metric, the newest first."""
    aliases: dict[int, list[str]] = defaultdict(list)
    for alias, pk in model.aliases.order_by("name").values_list("name", "version"):
        aliases[pk].append(alias)
    found = model.versions.filter(deleted_at=None).annotate(value=MetricValue(key))
    if against and against.is_metric:
        found = found.annotate(other=MetricValue(against.name))
    elif against:
        text = KeyTextTransform(against.name, F("evidence__params"))
        found = found.annotate(other=text)
    versions: list[Any] = list(
        found.only("model", "number", "stage", "created_at").order_by("-number")[
            :MOST_VERSIONS
        ]
    )
    newest = {version.stage: version.pk for version in reversed(versions)}
    before: float | None = None
    lines = []
    for version in reversed(versions):
        value = MetricValue.shown(version.value)
        change = None if value is None or before is None else value - before
        before = before if value is None else value
        is_newest = newest[version.stage] == version.pk
        other = getattr(version, "other", None)
        lines.append(
            VersionValue(
                version,
                value,
                change,
                tuple(aliases[version.pk]),
                is_newest,
                _number(other),
                "" if other is None else str(other),
            )
        )
    return lines[::-1]


def _number(value: float | str | None) -> float | None:
    """Read what a version has of the other quantity; None where it is no number."""
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return MetricValue.shown(number)
