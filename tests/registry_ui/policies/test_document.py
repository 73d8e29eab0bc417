"""Policies as YAML: what is written is read back, and each problem names its line."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.policies import (
    ApprovalRule,
    CheckRule,
    DocumentError,
    Excluded,
    Freeze,
    MetricRule,
    PolicyDefinition,
    SignatureRule,
    json_schema,
    parse_document,
    write_document,
)
from registry_ui.policies.freezes import Weekday

WHOLE = """\
policies:
  - name: production
    description: What customers meet.
    models: ["churn-*", fraud-scoring]
    targets: ["stage:Production", "alias:champion"]
    approvals:
      - {count: 2, groups: [risk, legal]}
      - {count: 1, level: CAN_MANAGE}
    excluded: [requester, run_user]
    checks:
      - {name: bias-audit, max_age: 30d}
    metrics:
      - {name: roc_auc, at_least: 0.8}
      - {name: latency_ms, relative_tolerance: 0.1, direction: lower}
    signature: widened
    tags: [owner]
    description_required: true
    freezes:
      - {weekdays: [friday], starts: "16:00", ends: "24:00", time_zone: Europe/Berlin}
      - {starts: 2026-12-20T18:00, ends: 2027-01-04T08:00, reason: Year end}
    waiting_time: 1h 30m
    requests_expire_after: 2w
    approvals_expire_after: 30d
    single_holder: true
