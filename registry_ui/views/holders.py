"""What one model has in each stage and alias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max

from registry_ui.comparison import VersionFacts
from registry_ui.models import ModelVersion, RegisteredModel, Stage

MOST_COLUMNS = 10

# As a version moves: what runs now comes first, as everything is compared with it.
_STAGES = (Stage.PRODUCTION, Stage.STAGING, Stage.NONE, Stage.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Holder:
    """The newest version of a stage, or one that an alias points to.

    `stage` is what the column stands for, None for a column of aliases. `version` is
    None where nobody is in the stage; `other_count` says how many more there are.
    """

    stage: Stage | None
    version: ModelVersion | None
    other_count: int = 0


def holders_of(model: RegisteredModel) -> list[Holder]:
    """Return a column a stage, and one for each version that only has aliases.

    At most ten columns, with their evidence, in a fixed number of queries.
    """
    live = model.versions.filter(deleted_at=None)
    in_stages = {
        stage: (newest, count)
        for stage, newest, count in live.order_by()
        .values_list("stage")
        .annotate(Max("number"), Count("pk"))
    }
    newest = [number for number, _ in in_stages.values()]
    aliased = list(
        live.filter(aliases__isnull=False)
        .exclude(number__in=newest)
        .order_by("-number")
        .values_list("number", flat=True)
        .distinct()[: MOST_COLUMNS - len(_STAGES)]
    )
    rows = ModelVersion.objects.with_evidence().filter(
        model=model, number__in=[*newest, *aliased]
    )
    by_number = {version.number: version for version in rows}
    stages = []
    for stage in _STAGES:
        number, count = in_stages.get(stage, (0, 1))
        stages.append(Holder(stage, by_number.get(number), count - 1))
    return stages + [Holder(None, by_number[number]) for number in aliased]


def alias_twins(facts: Sequence[VersionFacts]) -> list[tuple[str, str]]:
    """Return pairs of aliases that differ only in case: `Champion` and `champion`."""
    names = sorted(alias for version in facts for alias in version.aliases)
    first = {name.casefold(): name for name in reversed(names)}
    pairs = ((first[name.casefold()], name) for name in names)
    return [pair for pair in pairs if pair[0] != pair[1]]
