"""Random people, policies, reviews and changes, against a model of the rules."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_ui.actions.awaited import approvals_given
from registry_ui.actions.checks import report_check
from registry_ui.actions.clock import judge_open_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import cancel_request, create_request
from registry_ui.actions.reviews import review_request
from registry_ui.errors import ActionError
from registry_ui.gates import Verdict
from registry_ui.models import (
    AuditEvent,
    Check,
    Level,
    ModelVersion,
    Review,
    TransitionRequest,
    VersionTag,
)
from registry_ui.policies import PolicyDefinition
from registry_ui.views.waiting import what_waits
from tests.factories import make_model, make_user, make_version

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("SIGNOFF_EXAMPLES", "60"))
TARGET = "stage:Production"
PEOPLE = range(6)
GROUPS = ("risk", "legal")
Status = TransitionRequest.Status
STATES = {
    "transition_request.approved": Status.APPROVED,
    "transition_request.rejected": Status.REJECTED,
    "transition_request.cancelled": Status.CANCELLED,
}


def rarely(rule: list[Any]) -> st.SearchStrategy[list[Any]]:
    """Draw the rule in one of four: with all rules at once hardly anything passes."""
    return st.sampled_from([[], [], [], rule])


rules = st.fixed_dictionaries(
    {
        "approvals": st.lists(
            st.fixed_dictionaries(
                {
                    "count": st.sampled_from([1, 1, 2]),
                    "groups": st.sampled_from([[], ["risk"], ["legal"]]),
                }
            ),
            min_size=1,
            max_size=3,
        ),
        "excluded": st.sampled_from([[], ["requester"], ["requester", "run_user"]]),
        "checks": rarely([{"name": "bias"}]),
        "tags": rarely(["owner"]),
        "metrics": rarely([{"name": "auc", "tolerance": 0.01}]),
        "single_holder": st.sampled_from([False, False, False, True]),
    }
)
people = st.sampled_from(PEOPLE)
memberships = st.lists(
    st.sampled_from([(), ("risk",), ("legal",), GROUPS]),
    min_size=len(PEOPLE),
    max_size=len(PEOPLE),
)
approvals = st.tuples(st.just("approve"), people)
endings = st.tuples(st.sampled_from(["reject", "cancel"]), people)
changes = st.one_of(
    st.tuples(st.just("join"), people, st.sampled_from(GROUPS)),
    st.tuples(st.just("leave"), people, st.sampled_from(GROUPS)),
    st.tuples(st.just("demote"), people),
    st.tuples(st.just("check"), st.sampled_from(["pending", "passed", "failed"])),
    st.tuples(st.just("tag"), st.booleans()),
    st.tuples(st.just("metric"), st.sampled_from([0.7, 0.895, 0.95])),
    st.tuples(st.just("incumbent"), st.booleans()),
    st.tuples(st.just("policy"), rules),
    st.tuples(st.just("tick")),
)
steps = st.one_of(approvals, approvals, approvals, changes, changes)


@dataclass
class World:
    """What stands in the database, and beside it what the rules should make of it."""

    people: list[User]
    version: ModelVersion
    incumbent: ModelVersion
    ask: TransitionRequest
    rules: dict[str, Any] = field(default_factory=dict)
    policy_number: int = 0
    saw: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    """What was so when each person approved, by their index."""

    def facts(self) -> tuple[Any, ...]:
        """Return what an approval rests on: a change of any of it makes it stale."""
        evidence = type(self.version.evidence).objects.get(version=self.version)
        holds = ModelVersion.objects.get(pk=self.incumbent.pk).stage == "Production"
        return (str(evidence.metrics), holds, self.policy_number)

    def eligible(self) -> set[int]:
        """Return whose approval may count, by their index."""
        found = {
            index
            for index, person in enumerate(self.people)
            if User.objects.get(pk=person.pk).model_permissions.exists()
        }
        if "requester" in self.rules["excluded"]:
            found.discard(0)
        if "run_user" in self.rules["excluded"]:
            found.discard(1)
        return found

    def counting(self) -> set[int]:
        """Return who has approved and counts, by their index."""
        now = self.facts()
        fresh = {index for index, seen in self.saw.items() if seen == now}
        return fresh & self.eligible()

    def should_pass(self) -> bool:
        """Judge by the plainest reading of the rules."""
        tags = set(VersionTag.objects.values_list("key", flat=True))
        checks = dict(Check.objects.values_list("name", "verdict"))
        auc, has_incumbent, _ = self.facts()
        metrics_pass = not self.rules["metrics"] or (
            has_incumbent and ("0.895" in auc or "0.95" in auc)
        )
        return (
            self.met() == len(self.slots())
            and (not self.rules["checks"] or checks.get("bias") == "passed")
            and (not self.rules["tags"] or "owner" in tags)
            and metrics_pass
            and not (self.rules["single_holder"] and has_incumbent)
        )

    def slots(self) -> list[set[str]]:
        """Return the groups of each approval that is asked for; empty: of any."""
        return [
            set(rule["groups"])
            for rule in self.rules["approvals"]
            for _ in range(rule["count"])
        ]

    def met(self, *others: int) -> int:
        """Return how many of them the counting approvals, and others, meet at most."""
        groups = [
            set(self.people[index].groups.values_list("name", flat=True))
            for index in (*self.counting(), *others)
        ]
        return most_met(self.slots(), groups)

    def wanted(self) -> set[int]:
        """Return with whose approval one rule more would be met."""
        others = self.eligible() - self.counting()
        return {index for index in others if self.met(index) > self.met()}


def most_met(slots: list[set[str]], groups: list[set[str]]) -> int:
    """Try every way of giving people, by their groups, to slots."""
    if not slots:
        return 0
    first, *rest = slots
    return max(
        [most_met(rest, groups)]
        + [
            1 + most_met(rest, groups[:index] + groups[index + 1 :])
            for index, one in enumerate(groups)
            if not first or first & one
        ]
    )


def new_world(first: dict[str, Any], groups: list[tuple[str, ...]]) -> World:
    for name in GROUPS:
        Group.objects.get_or_create(name=name)
    level = Level.CAN_MANAGE_PRODUCTION_VERSIONS
    everybody = [make_user(level=level) for _ in PEOPLE]
    for person, names in zip(everybody, groups, strict=True):
        person.groups.set(Group.objects.filter(name__in=names))
    model = make_model()
    incumbent = make_version(model=model, stage="Production", metrics={"auc": 0.9})
    version = make_version(model=model, metrics={"auc": 0.95})
    version.evidence.run_user = everybody[1].username
    version.evidence.save()
    ask = create_request(version, TARGET, actor=everybody[0], comment="Better.")
    world = World(everybody, version, incumbent, ask)
    govern(world, first)
    return world


def waits_for(world: World, index: int) -> bool:
    """Does the request wait for somebody?"""
    request = HttpRequest()
    request.user = User.objects.get(pk=world.people[index].pk)
    return world.ask.pk in what_waits(request).requests


def govern(world: World, rules_: dict[str, Any]) -> None:
    definition = {"name": "p", "targets": [TARGET], **rules_}
    (change,) = apply_policies(
        [PolicyDefinition.model_validate(definition)], actor=None
    )
    world.rules, world.policy_number = rules_, change.number


def decide(world: World, index: int, decision: Review.Decision) -> bool:
    """Let somebody decide; False where they are refused."""
    actor = User.objects.get(pk=world.people[index].pk)
    try:
        with transaction.atomic():
            seen = gather_decision(world.ask).fingerprint
            review_request(
                world.ask, decision, actor=actor, seen=seen, comment="Because."
            )
    except (ActionError, PermissionDenied):
        return False
    return True


def take(world: World, step: tuple[Any, ...]) -> None:
    """Take one step, in the database and in the world's own books."""
    kind, *given_ = step
    match kind:
        case "approve":
            if decide(world, given_[0], Review.Decision.APPROVE):
                world.saw[given_[0]] = world.facts()
        case "reject":
            decide(world, given_[0], Review.Decision.REJECT)
        case "cancel" if given_[0] == 0:
            if TransitionRequest.objects.get(pk=world.ask.pk).is_open:
                cancel_request(world.ask, actor=world.people[0])
        case "join" | "leave" | "demote":
            # Who has approved, rather: of the others nothing depends on it yet.
            indexes = [*world.saw] or [*PEOPLE]
            person = world.people[indexes[given_[0] % len(indexes)]]
            change_person(person, kind, *given_[1:])
        case "check":
            verdict = Check.Verdict(given_[0])
            admin = make_user(is_superuser=True)
            report_check(world.version, "bias", verdict, actor=admin)
        case _:
            change_content(world, kind, given_)


