"""What the list of models says of each, in a fixed number of queries."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count

from registry_ui.models import (
    Alias,
    Evidence,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from registry_ui.views.headlines import Headline, headline_of
from registry_ui.views.prepared import PreparedQuery

PAGE_SIZE = 25
SHOWN = 2
"""How many holders of a stage, and how many aliases, a row names."""


@dataclass(frozen=True, slots=True)
class Named:
    """The first of something, and in words the second and how many more there are."""

    first: str = ""
    number: int = 0
    rest: str = ""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model as the list shows it.

    `production` and `staging` name versions, the newest first, `aliases` names
    aliases in their order, each with the version's number.
    """

    model: RegisteredModel
    production: Named
    staging: Named
    aliases: Named
    headline: Headline | None
    version_count: int
    open_count: int


_IN_USE = PreparedQuery(
    lambda pks: (
        ModelVersion.objects.filter(
            model__in=pks,
            stage__in=[Stage.PRODUCTION, Stage.STAGING],
            deleted_at=None,
        )
        .order_by("-number")
        .values_list("model", "stage", "number", "pk")
    ),
    most=PAGE_SIZE,
)
_ALIASES = PreparedQuery(
    lambda pks: (
        Alias.objects.filter(model__in=pks)
        .order_by("name")
        .values_list("model", "name", "version__number")
    ),
    most=PAGE_SIZE,
)
_METRICS = PreparedQuery(
    lambda pks: Evidence.objects.filter(version__in=pks).values_list(
        "version", "metrics"
    ),
    most=PAGE_SIZE,
)
_VERSION_COUNTS = PreparedQuery(
    lambda pks: (
        ModelVersion.objects.filter(model__in=pks, deleted_at=None)
        .order_by()
        .values_list("model")
        .annotate(count=Count("pk"))
    ),
    most=PAGE_SIZE,
)
_OPEN_COUNTS = PreparedQuery(
    lambda pks: (
        TransitionRequest.objects.open()
        .filter(version__model__in=pks)
        .order_by()
        .values_list("version__model")
        .annotate(count=Count("pk"))
    ),
    most=PAGE_SIZE,
)


def model_rows(models: Iterable[RegisteredModel]) -> list[ModelRow]:
    """Return one row a model, in the given order; at most a page of them."""
    models = list(models)
    pks = [model.pk for model in models]
    holders, newest = _holders(pks)
    aliases = _aliases(pks)
    metrics = {pk: json.loads(text) for pk, text in _METRICS([*newest.values()])}
    versions: dict[int, int] = dict(_VERSION_COUNTS(pks))
    requests: dict[int, int] = dict(_OPEN_COUNTS(pks))
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
    named: dict[tuple[int, str], list[tuple[str, int]]] = defaultdict(list)
    newest: dict[int, int] = {}
    for model, stage, number, pk in _IN_USE(pks):
        named[model, stage].append((f"v{number}", number))
        if stage == Stage.PRODUCTION:
            newest.setdefault(model, pk)
    holders = {
        cell: _named(items, [label for label, _ in items])
        for cell, items in named.items()
    }
    return defaultdict(Named, holders), newest


def _aliases(pks: Sequence[int]) -> dict[int, Named]:
    named: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for model, name, number in _ALIASES(pks):
        named[model].append((f"@{name}", number))
    return defaultdict(
        Named,
        {
            model: _named(items, [f"{name} v{number}" for name, number in items])
            for model, items in named.items()
        },
    )


def _named(items: Sequence[tuple[str, int]], words: Sequence[str]) -> Named:
    """Return the first of (label, number) pairs, and the words for the others."""
    rest = list(words[1:SHOWN])
    if len(items) > SHOWN:
        rest.append(f"+{len(items) - SHOWN:,}")
    return Named(*items[0], " ".join(rest))
