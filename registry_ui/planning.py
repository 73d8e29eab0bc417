"""What a decision will change, whether it came true, and how to take it back. Pure.

A plan is made from the holdings of a model, frozen when the request is approved, and
compared with what MLflow holds before and after the change. What was changed without a
decision is told in the same effects, so that the way back is a plan, too.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

STAGE = "stage:"
ALIAS = "alias:"
ARCHIVED = "Archived"
GONE = "gone"
"""Stands for the stage of a version, or for a model, that MLflow has no longer."""
MODEL = "model"
PROMPT = "prompt"
"""What a registered model is; the tag that makes it a prompt hides it from MLflow."""

SERVING_STAGES = ("Staging", "Production")
"""The stages whose versions somebody uses; None and Archived are where others rest."""

STAGES_THAT_ARCHIVE = ("Staging", "Production")
"""MLflow answers archive_existing_versions with an error for the other stages."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Who holds what in one model."""

    stages: Mapping[int, str]
    """Version number to stage, for every version there is."""
    aliases: Mapping[str, int]
    name: str = ""
    """Of the model; empty where it does not matter."""
    state: str = MODEL
    """MODEL or PROMPT."""

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
    DELETE_ALIAS = "delete_alias"
    RENAME = "rename"
    MODEL = "model"


_ALIAS_KINDS = (EffectKind.SET_ALIAS, EffectKind.DELETE_ALIAS)


@dataclass(frozen=True, slots=True)
class Effect:
    """One change: of a stage, an alias, the model's name, or what the model is.

    `before` and `after` are stages, or GONE; for an alias the numbers it points to, or
    an empty text; names; or MODEL, PROMPT and GONE. `version` is 0 where the change is
    the model's own.
    """

    kind: EffectKind
    version: int
    before: str
    after: str
    alias: str = ""

    def __str__(self) -> str:
        """Return a phrase: `v7 becomes Production`, `@champion moves from v5 to v7`."""
        if self.kind in _ALIAS_KINDS:
            return self._alias_phrase()
        match self.kind:
            case EffectKind.RENAME:
                return f"the model {self.before} is renamed to {self.after}"
            case EffectKind.MODEL:
                return _MODEL_PHRASES[self.after]
            case _ if self.after == GONE:
                return f"v{self.version} is deleted; it was in {self.before}"
            case _ if self.after == self.before:
                return f"v{self.version} stays in {self.after}"
            case _:
                return f"v{self.version} goes from {self.before} to {self.after}"

    def as_json(self) -> dict[str, Any]:
        """Return what a JSON column can hold."""
        return asdict(self)

    @classmethod
    def many(cls, stored: Iterable[dict[str, Any]]) -> "tuple[Effect, ...]":
        """Read a list of what `as_json` returned."""
        return tuple(
            cls(**{**effect, "kind": EffectKind(effect["kind"])}) for effect in stored
        )

    def _alias_phrase(self) -> str:
        if self.after == self.before:
            where = f"stays at v{self.after}" if self.after else "stays removed"
            return f"@{self.alias} {where}"
        if not self.after:
            return f"@{self.alias} is removed from v{self.before}"
        if not self.before:
            return f"@{self.alias} is set to v{self.after}"
        return f"@{self.alias} moves from v{self.before} to v{self.after}"

    @property
    def subject(self) -> str:
        """Name what it changes: `v7`, `@champion`, `name` or `model`."""
        if self.kind in _ALIAS_KINDS:
            return f"@{self.alias}"
        is_of_model = self.kind in (EffectKind.RENAME, EffectKind.MODEL)
        return self.kind.value if is_of_model else f"v{self.version}"

    def current(self, holdings: Holdings) -> str:
        """Return what now stands where the effect changes something."""
        match self.kind:
            case EffectKind.SET_ALIAS | EffectKind.DELETE_ALIAS:
                return str(holdings.aliases.get(self.alias, ""))
            case EffectKind.RENAME:
                return holdings.name
            case EffectKind.MODEL:
                return holdings.state
            case _:
                return holdings.stages.get(self.version, GONE)


