"""What the list of models says of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from registry_ui.actions.facts import metric_choices
from registry_ui.models import RegisteredModel, Stage
from registry_ui.views.headlines import Headline, headline_of
from registry_ui.views.model_facts import ModelFacts
from registry_ui.views.waiting import OpenItem

PAGE_SIZE = 25
SHOWN = 2
"""How many holders of a stage, and how many aliases, a row names."""


@dataclass(frozen=True, slots=True)
class Named:
    """The first of something, and in words the second and how many more there are.

    `since` is not asked for here.
    """

    first: str = ""
    number: int = 0
    rest: str = ""
    since: None = None


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model as the list shows it.

    `production` and `staging` name versions, the newest first, `aliases` names
    aliases in their order, each with the version's number; `incident` is the number
    of the open one, or 0.
    """

    model: RegisteredModel
    production: Named
    staging: Named
    aliases: Named
    headline: Headline | None
    version_count: int
    open_count: int
    incident: int


def model_rows(
    models: Sequence[RegisteredModel], items: Iterable[OpenItem]
) -> list[ModelRow]:
    """Return one row a model, in the given order; at most a page of them."""
    pks = [model.pk for model in models]
    facts = ModelFacts.of(pks, items, measured=[Stage.PRODUCTION], most=PAGE_SIZE)
    return [_row(model, facts) for model in models]


def _row(model: RegisteredModel, facts: ModelFacts) -> ModelRow:
    pk = model.pk
    metrics = facts.metrics_in(pk, Stage.PRODUCTION)
    headline = metric_choices(model).headline_of(metrics)
    return ModelRow(
        model,
        _named_holders(facts, pk, Stage.PRODUCTION),
        _named_holders(facts, pk, Stage.STAGING),
        _named_aliases(facts.aliases.get(pk, ())),
        headline_of(metrics, name=headline),
        facts.versions.get(pk, 0),
        facts.open_requests.get(pk, 0),
        facts.incidents.get(pk, 0),
    )


def _named_holders(facts: ModelFacts, pk: int, stage: Stage) -> Named:
    holders = facts.holders.get((pk, stage), ())
    items = [(f"v{number}", number) for number, _ in holders]
    return _named(items, [label for label, _ in items])


def _named_aliases(aliases: Sequence[tuple[str, int]]) -> Named:
    return _named(aliases, [f"@{name} v{number}" for name, number in aliases])


def _named(items: Sequence[tuple[str, int]], words: Sequence[str]) -> Named:
    """Return the first of (label, number) pairs, and the words for the others."""
    if not items:
        return Named()
    rest = list(words[1:SHOWN])
    if len(items) > SHOWN:
        rest.append(f"+{len(items) - SHOWN:,}")
    return Named(*items[0], " ".join(rest))
