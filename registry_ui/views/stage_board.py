"""A model's versions as people look at them: the stage board, and single lines."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import Count, QuerySet

from registry_ui.comparison import headline_metric
from registry_ui.models import (
    Alias,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from registry_ui.views.headlines import Headline, compared_headline, metrics_of
from registry_ui.views.prepared import PreparedQuery

TILES = 5
FULL_TILES = {Stage.NONE: 1, Stage.STAGING: 3, Stage.PRODUCTION: 3, Stage.ARCHIVED: 0}

_PARAMS = "evidence__params"
_UNUSED_EVIDENCE = [
    _PARAMS,
    *(
        f"evidence__{name}"
        for name in (
            "run_tags",
            "datasets",
            "signature",
            "flavors",
            "requirements",
            "input_example",
        )
    ),
]


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
        return {ask.version_id: ask for ask in reversed(self.open_requests)}


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
    its primary key.
    """

    columns: tuple[Column, ...]
    metric: str | None
    baseline: ModelVersion | None
    aliases: Mapping[int, Sequence[HeldAlias]]
    asks: Mapping[int, TransitionRequest]

    @property
    def version_count(self) -> int:
        """Return how many versions the model has."""
        return self.count_in("")

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


def _newest_in(stage: Stage) -> PreparedQuery:
    return PreparedQuery(
        lambda pks: (
            ModelVersion.objects.filter(model__in=pks, stage=stage, deleted_at=None)
            .order_by("-number")
            .values_list("pk")[:TILES]
        ),
        most=1,
    )


_NEWEST = [_newest_in(stage) for stage in Stage]
"""One look into an index a stage: to rank all versions is slow where there are many."""
_COUNTS = PreparedQuery(
    lambda pks: (
        ModelVersion.objects.filter(model__in=pks, deleted_at=None)
        .order_by()
        .values_list("stage")
        .annotate(count=Count("pk"))
    ),
    most=1,
)


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
    totals: dict[str, int] = dict(_COUNTS([model.pk]))
    pks = [pk for newest in _NEWEST for (pk,) in newest([model.pk])]
    versions = list(for_lines(model.versions.filter(pk__in=pks)))
    baseline = next((v for v in versions if v.stage == Stage.PRODUCTION), None)
    speaker = baseline or next(iter(versions), None)
    frame = Board(
        (),
        headline_metric(metrics_of(speaker)),
        baseline,
        standing.aliases_by_number(),
        standing.newest_request_by_version(),
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
    unused = [name for name in _UNUSED_EVIDENCE if not (has_params and name == _PARAMS)]
    return versions.select_related("evidence").defer(*unused).order_by("-number")
