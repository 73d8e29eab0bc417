"""Random facts for gates, more often close to a bound than far from it.

What belongs together is drawn from a list of all that there is: one draw is cheap, and
thousands of facts take seconds.
"""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from registry_ui.comparison import Dataset, Direction, MetricChoices, VersionFacts
from registry_ui.gates import CheckFact, GateFacts, ReviewFact
from registry_ui.models import Level
from registry_ui.policies import (
    ApprovalRule,
    CheckRule,
    Freeze,
    MetricRule,
    Policy,
    PolicyDefinition,
    SignatureRule,
)
from registry_ui.policies.freezes import Weekday

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
GROUPS = ("risk", "legal")
METRICS = ("auc", "loss", "zap")
"""Higher is better, lower is better, and nobody knows."""
PRODUCTION, STAGING = (
    Level.CAN_MANAGE_PRODUCTION_VERSIONS,
    Level.CAN_MANAGE_STAGING_VERSIONS,
)
Anything = TypeVar("Anything")


def one_of(*values: Anything) -> st.SearchStrategy[Anything]:
    """Draw one of the values; what stands there twice comes more often."""
    return st.sampled_from(values)


def hours(count: int) -> timedelta:
    return timedelta(hours=count)


lengths = one_of(None, None, hours(1), hours(2), hours(24))
ages = (0, 1, 2, 3, 24)


def policy(**rules: Any) -> Policy:
    """Return a policy with these rules, of the types that its fields have."""
    return Policy(PolicyDefinition(name="p", targets=("stage:Production",), **rules), 1)


# Who approves

memberships = ((), ("risk",), ("legal",), GROUPS)
approval_rules = one_of(
    *(
        ApprovalRule(count=count, groups=groups, level=level)
        for count, groups, level in product(
            (1, 1, 2), memberships, (None, None, "CAN_READ", "CAN_MANAGE")
        )
    )
)
people = one_of(
    *product(
        memberships,
        (PRODUCTION, PRODUCTION, STAGING, Level.CAN_MANAGE, Level.CAN_EDIT),
        (True, True, True, False),
        ages,
    )
)
exclusions = one_of({}, {0: "asked"}, {1: "ran its run"}, {0: "asked", 2: "ran it"})


people_who_count = one_of(
    *product(memberships, (PRODUCTION, Level.CAN_MANAGE), (True,), (0,))
)
rules_for_one = one_of(
    *(
        ApprovalRule(groups=groups, level=level)
        for groups, level in product(memberships, (None, None, "CAN_MANAGE"))
    )
)


def reviews(
    level: Level, drawn_from: st.SearchStrategy[Any] = people
) -> st.SearchStrategy[list[ReviewFact]]:
    """Draw what up to five people decided, of whom some lack the level."""
    return st.lists(drawn_from, max_size=5).map(
        lambda drawn: [
            ReviewFact(
                reviewer_id=number,
                reviewer_name=f"person {number}",
                is_approval=is_approval,
                given_at=NOW - hours(age),
                holds_level=held >= level,
                level=held,
                groups=frozenset(groups),
            )
            for number, (groups, held, is_approval, age) in enumerate(drawn)
        ]
    )


@st.composite
def facts_of_people(draw: st.DrawFn) -> GateFacts:
    """Draw facts that differ in nothing but in people and what they must be."""
    level = draw(one_of(PRODUCTION, STAGING))
    return GateFacts(
        policy=policy(
            approvals=tuple(draw(st.lists(approval_rules, max_size=3))),
            approvals_expire_after=draw(lengths),
        ),
        now=NOW,
        asked_at=NOW,
        level=level,
        reviews=draw(reviews(level)),
        excluded=draw(exclusions),
    )


@st.composite
def facts_of_people_who_count(draw: st.DrawFn) -> GateFacts:
    """Draw people who all count, some of them for several rules."""
    rules = draw(st.lists(rules_for_one, min_size=2, max_size=4))
    return GateFacts(
        policy=policy(approvals=tuple(rules)),
        now=NOW,
        asked_at=NOW,
        level=PRODUCTION,
        reviews=draw(reviews(PRODUCTION, people_who_count)),
    )