def change_person(person: User, kind: str, group: str = "") -> None:
    """Let somebody join or leave a group, or lose their level."""
    if kind == "demote":
        person.model_permissions.all().delete()
    elif kind == "join":
        person.groups.add(Group.objects.get(name=group))
    else:
        person.groups.remove(Group.objects.get(name=group))


def change_content(world: World, kind: str, given_: list[Any]) -> None:
    """Change what MLflow, or an admin, may change."""
    match kind:
        case "tag":
            rows = VersionTag.objects.filter(version=world.version, key="owner")
            rows.delete()
            if given_[0]:
                VersionTag.objects.create(
                    version=world.version, model=world.version.model, key="owner",
                    value="me",
                )  # fmt: skip
        case "metric":
            world.version.evidence.metrics = {"auc": given_[0]}
            world.version.evidence.save()
        case "incumbent":
            stage = "Production" if given_[0] else "None"
            ModelVersion.objects.filter(pk=world.incumbent.pk).update(stage=stage)
        case "policy":
            govern(world, given_[0])
        case "tick":
            judge_open_requests()


@settings(max_examples=EXAMPLES)
@given(rules, memberships, st.lists(steps, min_size=10, max_size=24), endings)
def test_a_request_is_approved_if_and_only_if_the_rules_are_met(
    first: dict[str, Any],
    groups: list[tuple[str, ...]],
    taken: list[tuple[Any, ...]],
    ending: tuple[Any, ...],
) -> None:
    with transaction.atomic():
        world = new_world(first, groups)
        for step in [*taken, ("tick",), ending]:
            before = TransitionRequest.objects.get(pk=world.ask.pk)
            take(world, step)
            check_invariants(world, before)
        transaction.set_rollback(True)


