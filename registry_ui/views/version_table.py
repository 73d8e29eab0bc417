"""The table of a model's versions: filters, orders, columns of one's own, a trend."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.safestring import SafeString

from registry_ui.charts import spark
from registry_ui.comparison import format_number
from registry_ui.keyset import (
    Edges,
    Key,
    KeysetPage,
    Order,
    SortKey,
    page_of,
)
from registry_ui.models import (
    Alias,
    Evidence,
    ModelVersion,
    RegisteredModel,
    VersionTag,
)
from registry_ui.models.prepared import PreparedQuery
from registry_ui.models.text import MetricValue, contains, equals
from registry_ui.views.headlines import headline_of, metrics_of
from registry_ui.views.stage_board import Board, VersionLine, for_lines

PAGE_SIZE = 15
LEARNED = 10
"""Which columns there are is read off so many of the newest versions."""
MOST_CHOICES = 100
TREND = 100
"""How many of the newest versions a trend is drawn from."""
_FEWEST_POINTS = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A metric, a parameter or a tag, as `metric:auc` in an address."""

    kind: str
    name: str

    @classmethod
    def of(cls, key: str) -> "Column":
        """Return the column that an address names."""
        kind, _, name = key.partition(":")
        return cls(kind, name)

    @property
    def key(self) -> str:
        """Return what addresses call it."""
        return f"{self.kind}:{self.name}"

    @property
    def is_metric(self) -> bool:
        """Is it a number that one can sort by?"""
        return self.kind == "metric"

    @property
    def is_sortable(self) -> bool:
        """Can the database read it?"""
        return self.is_metric and MetricValue.can_read(self.name)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A version and what it has in each of the columns; empty where it has nothing."""

    line: VersionLine
    cells: tuple[tuple[Column, str], ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """How a metric went over the newest versions: a picture, and the same in words."""

    metric: str
    picture: SafeString
    words: str


@dataclass(frozen=True, slots=True)
class VersionTable:
    """One page of the table.

    `columns` come after those that every table has.
    """

    page: KeysetPage[ModelVersion]
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    trend: Trend | None


def version_table(
    model: RegisteredModel, board: Board, chosen: dict[str, Any], edges: Edges
) -> VersionTable:
    """Return one page of the model's versions.

    Args:
        model: whose versions.
        board: gives the headline metric and what it is compared with.
        chosen: of `VersionFilterForm`.
        edges: where the page lies.
    """
    found = _find_versions(model, chosen)
    sorted_by = _sorted_metric(chosen["sort"])
    order = version_order(model, chosen["sort"])
    columns = _columns(chosen["col"], sorted_by, board.metric)
    page = page_of(
        found,
        _with_columns(model, columns).order_by().in_bulk,
        order,
        edges,
        size=PAGE_SIZE,
    )
    if page.is_cut and not (chosen["q"] or chosen["alias"]):
        page = replace(page, count=board.count_in(chosen["stage"]), is_cut=False)
    rows = tuple(
        TableRow(
            board.line(version),
            tuple((column, _cell(version, column)) for column in columns),
        )
        for version in page.rows
    )
    return VersionTable(page, columns, rows, _trend(model, sorted_by or board.metric))


def _newest(pks: Sequence[int]) -> QuerySet[ModelVersion, Any]:
    live = ModelVersion.objects.filter(model__in=pks, deleted_at=None)
    return live.order_by("-number").values("pk")[:LEARNED]


_EVIDENCE = PreparedQuery(
    lambda pks: Evidence.objects.filter(version__in=_newest(pks)).values_list(
        "metrics", "params"
    ),
    most=1,
)
_TAG_KEYS = PreparedQuery(
    lambda pks: (
        VersionTag.objects.filter(version__in=_newest(pks))
        .order_by()
        .values_list("key")
        .distinct()
    ),
    most=1,
)


def metrics_seen(model: RegisteredModel) -> set[str]:
    """Return the names of the metrics that the newest versions have."""
    rows = _EVIDENCE([model.pk])
    return {name for metrics, _ in rows for name in metrics}


def columns_to_choose(
    model: RegisteredModel, chosen: Sequence[str]
) -> list[tuple[str, list[Column], int]]:
    """Return what may become a column: of the newest versions, and what is one.

    Returns:
        Each kind in words, its columns by name, and how many more there are.
    """
    seen = set(map(Column.of, chosen))
    for metrics, params in _EVIDENCE([model.pk]):
        seen |= {Column("metric", name) for name in metrics}
        seen |= {Column("param", name) for name in params}
    seen |= {Column("tag", key) for (key,) in _TAG_KEYS([model.pk])}
    groups = []
    for kind, words in (
        ("metric", "Metrics"),
        ("param", "Parameters"),
        ("tag", "Tags"),
    ):
        columns = sorted((c for c in seen if c.kind == kind), key=lambda c: c.name)
        if columns:
            more = max(0, len(columns) - MOST_CHOICES)
            groups.append((words, columns[:MOST_CHOICES], more))
    return groups


def _find_versions(
    model: RegisteredModel, chosen: dict[str, Any]
) -> QuerySet[ModelVersion]:
    versions = ModelVersion.objects.filter(model=model, deleted_at=None)
    if stage := chosen["stage"]:
        versions = versions.filter(stage=stage)
    if alias := chosen["alias"]:
        held = Alias.objects.filter(equals("name", alias), model=model)
        versions = versions.filter(pk__in=held.values("version"))
    if text := chosen["q"]:
        tags = VersionTag.objects.filter(
            contains("key", text) | contains("value", text), version__model=model
        )
        versions = versions.filter(
            contains("description", text)
            | contains("evidence__run_user", text)
            | Q(pk__in=tags.values("version"))
        )
    return versions


def version_order(model: RegisteredModel, sort: str) -> Order[ModelVersion]:
    """Return an order of a model's versions; "" is the newest first.

    Args:
        model: whose versions.
        sort: of `VersionFilterForm`.
    """
    if _sorted_metric(sort):
        return _metric_order(model, sort)
    return Order(
        (SortKey(F("number"), is_descending=sort != "number"),),
        lambda version: str(version.number),
        lambda text: (number,) if (number := _number(text)) else None,
    )


def _metric_order(model: RegisteredModel, sort: str) -> Order[ModelVersion]:
    """Order by a metric; what has none, or NaN, comes last both ways."""
    is_descending = sort.startswith("-")
    beyond = Value(-math.inf if is_descending else math.inf)
    place = Coalesce(MetricValue(_sorted_metric(sort)), beyond)
    return Order(
        (SortKey(place, is_descending), SortKey(F("number"), is_descending=True)),
        lambda version: str(version.number),
        partial(_place_of, model, place),
    )


def _place_of(model: RegisteredModel, place: Coalesce, text: str) -> Key | None:
    """Look up the metric of the version at the edge: its number says it all."""
    versions = ModelVersion.objects.filter(model=model, number=_number(text))
    return versions.annotate(place=place).values_list("place", "number").first()


def _number(text: str) -> int:
    """Read a version's number; 0, which no version has, where it is none."""
    is_number = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004 - more digits than the column holds
    return int(text) if is_number else 0


