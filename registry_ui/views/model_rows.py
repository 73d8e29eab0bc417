"""What the list of models says of each, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from registry_ui.models import (
    Alias,
    Evidence,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from registry_ui.views.headlines import Headline, headline_of

_Key = TypeVar("_Key")

SHOWN = 2
"""How many holders of a stage, and how many aliases, a row names."""


@dataclass(frozen=True, slots=True)
class Named:
    """The first few of something, and how many more there are."""

    items: tuple[tuple[str, int], ...] = ()
    more_count: int = 0


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model as the list shows it.

    `production`, `staging` and `aliases` name (label, version number) pairs, the
    newest version first and aliases by name.
    """

    model: RegisteredModel
    production: Named
    staging: Named
    aliases: Named
    headline: Headline | None
    version_count: int
    open_count: int


def model_rows(models: Iterable[RegisteredModel]) -> list[ModelRow]:
    """Return one row a model, in the given order."""
    models = list(models)
    pks = [model.pk for model in models]
    holders, newest = _holders(pks)
    aliases = _aliases(pks)
    metrics = dict(
        Evidence.objects.filter(version__in=newest.values()).values_list(
            "version", "metrics"
        )
    )
    versions = dict(
        ModelVersion.objects.filter(model__in=pks, deleted_at=None)
        .order_by()
        .values_list("model")
        .annotate(count=Count("pk"))
    )
    requests = dict(
        TransitionRequest.objects.open()
        .filter(version__model__in=pks)
        .order_by()
        .values_list("version__model")
        .annotate(count=Count("pk"))
    )
    return [
        ModelRow(
            model,
            holders[model.pk, Stage.PRODUCTION],
            holders[model.pk, Stage.STAGING],
            aliases[model.pk],
            headline_of(metrics.get(newest.get(model.pk, 0), {})),
            versions.get(model.pk, 0),
            requests.get(model.pk, 0),
        )
        for model in models
    ]


def _holders(
    pks: Sequence[int],
) -> tuple[dict[tuple[int, str], Named], dict[int, int]]:
    """Return who is in Production and Staging; and the newest in Production, by pk."""
    cell = [F("model"), F("stage")]
    found = (
        ModelVersion.objects.filter(
            model__in=pks,
            stage__in=[Stage.PRODUCTION, Stage.STAGING],
            deleted_at=None,
        )
        .annotate(
            rank=Window(RowNumber(), partition_by=cell, order_by=F("number").desc()),
            total=Window(Count("pk"), partition_by=cell),
        )
        .filter(rank__lte=SHOWN)
        .order_by("-number")
        .values_list("model", "stage", "number", "pk", "total")
    )
    named: dict[tuple[int, str], list[tuple[str, int]]] = defaultdict(list)
    totals: dict[tuple[int, str], int] = {}
    newest: dict[int, int] = {}
    for model, stage, number, pk, total in found:
        named[model, stage].append((f"v{number}", number))
        totals[model, stage] = total
        if stage == Stage.PRODUCTION:
            newest.setdefault(model, pk)
    return _shortened(named, totals), newest


def _aliases(pks: Sequence[int]) -> dict[int, Named]:
    found = (
        Alias.objects.filter(model__in=pks)
        .annotate(
            rank=Window(RowNumber(), partition_by=F("model"), order_by=F("name").asc()),
            total=Window(Count("pk"), partition_by=F("model")),
        )
        .filter(rank__lte=SHOWN)
        .order_by("name")
        .values_list("model", "name", "version__number", "total")
    )
    named: dict[int, list[tuple[str, int]]] = defaultdict(list)
    totals: dict[int, int] = {}
    for model, name, number, total in found:
        named[model].append((name, number))
        totals[model] = total
    return _shortened(named, totals)


def _shortened(
    named: dict[_Key, list[tuple[str, int]]], totals: dict[_Key, int]
) -> dict[_Key, Named]:
    short = {
        key: Named(tuple(items), totals[key] - len(items))
        for key, items in named.items()
    }
    return defaultdict(Named, short)
