"""What the rules make of people, policies and changes, written beside the database.

Read off docs/policies.md and docs/architecture.md; none of the product's code is used.
The candidate is v3, whom people want in Production or behind @champion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CANDIDATE = 3
PRODUCTION, CHAMPION = "stage:Production", "alias:champion"
DECIDES, MANAGES = 4, 5
"""The level that decides on both targets, and the one above it."""

Effect = tuple[str, str, str]
"""What changes (`v3`, `@champion`), from what, to what."""


@dataclass
class Registry:
    """Who is where: in MLflow, or in the mirror of it."""

    stages: dict[int, str]
    aliases: dict[str, int]

    def holders(self, target: str) -> list[int]:
        """Return who holds the target, oldest first."""
        kind, _, name = target.partition(":")
        if kind == "alias":
            return [self.aliases[name]] if name in self.aliases else []
        return sorted(number for number, stage in self.stages.items() if stage == name)

    def now(self, subject: str) -> str:
        """Return what stands where an effect changes something."""
        if subject.startswith("@"):
            return str(self.aliases.get(subject[1:], ""))
        return self.stages[int(subject[1:])]

    def put(self, subject: str, value: str) -> None:
        """Let an effect come true."""
        if subject.startswith("@"):
            self.aliases[subject[1:]] = int(value)
        else:
            self.stages[int(subject[1:])] = value

    def after(self, plan: list[Effect]) -> Registry:
        """Return the registry once the plan is carried out."""
        later = Registry(dict(self.stages), dict(self.aliases))
        for subject, _, value in plan:
            later.put(subject, value)
        return later


@dataclass
class Approval:
    """What its giver saw, and how long ago it was given."""

    saw: tuple[Any, ...]
    hours: int = 0


@dataclass
class Ask:
    """A transition request."""

    target: str
    requester: int
    archives: bool
    status: str = "open"
    approvals: dict[int, Approval] = field(default_factory=dict)
    plan: list[Effect] | None = None
    saw_first: tuple[Any, ...] = ()
    """What an approval would have rested on at the beginning."""


@dataclass
class Books:
    """All that a decision may depend on; people are numbers."""

    levels: list[int]
    groups: list[set[str]]
    rules: dict[str, dict[str, Any]]
    """By target; so are the editions of policies."""
    asks: list[Ask]
    editions: dict[str, int] = field(default_factory=dict)
    mirror: Registry = field(
        default_factory=lambda: Registry(
            {1: "Production", 2: "None", 3: "None"}, {"champion": 1}
        )
    )
    mlflow: Registry = field(
        default_factory=lambda: Registry(
            {1: "Production", 2: "None", 3: "None"}, {"champion": 1}
        )
    )
    auc: dict[int, float] = field(default_factory=lambda: {1: 0.9, 2: 0.8, 3: 0.95})
    run_user: int = 1
    has_tag: bool = False
    check: tuple[str, int] | None = None
    """The verdict of the bias check, and who reported it."""
    due: list[Ask] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """Types of the events that were recorded, one a change."""

    # What the rules say

    def saw(self, ask: Ask) -> tuple[Any, ...]:
        """Return what an approval rests on: a change of any of it makes it stale."""
        along = [(a, *self.mirror.holders(a)) for a in self.along(ask)]
        return (
            self.auc[CANDIDATE],
            self.mirror.holders(ask.target),
            along,
            self.editions.get(ask.target, 0),
        )

    def along(self, ask: Ask) -> list[str]:
        """Return the aliases that go with the target."""
        coupled: list[str] = self.rules[ask.target]["moves_along"]
        return coupled if ask.target == PRODUCTION else []

    def excluded(self, ask: Ask) -> set[int]:
        """Return whose approval does not count."""
        rules = self.rules[ask.target]
        found = {"requester": ask.requester, "run_user": self.run_user}
        if self.check and rules["checks"]:
            found["check_reporters"] = self.check[1]
        return {found[role] for role in rules["excluded"] if role in found}

    def does_count(self, ask: Ask, person: int) -> bool:
        """Has the person approved, and does it count?"""
        approval = ask.approvals.get(person)
        expires = self.rules[ask.target].get("approvals_expire_after")
        return (
            approval is not None
            and approval.saw == self.saw(ask)
            and person not in self.excluded(ask)
            and self.levels[person] >= DECIDES
            and not (expires and approval.hours >= 1)
        )

    def slots(self, ask: Ask) -> list[dict[str, Any]]:
        """Return a rule for each approval that is asked for."""
        rules = self.rules[ask.target]["approvals"]
        return [rule for rule in rules for _ in range(rule["count"])]

    def met(self, ask: Ask) -> int:
        """Return how many approvals there are, given to rules as well as can be."""
        people = [person for person in ask.approvals if self.does_count(ask, person)]
        return self._most_met(self.slots(ask), people)

    def wanted(self, ask: Ask) -> set[int]:
        """Return with whose approval there would be one more of them."""
        given = [person for person in ask.approvals if self.does_count(ask, person)]
        others = set(range(len(self.levels))) - {*given} - self.excluded(ask)
        met, slots = self.met(ask), self.slots(ask)
        return {
            person
            for person in others
            if self.levels[person] >= DECIDES
            and self._most_met(slots, [*given, person]) > met
        }

    def _most_met(self, slots: list[dict[str, Any]], people: list[int]) -> int:
        """Try every way of giving people to slots."""
        if not slots or not people:
            return 0
        first, *rest = slots
        ways = [self._most_met(rest, people)]
        ways += [
            1 + self._most_met(rest, [other for other in people if other != person])
            for person in people
            if (not first["groups"] or self.groups[person] & set(first["groups"]))
            and self.levels[person] >= (MANAGES if first["level"] else DECIDES)
        ]
        return max(ways)

    def plan(self, ask: Ask) -> list[Effect]:
        """Return what an approval does: as it was frozen, else as it would be now."""
        if ask.plan is not None:
            return ask.plan
        now = self.mirror.now
        if ask.target == CHAMPION:
            return [("@champion", now("@champion"), f"{CANDIDATE}")]
        plan = [(f"v{CANDIDATE}", now(f"v{CANDIDATE}"), "Production")]
        if ask.archives:
            plan += [
                (f"v{number}", "Production", "Archived")
                for number in self.mirror.holders(PRODUCTION)
                if number != CANDIDATE
            ]
        return plan + [
            ("@champion", now("@champion"), f"{CANDIDATE}") for _ in self.along(ask)
        ]

    def passes(self, ask: Ask) -> bool:
        """Are all rules met?"""
        rules = self.rules[ask.target]
        holders = [n for n in self.mirror.holders(ask.target) if n != CANDIDATE]
        is_good = bool(holders) and self.auc[CANDIDATE] > self.auc[max(holders)] - 0.011
        later = self.mirror.after(self.plan(ask)).holders(ask.target)
        return (
            self.met(ask) == len(self.slots(ask))
            and (not rules["checks"] or (self.check or ("",))[0] == "passed")
            and (not rules["tags"] or self.has_tag)
            and (not rules["metrics"] or is_good)
            and (not rules["single_holder"] or len(later) == 1)
        )

    # What people and the clock do

    def open(self) -> list[Ask]:
        """Return the requests that wait for a decision."""
        return [ask for ask in self.asks if ask.status == "open"]

    def close(self, ask: Ask, status: str) -> None:
        """End a request, on record."""
        ask.status = status
        self.told.append(f"transition_request.{status}")

    def settle(self, *asks: Ask) -> None:
        """Approve those of the open requests that may be."""
        for ask in asks:
            if ask.status == "open" and self.passes(ask):
                ask.plan = self.plan(ask)
                self.close(ask, "approved")
                self.due.append(ask)

    def may_reject(self, ask: Ask, person: int) -> bool:
        """Is a rejection taken: by somebody who may, and has not approved already?"""
        return (
            ask.status == "open"
            and self.levels[person] >= DECIDES
            and not self.does_count(ask, person)
        )

    def may_approve(self, ask: Ask, person: int, saw: tuple[Any, ...]) -> bool:
        """Is an approval taken: likewise, by somebody who counts and saw what is so?"""
        is_one_who_counts = person not in self.excluded(ask)
        return (
            self.may_reject(ask, person) and is_one_who_counts and saw == self.saw(ask)
        )

    def approve(self, ask: Ask, person: int) -> None:
        """Take an approval."""
        ask.approvals[person] = Approval(self.saw(ask))
        self.told.append("review.given")
        self.settle(ask)

    def apply(self) -> None:
        """Carry out what was approved, what was approved first before the rest."""
        while self.due:
            self._apply(self.due.pop(0))

    def _apply(self, ask: Ask) -> None:
        plan, there = self.plan(ask), self.mlflow
        planned = {subject for subject, _, _ in plan}
        strangers = {f"v{n}" for n in there.holders(ask.target)} - planned
        is_lost = any(there.now(s) not in (old, new) for s, old, new in plan)
        is_lost |= ask.target == PRODUCTION and ask.archives and bool(strangers)
        is_untouched = all(there.now(s) == old for s, old, _ in plan)
        is_done = all(there.now(s) == new for s, _, new in plan)
        has_shut = is_untouched and not is_done and not self.passes(ask)
        if is_lost or has_shut:
            self.close(ask, "failed")
        else:
            self._come_true(ask, plan)

    def _come_true(self, ask: Ask, plan: list[Effect]) -> None:
        for subject, _, new in plan:
            old = self.mirror.now(subject)
            if old != new:
                of_alias = (
                    "model_version_alias.moved" if old else "model_version_alias.set"
                )
                of_stage = "model_version.transitioned"
                self.told.append(of_alias if subject[0] == "@" else of_stage)
            self.mirror.put(subject, new)
            self.mlflow.put(subject, new)
        self.close(ask, "applied")
        for twin in self.open():
            if twin.target == ask.target:
                self.close(twin, "superseded")
