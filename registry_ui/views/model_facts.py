"""What lists say of the models of one page, in a fixed number of queries."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet, Value

from registry_ui.models import (
    Alias,
    Evidence,
    ModelVersion,
    Stage,
)
from registry_ui.models.prepared import PreparedQuery
from registry_ui.views.headlines import Metrics
from registry_ui.views.waiting import OpenItem

_SERVING = (Stage.PRODUCTION, Stage.STAGING)
_IN_USE, _ALIAS, _VERSIONS = "in use", "alias", "versions"


class Holder(NamedTuple):
    """A version that is in a stage."""

    number: int
    pk: int


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is shown of some models, by their primary keys.

    Attributes:
        holders: the versions in Production or in Staging, by stage too; the newest
            first, and nothing where there is none.
        aliases: names, each with the number of its version.
        versions: how many there are.
        open_requests: how many there are; nothing where there is none.
        incidents: the number of the open incident, where there is one.
        metrics: of the newest holders that were asked for, by their primary keys.
    """

    holders: Mapping[tuple[int, str], Sequence[Holder]]
    aliases: Mapping[int, Sequence[tuple[str, int]]]
    versions: Mapping[int, int]
    open_requests: Mapping[int, int]
    incidents: Mapping[int, int]
    metrics: Mapping[int, Metrics]

    @classmethod
    def of(
        cls,
        pks: Sequence[int],
        items: Iterable[OpenItem],
        *,
        measured: Collection[Stage],
        most: int,
    ) -> "ModelFacts":
        """Gather what is known of models.

        Args:
            pks: primary keys of the models.
            items: what is open in the registry.
            measured: the stages whose newest holders' metrics are wanted.
            most: how many models a page may have.
        """
        holders: dict[tuple[int, str], list[Holder]] = defaultdict(list)
        aliases: dict[int, list[tuple[str, int]]] = defaultdict(list)
        versions: dict[int, int] = {}
        for kind, model, text, number, pk in sorted(_facts(most)(pks)):
            if kind == _IN_USE:
                holders[model, text].append(Holder(number, pk))
            elif kind == _ALIAS:
                aliases[model].append((text, number))
            else:
                versions[model] = number
        for found in holders.values():
            found.reverse()
        newest = [
            found[0].pk for (_, stage), found in holders.items() if stage in measured
        ]
        metrics = _metrics(len(_SERVING) * most)(newest)
        return cls(
            holders,
            aliases,
            versions,
            Counter(item.model for item in items if item.target),
            {item.model: item.number for item in items if not item.target},
            dict(metrics),
        )

    def metrics_in(self, model: int, stage: Stage) -> Metrics:
        """Return the metrics of the newest version in a stage; {} if none is known."""
        holders = self.holders.get((model, stage))
        return self.metrics.get(holders[0].pk, {}) if holders else {}


@cache
def _facts(most: int) -> PreparedQuery:
    return PreparedQuery(_facts_about, most=most)


@cache
def _metrics(most: int) -> PreparedQuery:
    return PreparedQuery(
        lambda pks: Evidence.objects.filter(version__in=pks).values_list(
            "version", "metrics"
        ),
        most=most,
    )


def _facts_about(pks: Sequence[int]) -> QuerySet[Any, Any]:
    """Return tuples of kind, model, text, number and primary key.

    All in one query, since each costs a round trip.
    """
    holders = ModelVersion.objects.filter(
        model__in=pks, stage__in=_SERVING, deleted_at=None
    ).order_by()
    aliases = Alias.objects.filter(model__in=pks).order_by()
    versions = ModelVersion.objects.filter(model__in=pks, deleted_at=None)
    counts = versions.order_by().values("model").annotate(count=Count("*"))
    return holders.values_list(Value(_IN_USE), "model", "stage", "number", "pk").union(
        aliases.values_list(
            Value(_ALIAS), "model", "name", "version__number", Value(0)
        ),
        counts.values_list(Value(_VERSIONS), "model", Value(""), "count", Value(0)),
        all=True,
    )