# What is known of versions

hundredths = st.integers(-200, 200).map(lambda n: n / 100)
numbers = st.one_of(
    hundredths,
    one_of(
        None,
        1 / 3,
        0.876543,
        1234.56789,
        0.9,
        0.89,
        0.85,
        0.8,
        0.0,
        -0.85,
        math.nan,
        math.inf,
        -math.inf,
    ),
)
fixed_rules = st.builds(
    lambda name, pair, is_low, is_high: MetricRule(
        name=name,
        at_least=min(pair) if is_low or not is_high else None,
        at_most=max(pair) if is_high else None,
    ),
    one_of(*METRICS),
    st.tuples(hundredths, hundredths),
    st.booleans(),
    st.booleans(),
)
relative_rules = one_of(
    *(
        MetricRule.model_validate(
            {
                "name": name,
                kind: allowed,
                "direction": direction,
                "without_incumbent": verdict,
                "same_data": same_data,
            }
        )
        for name, kind, allowed, direction, verdict, same_data in product(
            METRICS,
            ("tolerance", "relative_tolerance"),
            (0, 0.01, 0.05, 0.1, 1),
            (None, None, "higher", "lower"),
            ("insufficient", "passed"),
            (False, False, True),
        )
    )
)


def _columns(*names: str) -> dict[str, Any]:
    columns = [{"name": name, "type": "long", "required": True} for name in names]
    return {"inputs": columns, "outputs": None, "params": None}


SIGNATURES = (_columns("a"), _columns("a", "b"))
"""A caller who sends what the second wants suits the first, and not the other way."""
TAGGED = {"owner": "o", "card": "c"}
backgrounds = one_of(
    *(
        {"datasets": data, "signature": signature, "tags": tags,
         "is_model_read": is_read, "description": text}
        for data, signature, tags, is_read, text in product(
            ((), (Dataset("d", "1"),), (Dataset("d", "2"),)),
            (None, *SIGNATURES),
            ({}, {"owner": "me"}, {"owner": " ", "card": ""}, TAGGED),
            (True, True, False),
            ("Better.", "", " \n"),
        )
    )
)  # fmt: skip


choices = one_of(
    MetricChoices(),
    MetricChoices(directions={"zap": Direction.LOWER}),
    MetricChoices(directions={"auc": Direction.LOWER}),
)


def versions(number: int, chosen: MetricChoices) -> st.SearchStrategy[VersionFacts]:
    """Draw what is known of a version."""
    return st.builds(
        lambda background, values: VersionFacts(
            model_name="churn",
            number=number,
            choices=chosen,
            metrics={
                name: value
                for name, value in zip(METRICS, values, strict=True)
                if value is not None
            },
            **background,
        ),
        backgrounds,
        st.tuples(numbers, numbers, numbers),
    )


check_rules = one_of(
    *(
        CheckRule(name=name, max_age=age)
        for name, age in product(("bias", "load"), (None, hours(1), hours(24)))
    )
)
reports = one_of(
    None,
    *(
        CheckFact(verdict, NOW - hours(age))
        for verdict, age in product(("passed", "passed", "failed", "pending"), ages)
    ),
)
plain_rules = one_of(
    *(
        {
            "signature": signature,
            "tags": tags,
            "description_required": is_described,
            "single_holder": is_single,
        }
        for signature, tags, is_described, is_single in product(
            (None, SignatureRule.COMPATIBLE, SignatureRule.WIDENED),
            ((), ("owner",), ("owner", "card")),
            (False, True),
            (False, True),
        )
    )
)
registrations = one_of(
    *product(
        ((7,), (5, 7)), (True, True, True, False), ("READY", "READY", "PENDING", "")
    )
)


