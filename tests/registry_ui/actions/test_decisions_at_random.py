"""Random people, policies, reviews and changes, held against the books."""

from __future__ import annotations

import os
from itertools import product

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from registry_ui.actions.awaited import approvals_given, awaited_from
from registry_ui.actions.decisions import gather_decision
from registry_ui.gates import Verdict
from registry_ui.models import Alias, AuditEvent, ModelVersion, TransitionRequest
from registry_ui.planning import Plan
from tests.registry_ui.actions.books import CHAMPION, DECIDES, PRODUCTION, Ask, Books
from tests.registry_ui.actions.deciding import (
    GROUPS,
    LEVELS,
    TAKE,
    Rules,
    World,
    begin,
    make_all_that_stays,
)

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("SIGNOFF_EXAMPLES", "40"))
Step = tuple[str, int, int, Rules]


def by(count: int, *groups: str, level: str | None = None) -> Rules:
    """Return the rule that so many people must approve."""
    return {"count": count, "groups": list(groups), "level": level}


APPROVALS = (
    [by(1)],
    [by(2)],
    [by(1, "risk")],
    [by(1, "risk"), by(1, "legal")],
    [by(1, *GROUPS), by(1, "risk")],
    [by(1), by(1, "legal")],
    [by(1, level="CAN_MANAGE"), by(1)],
)
EXCLUDED: tuple[list[str], ...] = (
    ["requester"],
    ["requester", "run_user"],
    ["run_user"],
    ["check_reporters"],
    [],
)
EVIDENCE: tuple[Rules, ...] = (
    *({}, {}, {}),
    {"checks": [{"name": "bias"}]},
    {"checks": [{"name": "bias"}]},
    {"tags": ["owner"]},
    {"metrics": [{"name": "auc", "tolerance": 0.01}]},
)
OTHERS: tuple[Rules, ...] = (
    *({}, {}),
    {"single_holder": True},
    {"approvals_expire_after": "1h"},
    {"moves_along": ["alias:champion"]},
)
NONE: Rules = {
    "checks": [],
    "tags": [],
    "metrics": [],
    "single_holder": False,
    "moves_along": [],
}
rules = st.sampled_from(
    [
        {**NONE, "approvals": approvals, "excluded": excluded, **evidence, **others}
        for approvals, excluded, evidence, others in product(
            APPROVALS, EXCLUDED, EVIDENCE, OTHERS
        )
    ]
)
memberships = st.lists(
    st.sampled_from([(), ("risk",), ("legal",), GROUPS]),
    min_size=len(LEVELS),
    max_size=len(LEVELS),
)
asks = st.sampled_from(
    [
        [(PRODUCTION, 0, True), (CHAMPION, 0, False)],
        [(PRODUCTION, 0, False), (CHAMPION, 2, False)],
        [(PRODUCTION, 0, True), (PRODUCTION, 3, False)],
    ]
)
OFTEN = ("approve", "waver", "leave", "level", "check", "apply")
kinds = st.sampled_from([*TAKE, *OFTEN, *["approve"] * 8])
people = st.sampled_from([0, 1, 2, 3, 4, 5])
taken = st.lists(
    st.tuples(kinds, people, st.integers(0, 11), rules), min_size=8, max_size=16
)
LAST = (("tick", 0, 0, NONE), ("apply", 0, 0, NONE), ("cancel", 0, 0, NONE))


def test_every_decision_is_what_the_rules_make_of_it() -> None:
    stays = make_all_that_stays()

    @settings(max_examples=EXAMPLES, phases=[Phase.generate])
    @given(rules, rules, memberships, asks, taken)
    def holds(
        of_stage: Rules,
        of_alias: Rules,
        groups: list[tuple[str, ...]],
        wanted: list[tuple[str, int, bool]],
        steps: list[Step],
    ) -> None:
        books = Books(
            levels=[*LEVELS],
            groups=[set(names) for names in groups],
            rules={PRODUCTION: of_stage, CHAMPION: of_alias},
            asks=[Ask(*one) for one in wanted],
        )
        with transaction.atomic():
            world = begin(*stays, books)
            for turn, (kind, who, which, new) in enumerate([*steps, *LAST]):
                TAKE[kind](world, who, which, new)
                compare(world, turn)
            transaction.set_rollback(True)

    holds()


def compare(world: World, turn: int) -> None:
    """Hold what is stored against the books, and in turn the page of a request."""
    books = world.books
    rows = TransitionRequest.objects.select_related("version__model")
    requests = list(
        rows.filter(pk__in=[one.pk for one in world.requests]).order_by("pk")
    )
    assert [request.status for request in requests] == [a.status for a in books.asks]
    compare_registries(world)
    events = AuditEvent.objects.filter(position__gt=world.first_event)
    assert sorted(events.values_list("type", flat=True)) == sorted(books.told)
    index = turn % len(requests)
    request, ask = requests[index], books.asks[index]
    if ask.status == "open":
        compare_open(books, request, ask)
        compare_waiting(world, request, ask, turn % len(world.people))
    else:
        compare_closed(request, ask)


def compare_registries(world: World) -> None:
    """Hold MLflow and the mirror against the books."""
    mlflow, mirror = world.books.mlflow, world.books.mirror
    assert (world.client.stages, world.client.aliases) == (
        mlflow.stages,
        mlflow.aliases,
    )
    versions = ModelVersion.objects.values_list("number", "stage")
    assert dict(versions) == mirror.stages
    aliases = Alias.objects.values_list("name", "version__number")
    assert dict(aliases) == mirror.aliases


def compare_closed(request: TransitionRequest, ask: Ask) -> None:
    """The plan that was frozen is the one that was shown, and came true as it says."""
    assert effects(Plan.from_json(request.plan) if request.plan else None) == (
        ask.plan or []
    )
    if ask.status == "applied":
        assert request.outcome is not None
        assert all(entry["came_true"] for entry in request.outcome)


def compare_open(books: Books, request: TransitionRequest, ask: Ask) -> None:
    """The page says what the rules make of it, what is missing, and what will be."""
    decision = gather_decision(request)
    assert decision.is_approvable == books.passes(ask)
    assert effects(decision.plan) == books.plan(ask)
    approvals = next(gate for gate in decision.gates if gate.name == "Approvals")
    assert approvals.explanation.startswith(
        f"{books.met(ask)} of {len(books.slots(ask))}"
    )
    for gate in decision.gates:
        assert gate.explanation
        assert (gate.remedy is None) == (gate.verdict is Verdict.PASSED)


def compare_waiting(
    world: World, request: TransitionRequest, ask: Ask, person: int
) -> None:
    """The inbox counts the same, and waits for those whose approval would help."""
    books, number = world.books, request.pk
    slots = len(books.slots(ask))
    assert approvals_given([number]) == {number: (books.met(ask), slots)}
    user = world.actor(person)
    if books.levels[person] >= DECIDES:
        waits = number in awaited_from(user, [number])
        assert waits == (person in books.wanted(ask))


def effects(plan: Plan | None) -> list[tuple[str, str, str]]:
    """Return a plan as the books write it."""
    found = plan.effects if plan else ()
    return [(effect.subject, effect.before, effect.after) for effect in found]
