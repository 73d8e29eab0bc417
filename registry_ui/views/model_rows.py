"""What the list of models says of each, in a fixed number of queries."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Value

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
_IN_USE, _ALIAS, _VERSIONS, _REQUESTS = "in use", "alias", "versions", "requests"


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


_METRICS = PreparedQuery(
    lambda pks: Evidence.objects.filter(version__in=pks).values_list(
        "version", "metrics"
    ),
    most=PAGE_SIZE,
)


def _counted(rows: QuerySet[Any], model: str, kind: str) -> QuerySet[Any, Any]:
    counts: QuerySet[Any, Any] = (
        rows.order_by().values(model).annotate(count=Count("pk"))
    )
    return counts.values_list(Value(kind), model, Value(""), "count", Value(0))


def _facts_about(pks: Sequence[int]) -> QuerySet[Any, Any]:
    """Return all that rows say but metrics, in one query: each costs a round trip.

    Tuples of kind, model, text, number and primary key.
    """
    in_use = ModelVersion.objects.filter(
        model__in=pks, stage__in=[Stage.PRODUCTION, Stage.STAGING], deleted_at=None
    ).values_list(Value(_IN_USE), "model", "stage", "number", "pk")
    aliases = (
        Alias.objects.filter(model__in=pks)
        .order_by()
        .values_list(Value(_ALIAS), "model", "name", "version__number", Value(0))
    )
    versions = ModelVersion.objects.filter(model__in=pks, deleted_at=None)
    requests = TransitionRequest.objects.open().filter(version__model__in=pks)
    return in_use.order_by().union(
        aliases,
        _counted(versions, "model", _VERSIONS),
        _counted(requests, "version__model", _REQUESTS),
        all=True,
    )


_FACTS = PreparedQuery(_facts_about, most=PAGE_SIZE)


def model_rows(models: Iterable[RegisteredModel]) -> list[ModelRow]:
    """Return one row a model, in the given order; at most a page of them."""
    models = list(models)
    facts: dict[tuple[str, int], list[tuple[str, int, int]]] = defaultdict(list)
    for kind, pk, text, number, key in _FACTS([model.pk for model in models]):
        facts[kind, pk].append((text, number, key))
    newest = {
        pk: _newest_first(facts[kind, pk], Stage.PRODUCTION)
        for kind, pk in [*facts]
        if kind == _IN_USE
    }
    keys = {pk: versions[0][1] for pk, versions in newest.items() if versions}
    metrics = {key: json.loads(text) for key, text in _METRICS([*keys.values()])}
    return [
        ModelRow(
            model,
            _named_versions(newest.get(model.pk, [])),
            _named_versions(_newest_first(facts[_IN_USE, model.pk], Stage.STAGING)),
            _named_aliases(facts[_ALIAS, model.pk]),
            headline_of(metrics.get(keys.get(model.pk, 0), {})),
            sum(count for _, count, _ in facts[_VERSIONS, model.pk]),
            sum(count for _, count, _ in facts[_REQUESTS, model.pk]),
        )
        for model in models
    ]


def _newest_first(
    in_use: Iterable[tuple[str, int, int]], stage: str
) -> list[tuple[int, int]]:
    """Return numbers and primary keys of those in a stage."""
    return sorted(
        ((number, key) for found, number, key in in_use if found == stage), reverse=True
    )


def _named_versions(versions: Sequence[tuple[int, int]]) -> Named:
    items = [(f"v{number}", number) for number, _ in versions]
    return _named(items, [label for label, _ in items])


def _named_aliases(aliases: Iterable[tuple[str, int, int]]) -> Named:
    items = [(f"@{name}", number) for name, number, _ in sorted(aliases)]
    return _named(items, [f"{name} v{number}" for name, number in items])


def _named(items: Sequence[tuple[str, int]], words: Sequence[str]) -> Named:
    """Return the first of (label, number) pairs, and the words for the others."""
    if not items:
        return Named()
    rest = list(words[1:SHOWN])
    if len(items) > SHOWN:
        rest.append(f"+{len(items) - SHOWN:,}")
    return Named(*items[0], " ".join(rest))