@st.composite
def facts_of_versions(draw: st.DrawFn) -> GateFacts:
    """Draw facts of a candidate, an incumbent and checks, and what they must be."""
    metrics = st.one_of(fixed_rules, relative_rules, relative_rules)
    bias, load, chosen = draw(reports), draw(reports), draw(choices)
    holders, is_in_registry, status = draw(registrations)
    return GateFacts(
        policy=policy(
            approvals=(),
            checks=tuple(draw(st.lists(check_rules, max_size=2))),
            metrics=tuple(draw(st.lists(metrics, max_size=3))),
            **draw(plain_rules),
        ),
        now=NOW,
        asked_at=NOW,
        level=Level.CAN_MANAGE,
        candidate=draw(st.one_of(*[versions(7, chosen)] * 3, st.none())),
        incumbent=draw(st.one_of(*[versions(5, chosen)] * 2, st.none())),
        checks={
            name: report for name, report in (("bias", bias), ("load", load)) if report
        },
        holders_after=holders,
        is_in_registry=is_in_registry,
        version_status=status,
    )


# What the clock says

clock_changes = one_of(
    (datetime(2026, 3, 8, 7, tzinfo=UTC), "America/New_York"),  # an hour on
    (datetime(2026, 3, 29, 1, tzinfo=UTC), "Europe/Berlin"),  # an hour on
    (datetime(2026, 4, 4, 15, tzinfo=UTC), "Australia/Lord_Howe"),  # half an hour back
    (datetime(2026, 4, 23, 22, tzinfo=UTC), "Africa/Cairo"),  # an hour on, at midnight
    (datetime(2026, 10, 25, 1, tzinfo=UTC), "Europe/Berlin"),  # an hour back
    (datetime(2026, 10, 29, 21, tzinfo=UTC), "Africa/Cairo"),  # an hour back
    (datetime(2026, 11, 1, 6, tzinfo=UTC), "America/New_York"),  # an hour back
    (datetime(2026, 7, 1, 12, tzinfo=UTC), "Asia/Kolkata"),  # never
)
quarters = st.one_of(st.integers(-4, 4), st.integers(-8, 8), st.integers(-800, 800))
reaches = st.tuples(one_of(0, 1, 4, 99), one_of(1, 2, 4, 99))
week = tuple(Weekday)
weekdays = one_of(week, week, week[4:], week[5:6], week[6:], *((one,) for one in week))


@st.composite
def freezes(draw: st.DrawFn, now: datetime, zone: str) -> Freeze:
    """Draw a freeze, once or every week, that often covers the instant."""
    zone = draw(one_of(zone, zone, zone, "UTC"))
    wall = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if draw(one_of(True, True, False)):
        before, after = (timedelta(minutes=15 * n) for n in draw(reaches))
        begin, end = wall - before, wall + after
        return Freeze(
            weekdays=draw(weekdays),
            starts=f"{begin:%H:%M}" if begin.date() == wall.date() else "00:00",
            ends=f"{end:%H:%M}" if end.date() == wall.date() else "24:00",
            time_zone=zone,
        )
    begin = wall + hours(draw(st.integers(-30, 20)))
    end = begin + hours(draw(st.integers(1, 30)))
    return Freeze(starts=begin.isoformat(), ends=end.isoformat(), time_zone=zone)


@st.composite
def facts_of_time(draw: st.DrawFn, now: datetime | None = None) -> GateFacts:
    """Draw facts that differ in nothing but in the clock and what it must say."""
    change, zone = draw(clock_changes)
    now = now or change + timedelta(minutes=15 * draw(quarters))
    return GateFacts(
        policy=policy(
            approvals=(),
            freezes=tuple(draw(st.lists(freezes(now, zone), max_size=3))),
            waiting_time=draw(lengths),
        ),
        now=now,
        asked_at=now - hours(draw(one_of(*ages))),
        level=Level.CAN_MANAGE,
    )


@st.composite
def facts_of_all(draw: st.DrawFn) -> GateFacts:
    """Draw facts of everything at once."""
    who, what = draw(facts_of_people()), draw(facts_of_versions())
    when = draw(facts_of_time(NOW))
    rules = {
        field: getattr(facts.policy.definition, field)
        for facts, fields in (
            (who, ("approvals", "approvals_expire_after")),
            (when, ("freezes", "waiting_time")),
        )
        for field in fields
    }
    definition = what.policy.definition.model_copy(update=rules)
    return replace(
        what,
        policy=replace(what.policy, definition=definition),
        asked_at=when.asked_at,
        level=who.level,
        reviews=who.reviews,
        excluded=who.excluded,
    )