"""


def names() -> st.SearchStrategy[str]:
    return st.text(
        st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20
    )


def lengths() -> st.SearchStrategy[timedelta]:
    return st.integers(1, 3000 * 24 * 60).map(
        lambda minutes: timedelta(minutes=minutes)
    )


@st.composite
def definitions(draw: st.DrawFn) -> PolicyDefinition:
    """Draw a policy with any of its fields."""
    metrics = st.builds(
        MetricRule,
        name=names(),
        at_least=st.floats(allow_nan=False, allow_infinity=False),
        direction=st.sampled_from([None, "higher", "lower"]),
    ) | st.builds(
        MetricRule,
        name=names(),
        tolerance=st.floats(0, 1e9),
        without_incumbent=st.sampled_from(["passed", "insufficient"]),
        same_data=st.booleans(),
    )
    freezes = st.builds(
        Freeze,
        starts=st.just("08:00"),
        ends=st.sampled_from(["12:00", "24:00"]),
        weekdays=st.lists(st.sampled_from(list(Weekday)), min_size=1).map(tuple),
        reason=names(),
    )
    return PolicyDefinition(
        name=draw(st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)),
        description=draw(names()),
        models=tuple(draw(st.lists(names(), min_size=1, max_size=3))),
        targets=("stage:Production",),
        approvals=tuple(
            draw(
                st.lists(
                    st.builds(
                        ApprovalRule,
                        count=st.integers(1, 20),
                        groups=st.lists(names(), max_size=2).map(tuple),
                    ),
                    max_size=3,
                )
            )
        ),
        excluded=tuple(draw(st.lists(st.sampled_from(list(Excluded)), max_size=4))),
        checks=tuple(
            draw(
                st.lists(
                    st.builds(CheckRule, name=names(), max_age=st.none() | lengths()),
                    max_size=2,
                )
            )
        ),
        metrics=tuple(draw(st.lists(metrics, max_size=3))),
        signature=draw(st.sampled_from([None, *SignatureRule])),
        tags=tuple(draw(st.lists(names(), max_size=2))),
        freezes=tuple(draw(st.lists(freezes, max_size=2))),
        waiting_time=draw(st.none() | lengths()),
        single_holder=draw(st.booleans()),
    )


@given(st.lists(definitions(), max_size=3, unique_by=lambda one: one.name))
def test_what_is_written_is_read_back(policies: list[PolicyDefinition]) -> None:
    assert parse_document(write_document(policies)) == tuple(policies)


def test_a_whole_policy_is_read() -> None:
    (policy,) = parse_document(WHOLE)

    assert policy.approvals[0] == ApprovalRule(count=2, groups=("risk", "legal"))
    assert policy.checks[0].max_age == timedelta(days=30)
    assert policy.metrics[1].relative_tolerance == pytest.approx(0.1)
    assert policy.waiting_time == timedelta(minutes=90)
    assert policy.requests_expire_after == timedelta(days=14)
    assert parse_document(write_document([policy])) == (policy,)


def test_an_empty_set_is_a_set() -> None:
    assert parse_document("policies: []") == ()


# (what is replaced in WHOLE, by what, line, words of the reason, words of the remedy)
MALFORMED = [
    ("count: 2", "count: two", 7, "no whole number", "such as 2"),
    ("count: 2", "count: 0", 7, "greater than or equal to 1", "docs/policies.md"),
    ("count: 2", "coutn: 2", 7, "no field 'coutn'", "Remove it"),
    ("level: CAN_MANAGE", "level: BOSS", 8, "no permission level", "CAN_EDIT"),
    ("requester, run_user", "requestor", 9, "will not do", "'requester'"),
    ("max_age: 30d", "max_age: soon", 11, "no length of time", "30d"),
    ("{name: bias-audit, ", "{", 11, "'name' is missing", "Add it"),
    ("at_least: 0.8", "at_least: high", 13, "no number", "0.85"),
    ("at_least: 0.8", "at_least: .nan", 13, "no number", "0.85"),
    ("0.8}", "0.8, at_most: 0.7}", 13, "at least 0.8 and at most 0.7", "no more than"),
    ("0.8}", "0.8, tolerance: 1}", 13, "a fixed bound or", "two rules"),
    ("relative_tolerance: 0.1, ", "", 14, "a fixed bound or", "at_least"),
    ("signature: widened", "signature: wide", 15, "will not do", "'compatible'"),
    ("tags: [owner]", "tags: owner", 16, "no list", "[one, two]"),
    ("required: true", "required: maybe", 17, "neither true nor false", "true"),
    ("friday", "fryday", 19, "will not do", "'friday'"),
    ('"16:00"', '"25:00"', 19, "no time of the day", "16:00"),
    ("Europe/Berlin", "Middle/Earth", 19, "no time zone", "IANA"),
    ("2027-01-04T08:00", "2026-01-04T08:00", 20, "before it starts", "later"),
    ("1h 30m", "0m", 21, "more than nothing", "30d"),
    ("stage:Production", "stage:Prod", 5, "no target", "alias:champion"),
    ("name: production", "name: Production!", 2, "as a name", "small letters"),
    ("single_holder: true", "direct: true", 2, "nobody could make one", "excluded: []"),
    ("tags: [owner]", "signature: compatible", 16, "stands there twice", "one of them"),
    ("[owner]", "[owner", 17, "no YAML", "indentation"),
    ("[owner]", "&a [*a]", 16, "alias", "Write it"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "reason", "remedy"), MALFORMED)
def test_a_problem_has_a_line_a_reason_and_a_remedy(
    old: str, new: str, line: int, reason: str, remedy: str
) -> None:
    assert old in WHOLE

    with pytest.raises(DocumentError) as error:
        parse_document(WHOLE.replace(old, new, 1))

    (problem,) = error.value.problems
    assert problem.line == line
    assert reason in problem.reason
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'policies' is missing"),
        ("- 1", "has no fields"),
        ("policies: 5", "no list"),
        ("policies:\n\t- a", "no YAML"),
        ("[" * 20_000, "no YAML"),
        ("a: b\n" * 300_000, "characters"),
        ("policies: \x00", "no YAML"),
    ],
)
def test_what_is_no_such_document_is_refused(text: str, words: str) -> None:
    with pytest.raises(DocumentError) as error:
        parse_document(text)

    assert words in str(error.value)


def test_names_are_given_once() -> None:
    policy = "  - {name: twin, targets: ['stage:*']}\n"

    with pytest.raises(DocumentError, match=r"line 3: .*two policies called 'twin'"):
        parse_document(f"policies:\n{policy}{policy}")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(DocumentError):
        parse_document(text)


def test_the_schema_describes_every_field() -> None:
    schema = json_schema()

    for part in schema["$defs"].values():
        for name, field in part.get("properties", {}).items():
            assert field.get("description"), name
