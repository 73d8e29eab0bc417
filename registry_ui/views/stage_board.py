"""A model's versions as people look at them: the stage board and the table."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Prefetch, QuerySet, Window
from django.db.models.functions import RowNumber

from registry_ui.comparison import headline_metric
from registry_ui.models import ModelVersion, RegisteredModel, Stage, TransitionRequest
from registry_ui.views.headlines import Headline, compared_headline, metrics_of

TILES = 5
FULL_TILES = {Stage.NONE: 1, Stage.STAGING: 3, Stage.PRODUCTION: 3, Stage.ARCHIVED: 0}
PAGE_SIZE = 15

_UNUSED_EVIDENCE = [
    f"evidence__{name}"
    for name in (
        "params",
        "run_tags",
        "datasets",
        "signature",
        "flavors",
        "requirements",
        "input_example",
    )
]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version with its headline metric; a tile of the board, a row of the table."""

    version: ModelVersion
    headline: Headline | None
    author: str
    is_compact: bool = False


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
    """

    columns: tuple[Column, ...]
    metric: str | None
    baseline: ModelVersion | None

    @property
    def version_count(self) -> int:
        """Return how many versions the model has."""
        return sum(column.count for column in self.columns)

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
        return VersionLine(version, headline, author, is_compact)


def stage_board(model: RegisteredModel) -> Board:
    """Return the board of a model, in a fixed number of queries."""
    newest = (
        model.versions.filter(deleted_at=None)
        .annotate(
            rank=Window(
                RowNumber(), partition_by=F("stage"), order_by=F("number").desc()
            ),
            total=Window(Count("pk"), partition_by=F("stage")),
        )
        .filter(rank__lte=TILES)
        .values_list("pk", "stage", "total")
    )
    totals: dict[str, int] = {}
    pks = []
    for pk, stage, total in newest:
        pks.append(pk)
        totals[stage] = total
    versions = list(_for_lines(ModelVersion.objects.filter(pk__in=pks)))
    baseline = next((v for v in versions if v.stage == Stage.PRODUCTION), None)
    speaker = baseline or next(iter(versions), None)
    frame = Board((), headline_metric(metrics_of(speaker)), baseline)
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
    return Board(columns, frame.metric, baseline)


def version_table(
    model: RegisteredModel, board: Board, *, stage: str, page_number: str | None
) -> tuple[Page[ModelVersion], list[VersionLine]]:
    """Return one page of the model's versions, newest first, and its rows.

    Args:
        model: whose versions.
        board: gives the headline metric and what it is compared with.
        stage: one of MLflow's; empty for all.
        page_number: as it was asked for; anything else than a number is the first.
    """
    versions = model.versions.filter(deleted_at=None)
    if stage:
        versions = versions.filter(stage=stage)
    page = Paginator(_for_lines(versions), PAGE_SIZE).get_page(page_number)
    return page, [board.line(version) for version in page]


def _for_lines(versions: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
    """Fetch along what tiles and rows show, and nothing large besides."""
    open_requests = TransitionRequest.objects.open().select_related("requested_by")
    return (
        versions.select_related("model", "evidence")
        .defer(*_UNUSED_EVIDENCE)
        .prefetch_related(
            "aliases",
            Prefetch("transition_requests", open_requests, to_attr="open_requests"),
        )
        .order_by("-number")
    )