def _sorted_metric(sort: str) -> str:
    return Column.of(sort.removeprefix("-")).name


def _columns(
    chosen: Iterable[str], sorted_by: str, headline: str | None
) -> tuple[Column, ...]:
    """Return the columns asked for; the one sorted by is always among them.

    The headline metric has its place in every table already.
    """
    keys = [f"metric:{sorted_by}"] if sorted_by else []
    wanted = dict.fromkeys(map(Column.of, [*keys, *chosen]))
    return tuple(c for c in wanted if c != Column("metric", headline or ""))


def _with_columns(
    model: RegisteredModel, columns: Iterable[Column]
) -> QuerySet[ModelVersion]:
    kinds = {column.kind for column in columns}
    tags = [column.name for column in columns if column.kind == "tag"]
    return for_lines(
        model.versions.all(), has_params="param" in kinds
    ).prefetch_related(
        Prefetch("tags", VersionTag.objects.filter(key__in=tags), "shown_tags")
    )


def _cell(version: ModelVersion, column: Column) -> str:
    if column.kind == "metric":
        headline = headline_of(metrics_of(version), name=column.name)
        return headline.text if headline else ""
    if column.kind == "param":
        evidence = getattr(version, "evidence", None)
        return str(evidence.params.get(column.name, "")) if evidence else ""
    tags: list[VersionTag] = version.shown_tags  # type: ignore[attr-defined] # by Prefetch
    return next((tag.value for tag in tags if tag.key == column.name), "")


def _trend(model: RegisteredModel, metric: str | None) -> Trend | None:
    """Draw a metric over the model's newest versions, whatever the table shows."""
    if not metric or not MetricValue.can_read(metric):
        return None
    newest = (
        ModelVersion.objects.filter(model=model, deleted_at=None)
        .annotate(value=MetricValue(metric))
        .order_by("-number")
        .values_list("number", "value")[:TREND]
    )
    points = [(number, MetricValue.shown(value)) for number, value in newest][::-1]
    known = [(number, value) for number, value in points if value is not None]
    if len(known) < _FEWEST_POINTS:
        return None
    (first, before), (last, after) = known[0], known[-1]
    values = [value for _, value in known]
    words = (
        f"over the newest {len(points)} versions: {format_number(before)} in v{first},"
        f" {format_number(after)} in v{last}; lowest {format_number(min(values))},"
        f" highest {format_number(max(values))}"
    )
    return Trend(metric, spark([value for _, value in points]), words)
