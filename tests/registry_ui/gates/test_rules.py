"""Each rule on each kind of fact; what is unknown never passes."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from registry_ui.comparison import Dataset, VersionFacts
from registry_ui.gates import Act, CheckFact, Gate, GateFacts, Verdict, evaluate
from registry_ui.models import Level
from registry_ui.policies import Policy, PolicyDefinition
from registry_ui.policies.freezes import Weekday

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)  # a Friday
PASSED, FAILED = Verdict.PASSED, Verdict.FAILED
WAITING, INSUFFICIENT = Verdict.WAITING, Verdict.INSUFFICIENT


def version(number: int = 7, **known: Any) -> VersionFacts:
    return VersionFacts(model_name="churn", number=number, **known)


def judged(name: str, rules: dict[str, Any], **known: Any) -> Gate:
    """Return the gate of that name under a policy with these rules."""
    definition = PolicyDefinition.model_validate(
        {"name": "p", "targets": ["stage:Production"], **rules}
    )
    facts = GateFacts(
        policy=Policy(definition, 1),
        now=NOW,
        asked_at=NOW - timedelta(hours=1),
        level=Level.CAN_MANAGE_PRODUCTION_VERSIONS,
        **{"candidate": version(), **known},
    )
    return next(gate for gate in evaluate(facts) if gate.name == name)


def ints(*names: str) -> dict[str, Any]:
    columns = [{"name": name, "type": "long", "required": True} for name in names]
    return {"inputs": columns, "outputs": None, "params": None}


AUC = "Metric auc"


@pytest.mark.parametrize(
    ("rule", "new", "old", "verdict"),
    [
        ({"at_least": 0.8}, 0.8, None, PASSED),
        ({"at_least": 0.8}, 0.79, None, FAILED),
        ({"at_least": 0.8}, None, None, INSUFFICIENT),
        ({"at_least": 0.8}, math.nan, None, INSUFFICIENT),
        ({"at_least": 0.8}, math.inf, None, PASSED),
        ({"at_most": 0.8}, -math.inf, None, PASSED),
        ({"at_most": 0.8}, 0.81, None, FAILED),
        ({"at_least": 0.5, "at_most": 0.8}, 0.4, None, FAILED),
        ({"at_least": 0.5, "at_most": 0.8}, 0.6, None, PASSED),
        ({"tolerance": 0.005}, 0.895, 0.9, PASSED),  # 0.9 - 0.895 > 0.005 in floats
        ({"tolerance": 0.005}, 0.8949, 0.9, FAILED),
        ({"tolerance": 0}, 0.9, 0.9, PASSED),
        ({"tolerance": 0}, 0.95, 0.9, PASSED),
        ({"tolerance": 0}, 0.9, None, INSUFFICIENT),
        ({"tolerance": 0, "without_incumbent": "passed"}, 0.9, None, PASSED),
        ({"tolerance": 0}, 0.9, math.nan, INSUFFICIENT),
        ({"tolerance": 0, "direction": "lower"}, 0.8, 0.9, PASSED),
        ({"tolerance": 0, "direction": "lower"}, 0.95, 0.9, FAILED),
        ({"relative_tolerance": 0.1}, 0.81, 0.9, PASSED),
        ({"relative_tolerance": 0.1}, 0.8, 0.9, FAILED),
        ({"relative_tolerance": 0.1, "direction": "lower"}, -0.81, -0.9, PASSED),
        ({"relative_tolerance": 0.1, "direction": "lower"}, -0.8, -0.9, FAILED),
        ({"tolerance": 0}, math.inf, math.inf, PASSED),
        ({"relative_tolerance": 0.1}, math.inf, math.inf, PASSED),
        ({"relative_tolerance": 0.1}, 0.9, -math.inf, PASSED),
        ({"relative_tolerance": 0.1}, 0.9, math.inf, FAILED),
        ({"tolerance": 0, "same_data": True}, 0.9, 0.9, INSUFFICIENT),
    ],
)
def test_a_metric_is_held_against_its_bound(
    rule: dict[str, Any], new: float | None, old: float | None, verdict: Verdict
) -> None:
    def with_auc(number: int, value: float | None) -> VersionFacts:
        return version(number, metrics={} if value is None else {"auc": value})

    gate = judged(
        AUC,
        {"metrics": [{"name": "auc", **rule}]},
        candidate=with_auc(7, new),
        incumbent=None if old is None else with_auc(5, old),
    )

    assert gate.verdict is verdict
    assert bool(gate.remedy) == (verdict is not PASSED)


def test_a_metric_whose_direction_nobody_knows_is_insufficient() -> None:
    both = [version(n, metrics={"zap": 1.0}) for n in (7, 5)]
    rule = {"metrics": [{"name": "zap", "tolerance": 0.1}]}

    gate = judged("Metric zap", rule, candidate=both[0], incumbent=both[1])

    assert gate.verdict is INSUFFICIENT
    assert "direction" in str(gate.remedy)


@pytest.mark.parametrize(("digest", "verdict"), [("a", PASSED), ("b", INSUFFICIENT)])
def test_other_data_do_not_compare_where_the_rule_wants_the_same(
    digest: str, verdict: Verdict
) -> None:
    known = {"metrics": {"auc": 0.9}}
    rule = {"metrics": [{"name": "auc", "tolerance": 0, "same_data": True}]}

    gate = judged(
        AUC,
        rule,
        candidate=version(7, datasets=(Dataset("d", digest),), **known),
        incumbent=version(5, datasets=(Dataset("d", "a"),), **known),
    )

    assert gate.verdict is verdict


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        (None, INSUFFICIENT),
        (CheckFact("pending", NOW), WAITING),
        (CheckFact("failed", NOW), FAILED),
        (CheckFact("passed", NOW - timedelta(days=1)), PASSED),
        (CheckFact("passed", NOW - timedelta(days=2)), INSUFFICIENT),
        (CheckFact("failed", NOW - timedelta(days=2)), INSUFFICIENT),
    ],
)
def test_a_check_must_be_reported_as_passed_and_fresh(
    check: CheckFact | None, verdict: Verdict
) -> None:
    rules = {"checks": [{"name": "bias", "max_age": "2d"}]}

    gate = judged("Check bias", rules, checks={"bias": check} if check else {})

    assert gate.verdict is verdict


@pytest.mark.parametrize(
    ("rule", "new", "old", "verdict"),
    [
        ("compatible", ints("a"), ints("a"), PASSED),
        ("compatible", ints("a"), ints("a", "b"), FAILED),  # widened
        ("widened", ints("a"), ints("a", "b"), PASSED),
        ("widened", ints("a", "b"), ints("a"), FAILED),
        ("widened", None, ints("a"), INSUFFICIENT),
        ("widened", ints("a"), None, INSUFFICIENT),
    ],
)
def test_a_signature_is_held_against_the_incumbents(
    rule: str, new: Any, old: Any, verdict: Verdict
) -> None:
    gate = judged(
        "Signature",
        {"signature": rule},
        candidate=version(7, signature=new),
        incumbent=version(5, signature=old),
    )

    assert gate.verdict is verdict


def test_a_signature_breaks_nobody_where_nobody_serves() -> None:
    known = version(7, signature=ints("a"))

    assert judged(
        "Signature", {"signature": "compatible"}, candidate=known
    ).verdict is (PASSED)
    assert judged("Signature", {"signature": "compatible"}).verdict is INSUFFICIENT


@pytest.mark.parametrize(
    ("tags", "verdict"),
    [({"owner": "me"}, PASSED), ({"owner": "  "}, FAILED), ({}, FAILED)],
)
def test_tags_must_be_there_and_say_something(
    tags: dict[str, str], verdict: Verdict
) -> None:
    gate = judged("Tags", {"tags": ["owner"]}, candidate=version(7, tags=tags))

    assert gate.verdict is verdict


@pytest.mark.parametrize(("text", "verdict"), [("Better.", PASSED), (" \n", FAILED)])
def test_a_version_must_be_described(text: str, verdict: Verdict) -> None:
    rules = {"description_required": True}

    gate = judged("Description", rules, candidate=version(7, description=text))

    assert gate.verdict is verdict


@pytest.mark.parametrize(("holders", "verdict"), [((7,), PASSED), ((5, 7), FAILED)])
def test_one_holder(holders: tuple[int, ...], verdict: Verdict) -> None:
    gate = judged("One holder", {"single_holder": True}, holders_after=holders)

    assert gate.verdict is verdict


@pytest.mark.parametrize(("wait", "verdict"), [("1h", PASSED), ("61m", WAITING)])
def test_people_are_given_time_to_look(wait: str, verdict: Verdict) -> None:
    assert judged("Waiting time", {"waiting_time": wait}).verdict is verdict


@pytest.mark.parametrize(("day", "verdict"), [("friday", WAITING), ("monday", PASSED)])
def test_nothing_is_approved_in_a_freeze(day: str, verdict: Verdict) -> None:
    freeze = {"weekdays": [day], "starts": "08:00", "ends": "18:00", "reason": "Sale"}

    gate = judged("Freeze", {"freezes": [freeze]})

    assert gate.verdict is verdict
    assert ("Sale" in gate.explanation) == (verdict is WAITING)


def test_a_freeze_over_midnight_is_over_when_its_second_part_is() -> None:
    evening = {"weekdays": ["friday"], "starts": "08:00", "ends": "24:00"}
    night = {"weekdays": ["saturday"], "starts": "00:00", "ends": "06:00"}

    gate = judged("Freeze", {"freezes": [evening, night]})

    assert str(gate.remedy) == "Wait until 07 Mar 2026, 06:00 UTC."


def test_freezes_that_leave_no_time_are_no_matter_of_waiting() -> None:
    always = {"weekdays": [*Weekday], "starts": "00:00", "ends": "24:00"}

    gate = judged("Freeze", {"freezes": [always]})

    assert gate.verdict is WAITING
    assert gate.remedy is not None
    assert gate.remedy.act is Act.CHANGE_POLICY


def test_a_bound_is_written_so_that_the_number_written_meets_it() -> None:
    rule = {"metrics": [{"name": "auc", "at_least": 0.876543}]}

    gate = judged(AUC, rule, candidate=version(7, metrics={"auc": 0.87654}))

    assert gate.verdict is FAILED
    assert gate.explanation == "0.87654, at least 0.876543 is asked."


def test_a_version_without_a_number_is_told_which_number_would_do() -> None:
    rule = {"metrics": [{"name": "auc", "tolerance": 0.01}]}

    gate = judged(AUC, rule, incumbent=version(5, metrics={"auc": 0.9}))

    assert str(gate.remedy) == "Log auc to the version's run, at least 0.89."


def test_an_incumbent_without_a_signature_is_what_must_be_mended() -> None:
    candidate = version(7, signature=ints("a"))

    gate = judged(
        "Signature", {"signature": "widened"}, candidate=candidate, incumbent=version(5)
    )

    assert str(gate.remedy).startswith("Give v5 a signature")
