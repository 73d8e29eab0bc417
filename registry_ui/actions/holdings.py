"""Who held what from when to when: kept in step with every change of a holder."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Upper

from registry_ui.models import (
    ALIAS_PREFIX,
    STAGE_PREFIX,
    Alias,
    Holding,
    Incident,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from registry_ui.models.prepared import (
    PreparedInsert,
    PreparedLookup,
    PreparedRow,
    PreparedSave,
)
from registry_ui.planning import (
    GONE,
    SERVING_STAGES,
    Effect,
    EffectKind,
    alias_effect,
    stage_effect,
)

Kind = TransitionRequest.Kind
Status = TransitionRequest.Status
_RESTING = set(Stage.values) - set(SERVING_STAGES)
_FEW = 10


def _pk_of(model: int, number: int) -> QuerySet[ModelVersion, Any]:
    """Return what finds the primary key of a version."""
    rows = ModelVersion.objects.filter(model=model, number=number)
    return rows.order_by().values("pk")[:1]


_current = PreparedRow(
    Holding,
    # The version first, then the index of what is held now. As a join PostgreSQL may
    # look through all who hold such a target, of whatever model.
    lambda model, number, target: Q(
        version=_pk_of(model, number), target=target, ended_at=None
    ),
    int,
    int,
    str,
)
_end = PreparedSave(
    Holding, "ended_at", "ended_not_before", "ended_request_id", "ended_incident_id"
)
_start = PreparedInsert(Holding, ignores_conflicts=True)


def move_holders(
    model: RegisteredModel,
    effects: Iterable[Effect],
    *,
    at: datetime,
    not_before: datetime | None = None,
    through: TransitionRequest | Incident | None = None,
    versions: Mapping[int, ModelVersion] | None = None,
) -> None:
    """End and start holdings as the effects say; call it with the model locked.

    Args:
        model: whose holders changed.
        effects: what changed.
        at: when, or the latest that it may have been.
        not_before: the earliest that it may have been; None: exactly `at`.
        through: what changed them; None: a deletion through Signoff.
        versions: those that the effects name, by number, where they were read already.
    """
    cause = "incident" if isinstance(through, Incident) else "request"
    ends, starts = _ends_and_starts(effects)
    for number, target in ends:
        for held in _current.every(model.pk, number, target):
            held.ended_at = max(at, held.started_at)
            held.ended_not_before = not_before
            setattr(held, f"ended_{cause}", through)
            _end(held)
    if versions is None:
        rows = model.versions.filter(number__in=[number for number, _ in starts])
        versions = {version.number: version for version in rows}
    _start(
        *(
            Holding(
                model=model,
                version=versions[number],
                target=target,
                started_at=at,
                started_not_before=not_before,
                **{f"started_{cause}": through},
            )
            for number, target in starts
            if number in versions
        )
    )


def lost_holders(
    model: RegisteredModel, version: ModelVersion | None = None
) -> list[Effect]:
    """Return how the holders change where all versions of a model go, or just one."""
    versions = model.versions.filter(deleted_at=None).order_by("number")
    aliases = model.aliases.order_by("name")
    if version is not None:
        versions = versions.filter(pk=version.pk)
        aliases = aliases.filter(version=version)
    lost = [
        *(
            stage_effect(number, stage, GONE)
            for number, stage in versions.values_list("number", "stage")
        ),
        *(
            alias_effect(name, number, None)
            for name, number in aliases.values_list("name", "version__number")
        ),
    ]
    return [effect for effect in lost if effect is not None]


def holding_before(model: RegisteredModel, target: str) -> Holding | None:
    """Return the holding that a rollback goes back to; None if there is nothing.

    That is the last to end of those that were decided on, or were there when Signoff
    first looked. Left out is who holds the target again, who was left by a rollback, as
    that was on purpose, who came there by a break-glass that nobody has found right,
    and what MLflow has no longer.

    Args:
        model: whose holdings.
        target: `stage:Production` or `alias:champion`, in any case.
    """
    found = _before(model, target)
    if found is None:
        return None
    return Holding.objects.select_related("version").get(pk=found.pk)


def version_before(model: RegisteredModel, target: str) -> int | None:
    """Return the primary key of the version that a rollback goes back to."""
    found = _before(model, target)
    return found.version if found else None


class _Past(NamedTuple):
    """What tells whether a rollback goes back to a holding, by its row."""

    pk: int
    version: int
    holds_it: bool
    started_incident: int | None
    version__deleted_at: datetime | None
    ended_request__kind: str | None
    started_request__kind: str | None
    started_request__retrospective__status: str | None

    @property
    def is_to_go_back_to(self) -> bool:
        """Was it decided on and right, not left on purpose, and is it there, idle?"""
        is_unreviewed = (
            self.started_request__kind == Kind.BREAK_GLASS
            and self.started_request__retrospective__status != Status.APPLIED
        )
        was_undecided = self.started_incident is not None or is_unreviewed
        was_left = self.ended_request__kind == Kind.ROLLBACK
        is_out_of_reach = self.holds_it or self.version__deleted_at is not None
        return not (was_undecided or was_left or is_out_of_reach)


def _before(model: RegisteredModel, target: str) -> _Past | None:
    """Find what a rollback goes back to."""
    if target.removeprefix(STAGE_PREFIX) in _RESTING:
        return None
    return next((p for p in _pasts(model, target) if p.is_to_go_back_to), None)


def _pasts(model: RegisteredModel, target: str) -> Iterator[_Past]:
    """Yield who held a target, the newest first; the first few perhaps twice.

    Most often the first is it. The same in SQL takes three subqueries.
    """
    few = _newest_few(model.pk, target)
    yield from (_Past(*row) for row in few)
    if len(few) == _FEW:
        rest = _told(_ended(model.pk, target))
        yield from (_Past(*row) for row in rest.iterator(chunk_size=100))


def _ended(model_pk: int, target: str) -> QuerySet[Holding]:
    """Return what has ended, the newest first: an index has it in this order."""
    ended = Holding.objects.filter(model=model_pk, ended_at__isnull=False)
    newest = ended.order_by("-ended_at", "-started_at")
    return _in_any_case(newest, Value(target))


def _told(ended: QuerySet[Holding]) -> QuerySet[Holding, Any]:
    """Return what there is to tell of holdings that have ended."""
    same = Holding.objects.filter(model=OuterRef("model"), version=OuterRef("version"))
    again = Exists(_in_any_case(same.current(), OuterRef("target")))
    return ended.annotate(holds_it=again).values_list(*_Past._fields)


def _in_any_case(
    held: QuerySet[Holding], target: Value | OuterRef
) -> QuerySet[Holding]:
    """Keep those of a target however it is spelled, by an index (`iexact` has none)."""
    return held.alias(folded=Upper("target")).filter(folded=Upper(target))


_newest_few = PreparedLookup(
    # Only these few are joined, whatever the database believes to be how many.
    lambda model, target: _told(
        Holding.objects.filter(pk__in=_ended(model, target).values("pk")[:_FEW])
    ).order_by("-ended_at", "-started_at"),
    int,
    str,
)


@transaction.atomic
def infer_holdings(*, seen_at: datetime) -> None:
    """Store who holds what now, for the time before Signoff looked.

    MLflow tells when a version was last touched: since then at the latest it has been
    in its stage. Of aliases it keeps no time, so they count from `seen_at`.
    """
    serving = ModelVersion.objects.live().filter(stage__in=SERVING_STAGES)
    aliases = Alias.objects.filter(model__deleted_at=None).select_related("version")
    inferred = [
        *(
            Holding(
                model_id=version.model_id,
                version=version,
                target=f"{STAGE_PREFIX}{version.stage}",
                started_at=version.updated_at,
            )
            for version in serving.only("model", "stage", "updated_at")
        ),
        *(
            Holding(
                model_id=alias.model_id,
                version=alias.version,
                target=f"{ALIAS_PREFIX}{alias.name}",
                started_at=seen_at,
            )
            for alias in aliases
        ),
    ]
    Holding.objects.bulk_create(inferred, ignore_conflicts=True, batch_size=2000)


def _ends_and_starts(
    effects: Iterable[Effect],
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return (version number, target) pairs: what is held no more, and what now is."""
    ends: list[tuple[int, str]] = []
    starts: list[tuple[int, str]] = []
    for effect in effects:
        if effect.kind in (EffectKind.SET_ALIAS, EffectKind.DELETE_ALIAS):
            target = f"{ALIAS_PREFIX}{effect.alias}"
            ends += [(int(effect.before), target)] if effect.before else []
            starts += [(int(effect.after), target)] if effect.after else []
        elif effect.kind in (EffectKind.TRANSITION, EffectKind.ARCHIVE):
            number = effect.version
            ends += _served(number, effect.before)
            starts += _served(number, effect.after)
    return ends, starts


def _served(number: int, stage: str) -> list[tuple[int, str]]:
    return [(number, f"{STAGE_PREFIX}{stage}")] if stage in SERVING_STAGES else []
