"""A model's versions as people look at them: the stage board, and single lines."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet, Value

from registry_ui.actions.facts import metric_choices
from registry_ui.comparison import MetricChoices
from registry_ui.models import (
    Alias,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from registry_ui.models.prepared import PreparedQuery
from registry_ui.views.headlines import Headline, compared_headline, metrics_of

TILES = 5
FULL_TILES = {Stage.NONE: 1, Stage.STAGING: 3, Stage.PRODUCTION: 3, Stage.ARCHIVED: 0}

_SHOWN = ("model", "number", "stage", "created_at")
_SHOWN_EVIDENCE = ("evidence__version", "evidence__run_user", "evidence__metrics")


class HeldAlias(NamedTuple):
    """An alias of a model, and which version holds it."""

    name: str
    number: int
    stage: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is set and asked for in one model: read once for all lines of its page.

    Attributes:
        aliases: by name.
        open_requests: the newest first.
    """

    aliases: Sequence[HeldAlias]
    open_requests: Sequence[TransitionRequest]

    def aliases_by_number(self) -> Mapping[int, Sequence[HeldAlias]]:
        """Return the aliases of each version, by its number."""
        found: dict[int, list[HeldAlias]] = defaultdict(list)
        for alias in self.aliases:
            found[alias.number].append(alias)
        return found

    def newest_request_by_version(self) -> Mapping[int, TransitionRequest]:
        """Return the newest open request for each version, by its primary key."""
        asked = [ask for ask in self.open_requests if not ask.follows_id]
        return {ask.version_id: ask for ask in reversed(asked)}


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version with what is said of it; a tile of the board, a row of the table.

    `ask` is the newest open request for it.
    """

    version: ModelVersion
    headline: Headline | None
    author: str
    aliases: Sequence[HeldAlias]
    ask: TransitionRequest | None
    is_compact: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One stage: how many versions it has, and the newest of them."""

    stage: Stage
    count: int
    tiles: tuple[VersionLine, ...]

    @property
    def more_count(self) -> int:
        """Return how many versions have no tile."""
        return self.count - len(self.tiles)


@dataclass(frozen=True, slots=True)
class Board:
    """The stage board of one model.

    `metric` is the name of the headline metric: the one that speaks for the newest
    version in Production, else for the newest version; None where there is none.
    `aliases` are by the number of their version, `asks` the newest open requests by
    its primary key, `choices` what people chose for the model's metrics.
    """

    columns: tuple[Column, ...]
    metric: str | None
    baseline: ModelVersion | None
    aliases: Mapping[int, Sequence[HeldAlias]]
    asks: Mapping[int, TransitionRequest]
    choices: MetricChoices

    @property
    def version_count(self) -> int:
        """Return how many versions the model has."""
        return self.count_in("")

    def column(self, stage: Stage) -> Column:
        """Return the column of a stage."""
        return next(column for column in self.columns if column.stage == stage)

    def count_in(self, stage: str) -> int:
        """Return how many versions are in a stage; all of them for ""."""
        return sum(c.count for c in self.columns if stage in ("", c.stage))

    @property
    def candidate(self) -> ModelVersion | None:
        """Return the newest version that is not in Production; None without one."""
        found = [
            column.tiles[0].version
            for column in self.columns
            if column.tiles and column.stage != Stage.PRODUCTION
        ]
        return max(found, key=lambda version: version.number, default=None)

    def line(self, version: ModelVersion, *, is_compact: bool = False) -> VersionLine:
        """Return a version with its headline beside Production's."""
        is_baseline = self.baseline is not None and version.pk == self.baseline.pk
        headline = compared_headline(
            metrics_of(version),
            {} if is_baseline else metrics_of(self.baseline),
            name=self.metric,
            choices=self.choices,
        )
        evidence = getattr(version, "evidence", None)
        author = evidence.run_user if evidence else ""
        return VersionLine(
            version,
            headline,
            author,
            self.aliases.get(version.number, ()),
            self.asks.get(version.pk),
            is_compact,
        )


def _counts_and_newest(pks: Sequence[int]) -> QuerySet[ModelVersion, Any]:
    """Return tuples: a stage and how many it has; a stage, 0, and one of its newest.

    One look into an index a stage: to rank all versions is slow where there are many.
    """
    live = ModelVersion.objects.filter(model__in=pks, deleted_at=None).order_by()
    counts = live.values("stage").annotate(count=Count("*"))
    newest = [
        ModelVersion.objects.filter(
            pk__in=live.filter(stage=stage).order_by("-number").values("pk")[:TILES]
        )
        for stage in Stage
    ]
    return counts.values_list("stage", "count", Value(0)).union(
        *(rows.order_by().values_list("stage", Value(0), "pk") for rows in newest),
        all=True,
    )


_COUNTS_AND_NEWEST = PreparedQuery(_counts_and_newest, most=1)
_ALIASES = PreparedQuery(
    lambda pks: (
        Alias.objects.filter(model__in=pks)
        .order_by("name")
        .values_list("name", "version__number", "version__stage")
    ),
    most=1,
)


def standing_of(
    model: RegisteredModel, open_requests: Sequence[TransitionRequest]
) -> Standing:
    """Return what is set in a model, beside the open requests for it."""
    aliases = [HeldAlias(*row) for row in _ALIASES([model.pk])]
    return Standing(aliases, open_requests)


def stage_board(model: RegisteredModel, standing: Standing) -> Board:
    """Return the board of a model, in a fixed number of queries."""
    rows = _COUNTS_AND_NEWEST([model.pk])
    totals: dict[str, int] = {stage: count for stage, count, _ in rows if count}
    pks = [pk for _, _, pk in rows if pk]
    versions = list(for_lines(model.versions.filter(pk__in=pks)))
    baseline = next((v for v in versions if v.stage == Stage.PRODUCTION), None)
    speaker = baseline or next(iter(versions), None)
    choices = metric_choices(model)
    frame = Board(
        (),
        choices.headline_of(metrics_of(speaker)),
        baseline,
        standing.aliases_by_number(),
        standing.newest_request_by_version(),
        choices,
    )
    columns = tuple(
        Column(
            stage,
            totals.get(stage, 0),
            tuple(
                frame.line(version, is_compact=index >= FULL_TILES[stage])
                for index, version in enumerate(
                    [v for v in versions if v.stage == stage]
                )
            ),
        )
        for stage in Stage
    )
    return replace(frame, columns=columns)


def for_lines(
    versions: QuerySet[ModelVersion], *, has_params: bool = False
) -> QuerySet[ModelVersion]:
    """Fetch along what tiles and rows show, and nothing large besides.

    Args:
        versions: of one model, through its own manager, which knows the model.
        has_params: are parameters shown?
    """
    shown = [*_SHOWN, *_SHOWN_EVIDENCE, *(["evidence__params"] * has_params)]
    return versions.select_related("evidence").only(*shown).order_by("-number")
