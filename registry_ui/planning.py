"""What an approval will change, and whether it came true. Pure.

A plan is made from the holdings of a model, frozen when the request is approved, and
compared with what MLflow holds before and after the change.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

STAGE = "stage:"
ALIAS = "alias:"
ARCHIVED = "Archived"
GONE = "gone"
"""Stands for the stage of a version that MLflow has no longer."""

STAGES_THAT_ARCHIVE = ("Staging", "Production")
"""MLflow answers archive_existing_versions with an error for the other stages."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Who holds what in one model."""

    stages: Mapping[int, str]
    """Version number to stage, for every version there is."""
    aliases: Mapping[str, int]

    def holders(self, target: str) -> tuple[int, ...]:
        """Return the versions in a target, oldest first; aliases ignore case."""
        if target.startswith(STAGE):
            stage = target.removeprefix(STAGE)
            return tuple(sorted(n for n, s in self.stages.items() if s == stage))
        wanted = target.removeprefix(ALIAS).casefold()
        return tuple(
            sorted({n for a, n in self.aliases.items() if a.casefold() == wanted})
        )


class EffectKind(StrEnum):
    """What an effect changes."""

    TRANSITION = "transition"
    ARCHIVE = "archive"
    SET_ALIAS = "set_alias"


@dataclass(frozen=True, slots=True)
class Effect:
    """One change: of a version's stage, or of the version that an alias points to."""

    kind: EffectKind
    version: int
    before: str
    """The version's stage; for an alias the number it points to, or an empty text."""
    after: str
    alias: str = ""

    def __str__(self) -> str:
        """Return a phrase: `v7 becomes Production`, `@champion moves from v5 to v7`."""
        match self.kind:
            case EffectKind.TRANSITION:
                return f"v{self.version} goes from {self.before} to {self.after}"
            case EffectKind.ARCHIVE:
                return f"v{self.version} goes from {self.before} to {self.after}"
            case EffectKind.SET_ALIAS if self.before:
                return f"@{self.alias} moves from v{self.before} to v{self.after}"
            case _:
                return f"@{self.alias} is set to v{self.after}"

    def current(self, holdings: Holdings) -> str:
        """Return what now stands where the effect changes something."""
        if self.kind is EffectKind.SET_ALIAS:
            return str(holdings.aliases.get(self.alias, ""))
        return holdings.stages.get(self.version, GONE)


class State(StrEnum):
    """How a plan stands to the holdings that were read."""

    READY = "ready"
    DONE = "done"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered effects of one approval."""

    target: str
    version: int
    effects: tuple[Effect, ...]
    archives: bool
    """Do the other holders of the target stage become Archived?"""

    def as_json(self) -> dict[str, Any]:
        """Return what a JSON column can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Plan":
        """Read what `as_json` returned."""
        effects = tuple(
            Effect(**{**effect, "kind": EffectKind(effect["kind"])})
            for effect in stored["effects"]
        )
        return cls(**{**stored, "effects": effects})


def make_plan(
    *, target: str, version: int, holdings: Holdings, archive_existing: bool
) -> Plan:
    """Return what putting the version into the target will do.

    Args:
        target: `stage:Production` or `alias:champion`.
        version: the candidate's number.
        holdings: of the candidate's model, now.
        archive_existing: for stages that allow it: archive the other holders.
    """
    if target.startswith(ALIAS):
        return Plan(target, version, (_alias_effect(target, version, holdings),), False)
    stage = target.removeprefix(STAGE)
    archives = archive_existing and stage in STAGES_THAT_ARCHIVE
    before = holdings.stages.get(version, GONE)
    effects = [Effect(EffectKind.TRANSITION, version, before, stage)]
    if archives:
        effects += [
            Effect(EffectKind.ARCHIVE, number, stage, ARCHIVED)
            for number in holdings.holders(target)
            if number != version
        ]
    return Plan(target, version, tuple(effects), archives)


def _alias_effect(target: str, version: int, holdings: Holdings) -> Effect:
    # An alias that is there in another spelling is moved, not doubled.
    wanted = target.removeprefix(ALIAS)
    spellings = [a for a in holdings.aliases if a.casefold() == wanted.casefold()]
    alias = wanted if wanted in spellings or not spellings else spellings[0]
    before = str(holdings.aliases.get(alias, ""))
    return Effect(EffectKind.SET_ALIAS, version, before, str(version), alias)


def assess(plan: Plan, holdings: Holdings) -> tuple[State, str]:
    """Compare a plan with what MLflow holds.

    Returns:
        The state and, for a conflict, a sentence that says what stands in the way.
        READY also covers a plan that is half done: each effect is where it was or
        where it shall be, so that doing all of it again is safe.
    """
    for effect in plan.effects:
        now = effect.current(holdings)
        if now not in (effect.before, effect.after):
            return State.CONFLICT, _conflict(effect, now)
    if plan.archives:
        planned = {effect.version for effect in plan.effects}
        for number in holdings.holders(plan.target):
            if number not in planned:
                stage = plan.target.removeprefix(STAGE)
                return State.CONFLICT, (
                    f"v{number} was put into {stage} since this was approved,"
                    " and would be archived without anybody having decided that."
                )
    if all(effect.current(holdings) == effect.after for effect in plan.effects):
        return State.DONE, ""
    return State.READY, ""


def _conflict(effect: Effect, now: str) -> str:
    if effect.kind is EffectKind.SET_ALIAS:
        found = f"points to v{now}" if now else "is gone"
        return f"@{effect.alias} {found}; it was at v{effect.before} when approved."
    if now == GONE:
        return f"MLflow has v{effect.version} no longer."
    return (
        f"v{effect.version} is in {now}; it was in {effect.before} when this was"
        " approved."
    )


def outcome(plan: Plan, holdings: Holdings) -> list[dict[str, Any]]:
    """Return, an entry an effect: what was planned, what is, and if it came true."""
    return [
        {
            "effect": str(effect),
            "found": effect.current(holdings),
            "came_true": effect.current(holdings) == effect.after,
        }
        for effect in plan.effects
    ]
