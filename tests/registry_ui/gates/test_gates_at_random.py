"""Gates on random facts, held against a plain reading of the rules."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from registry_ui.gates import GateFacts, ReviewFact, Verdict, evaluate
from registry_ui.gates.approvals import approvals_gate
from tests.registry_ui.gates import reading
from tests.registry_ui.gates.drawn import (
    PRODUCTION,
    facts_of_people,
    facts_of_people_who_count,
    facts_of_time,
    facts_of_versions,
    reviews,
)

many = settings(max_examples=1000)
some = settings(max_examples=300)


def missing(facts: GateFacts) -> int:
    """Return how many approvals the gate still asks for."""
    gate = approvals_gate(facts)
    assert (gate.verdict is Verdict.PASSED) == (gate.remedy is None)
    return len(gate.remedy.approvals) if gate.remedy else 0


@many
@given(st.one_of(facts_of_people(), facts_of_people_who_count()))
def test_approvals_are_enough_exactly_where_people_can_be_given_to_all_rules(
    facts: GateFacts,
) -> None:
    assert missing(facts) == reading.people_missing(facts)


@many
@given(facts_of_versions())
def test_gates_on_versions_say_what_the_rules_say(facts: GateFacts) -> None:
    hold(facts)


@many
@given(facts_of_time())
def test_gates_on_time_say_what_the_rules_say(facts: GateFacts) -> None:
    hold(facts)


def hold(facts: GateFacts) -> None:
    """Hold the gates against the reading; each says why, and what to do."""
    gates = evaluate(facts)
    assert [gate.verdict for gate in gates] == [
        expected.verdict for expected in reading.read(facts)
    ]
    assert all(gate.explanation for gate in gates)
    assert all((g.remedy is None) == (g.verdict is Verdict.PASSED) for g in gates)


@some
@given(facts_of_people())
def test_nobody_excluded_ever_counts(facts: GateFacts) -> None:
    others = [one for one in facts.reviews if one.reviewer_id not in facts.excluded]

    assert missing(facts) == missing(replace(facts, reviews=others))


@some
@given(facts_of_people(), reviews(PRODUCTION))
def test_one_more_approval_never_makes_it_worse(
    facts: GateFacts, drawn: list[ReviewFact]
) -> None:
    more = [replace(one, reviewer_id=one.reviewer_id + 100) for one in drawn]

    after = replace(facts, reviews=[*facts.reviews, *more])

    assert missing(facts) - len(more) <= missing(after) <= missing(facts)


@some
@given(facts_of_people(), st.randoms(use_true_random=True))
def test_the_order_of_reviews_and_of_rules_makes_no_difference(
    facts: GateFacts, chance: random.Random
) -> None:
    definition = facts.policy.definition
    shuffled = chance.sample(facts.reviews, len(facts.reviews))
    rules = tuple(chance.sample(definition.approvals, len(definition.approvals)))
    other = replace(
        facts.policy, definition=definition.model_copy(update={"approvals": rules})
    )

    assert missing(facts) == missing(replace(facts, reviews=shuffled, policy=other))