_MODEL_PHRASES = {
    MODEL: "the model is no prompt any more",
    PROMPT: "the model is turned into a prompt, which hides it",
    GONE: "the model is deleted",
}


def stage_effect(version: int, before: str, after: str) -> Effect | None:
    """Return the effect of a version's move; None where it did not move.

    Args:
        version: its number.
        before: a stage; "None" for a version that is new.
        after: a stage, or GONE.
    """
    if before == after:
        return None
    return Effect(EffectKind.TRANSITION, version, before, after)


def alias_effect(alias: str, before: int | None, after: int | None) -> Effect | None:
    """Return the effect of pointing an alias elsewhere; None stands for nowhere."""
    if before == after:
        return None
    if after is None:
        kind = EffectKind.DELETE_ALIAS
        return Effect(kind, before or 0, str(before), "", alias)
    old = "" if before is None else str(before)
    return Effect(EffectKind.SET_ALIAS, after, old, str(after), alias)


def compose(first: Iterable[Effect], then: Iterable[Effect]) -> tuple[Effect, ...]:
    """Return the net effects of some changes and others that came after them.

    At most one a subject. Left out is what is back where it began, and a version's way
    from one stage that serves nobody to another: no holder changed.
    """
    net = {effect.subject: effect for effect in first}
    for effect in then:
        earlier = net.pop(effect.subject, None)
        joined = effect if earlier is None else _joined(earlier, effect)
        if joined is not None:
            net[effect.subject] = joined
    return tuple(effect for effect in net.values() if _changes_a_holder(effect))


def _joined(first: Effect, then: Effect) -> Effect | None:
    if then.kind in _ALIAS_KINDS:
        before, after = (int(n) if n else None for n in (first.before, then.after))
        return alias_effect(then.alias, before, after)
    if first.before == then.after:
        return None
    return Effect(then.kind, then.version, first.before, then.after)


def _changes_a_holder(effect: Effect) -> bool:
    is_move = effect.kind in (EffectKind.TRANSITION, EffectKind.ARCHIVE)
    return not is_move or bool({effect.before, effect.after} & set(SERVING_STAGES))


def without(effects: Iterable[Effect], decided: Iterable[Effect]) -> tuple[Effect, ...]:
    """Leave out the subjects that were decided on since."""
    subjects = {effect.subject for effect in decided}
    return tuple(effect for effect in effects if effect.subject not in subjects)


def invert(
    effects: Iterable[Effect], *, live: Collection[int]
) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    """Return what takes the effects back, and sentences on what nothing takes back.

    Args:
        effects: at most one a subject.
        live: the numbers of the versions that MLflow still has.

    Returns:
        The effects in an order that fills a place before it empties another: what
        serves is at no time fewer than before and after.
    """
    back: list[Effect] = []
    lost: list[str] = []
    for effect in effects:
        found = _inverse(effect, live)
        if isinstance(found, Effect):
            back.append(found)
        else:
            lost.append(found)
    return tuple(sorted(back, key=_order_of_return)), tuple(lost)


def _inverse(effect: Effect, live: Collection[int]) -> Effect | str:
    """Return the way back, or say why there is none."""
    if effect.kind in _ALIAS_KINDS:
        before, after = (int(n) if n else None for n in (effect.before, effect.after))
        if before is not None and before not in live:
            return (
                f"@{effect.alias} cannot point to v{before} again: v{before} was"
                " deleted, and MLflow brings nothing back."
            )
        back = alias_effect(effect.alias, after, before)
        return back or f"@{effect.alias} is where it was."
    if effect.after == GONE or (effect.version and effect.version not in live):
        what = "The model" if effect.kind is EffectKind.MODEL else f"v{effect.version}"
        return f"{what} was deleted, and MLflow brings nothing back."
    kind = EffectKind.TRANSITION if effect.kind is EffectKind.ARCHIVE else effect.kind
    return Effect(kind, effect.version, effect.after, effect.before)