def check_invariants(world: World, before: TransitionRequest) -> None:
    """Hold what is stored against the plain reading of the rules."""
    now = TransitionRequest.objects.select_related("version__model").get(
        pk=world.ask.pk
    )
    told = AuditEvent.objects.filter(request_number=now.number, type__in=STATES)
    ends = [STATES[kind] for kind in told.values_list("type", flat=True)]
    assert ends == ([] if now.is_open else [now.status])
    if not before.is_open:
        assert now.status == before.status
        return
    decision = gather_decision(now)
    explained = all(gate.explanation for gate in decision.gates)
    assert explained
    assert all(
        bool(g.remedy) == (g.verdict is not Verdict.PASSED) for g in decision.gates
    )
    if now.is_open:
        found = next(gate for gate in decision.gates if gate.name == "Approvals")
        expected = f"{world.met()} of {len(world.slots())}"
        assert found.explanation.startswith(expected)
    if now.status == Status.APPROVED:
        assert world.should_pass()
    elif now.is_open:
        assert decision.is_approvable == world.should_pass()


@settings(max_examples=EXAMPLES // 3)
@given(rules, memberships, st.lists(steps, max_size=10))
def test_an_open_request_waits_for_just_those_whose_approval_would_help(
    first: dict[str, Any],
    groups: list[tuple[str, ...]],
    taken: list[tuple[Any, ...]],
) -> None:
    with transaction.atomic():
        world = new_world(first, groups)
        for step in taken:
            take(world, step)
        if TransitionRequest.objects.open().exists():
            number, wanted = world.ask.pk, world.wanted()
            given_ = approvals_given([number])
            assert given_ == {number: (world.met(), len(world.slots()))}
            assert {i for i in PEOPLE if waits_for(world, i)} == wanted
        transaction.set_rollback(True)
