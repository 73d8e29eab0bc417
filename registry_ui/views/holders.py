"""What one model has in each stage and alias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max
from django.utils import timezone

from registry_ui.contradictions import contradictions
from registry_ui.models import (
    STAGE_PREFIX,
    Holding,
    ModelVersion,
    RegisteredModel,
    Stage,
)

MOST_COLUMNS = 10
OLD_DAYS = 180
"""What is in Production for longer than this is worth a remark."""

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


def warnings_of(model: RegisteredModel, holders: Sequence[Holder]) -> list[str]:
    """Return what is odd about who serves: contradictions, and what lies behind."""
    aliases = list(
        model.aliases.values_list("name", "version__number", "version__stage")
    )
    by_stage = {holder.stage: holder for holder in holders if holder.version}
    production = by_stage.get(Stage.PRODUCTION)
    if production is None or production.version is None:
        return list(contradictions(aliases, []))
    served = production.version
    found = list(contradictions(aliases, [served.number], production.other_count))
    staging = by_stage.get(Stage.STAGING)
    if staging and staging.version and staging.version.number < served.number:
        found.append(
            f"Staging is behind: v{staging.version.number} is older than"
            f" v{served.number} in Production."
        )
    held = Holding.objects.current().filter(
        version=served, target=f"{STAGE_PREFIX}{Stage.PRODUCTION}"
    )
    since = held.values_list("started_at", flat=True).first()
    days = (timezone.now() - since).days if since else 0
    if days > OLD_DAYS:
        found.append(f"v{served.number} has been in Production for {days:,} days.")
    return found