def _order_of_return(effect: Effect) -> int:
    """What hides the model first, as all else needs it; its name last."""
    if effect.kind is EffectKind.MODEL:
        return 0
    if effect.kind is EffectKind.RENAME:
        return 3
    return 1 if effect.after in SERVING_STAGES or effect.after.isdecimal() else 2


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
        return cls(**{**stored, "effects": Effect.many(stored["effects"])})


def make_plan(
    *,
    target: str,
    version: int,
    holdings: Holdings,
    archive_existing: bool,
    moves_along: Iterable[str] = (),
) -> Plan:
    """Return what putting the version into the target will do.

    Args:
        target: `stage:Production` or `alias:champion`.
        version: the candidate's number.
        holdings: of the candidate's model, now.
        archive_existing: for stages that allow it: archive the other holders.
        moves_along: aliases (`alias:champion`) that go with a stage.
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
    effects += [_alias_effect(alias, version, holdings) for alias in moves_along]
    return Plan(target, version, tuple(effects), archives)


def _alias_effect(target: str, version: int, holdings: Holdings) -> Effect:
    # An alias that is there in another spelling is moved, not doubled.
    wanted = target.removeprefix(ALIAS)
    spellings = [a for a in holdings.aliases if a.casefold() == wanted.casefold()]
    alias = wanted if wanted in spellings or not spellings else spellings[0]
    before = str(holdings.aliases.get(alias, ""))
    return Effect(EffectKind.SET_ALIAS, version, before, str(version), alias)


def assess(
    plan: Plan, holdings: Holdings, *, since: str = "this was approved"
) -> tuple[State, str]:
    """Compare a plan with what MLflow holds.

    Args:
        plan: what shall be.
        holdings: what is.
        since: when the plan was made, as it ends a sentence.

    Returns:
        The state and, for a conflict, a sentence that says what stands in the way.
        READY also covers a plan that is half done: each effect is where it was or
        where it shall be, so that doing all of it again is safe.
    """
    for effect in plan.effects:
        now = effect.current(holdings)
        if now not in (effect.before, effect.after):
            return State.CONFLICT, _conflict(effect, now, since)
    if plan.archives:
        planned = {effect.version for effect in plan.effects}
        for number in holdings.holders(plan.target):
            if number not in planned:
                stage = plan.target.removeprefix(STAGE)
                return State.CONFLICT, (
                    f"v{number} was put into {stage} since {since},"
                    " and would be archived without anybody having decided that."
                )
    if all(effect.current(holdings) == effect.after for effect in plan.effects):
        return State.DONE, ""
    return State.READY, ""


def _conflict(effect: Effect, now: str, since: str) -> str:
    if effect.kind in _ALIAS_KINDS:
        found = f"points to v{now}" if now else "is gone"
        was = f"was at v{effect.before}" if effect.before else "was not set"
        return f"@{effect.alias} {found}; it {was} when {since}."
    if effect.kind is EffectKind.RENAME:
        return f"The model is called {now}; it was {effect.before} when {since}."
    if effect.kind is EffectKind.MODEL:
        return f"The model is a {now} now; it was a {effect.before} when {since}."
    if now == GONE:
        return f"MLflow has v{effect.version} no longer."
    return f"v{effect.version} is in {now}; it was in {effect.before} when {since}."


def holders_after(plan: Plan, holdings: Holdings) -> tuple[int, ...]:
    """Return the versions in the plan's target once it is carried out, oldest first."""
    stages, aliases = dict(holdings.stages), dict(holdings.aliases)
    for effect in plan.effects:
        if effect.kind is EffectKind.SET_ALIAS:
            aliases[effect.alias] = int(effect.after)
        elif effect.kind is EffectKind.DELETE_ALIAS:
            aliases.pop(effect.alias, None)
        elif effect.kind in (EffectKind.TRANSITION, EffectKind.ARCHIVE):
            stages[effect.version] = effect.after
    return Holdings(stages, aliases).holders(plan.target)


def as_it_stands(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """Return effects that change nothing: approving them lets stand what was done."""
    return tuple(replace(effect, before=effect.after) for effect in effects)


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
