from datetime import UTC, datetime

import pytest

from registry_ui.policies import Freeze, PolicyDefinition, default_policy
from registry_ui.policies.durations import format_duration, in_words, parse_duration
from registry_ui.policies.freezes import Weekday
from registry_ui.policies.governing import does_match


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


FRIDAY = Freeze(
    starts="16:00", ends="24:00", weekdays=(Weekday.FRIDAY,), time_zone="Europe/Berlin"
)
ONCE = Freeze(
    starts="2026-12-20T18:00", ends="2027-01-04T08:00", time_zone="Europe/Berlin"
)


@pytest.mark.parametrize(
    ("freeze", "now", "until"),
    [
        # 6 March 2026 is a Friday; Berlin is one hour ahead of UTC, in summer two.
        (FRIDAY, "2026-03-06T14:59", None),
        (FRIDAY, "2026-03-06T15:00", "2026-03-06T23:00"),
        (FRIDAY, "2026-03-06T22:59", "2026-03-06T23:00"),
        (FRIDAY, "2026-03-06T23:00", None),
        (FRIDAY, "2026-07-03T13:59", None),
        (FRIDAY, "2026-07-03T14:00", "2026-07-03T22:00"),
        (FRIDAY, "2026-03-05T16:00", None),
        (ONCE, "2026-12-20T16:59", None),
        (ONCE, "2026-12-20T17:00", "2027-01-04T07:00"),
        (ONCE, "2027-01-04T07:00", None),
    ],
)
def test_a_freeze_lasts_in_its_time_zone(
    freeze: Freeze, now: str, until: str | None
) -> None:
    found = freeze.until(instant(now))

    assert (found and found.astimezone(UTC)) == (instant(until) if until else None)


@pytest.mark.parametrize("text", ["30d", "1d 6h", "90m", "2w", "45s"])
def test_lengths_are_written_as_they_are_read(text: str) -> None:
    assert parse_duration(format_duration(parse_duration(text))) == parse_duration(text)


@pytest.mark.parametrize("text", ["", "0m", "soon", "3", "1y", "-1d", "9999d"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_duration(text)


def test_lengths_are_said_in_words() -> None:
    assert in_words(parse_duration("1d 2h")) == "1 day 2 hours"


def test_in_the_hour_that_comes_twice_the_end_is_still_to_come() -> None:
    freeze = Freeze(
        starts="02:00", ends="02:30", weekdays=(Weekday.SUNDAY,),
        time_zone="Europe/Berlin",
    )  # fmt: skip

    for hour in (0, 1):  # before and after the clock is put back
        end = freeze.until(datetime(2026, 10, 25, hour, 15, tzinfo=UTC))
        assert end is not None
        assert end.astimezone(UTC) == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("models", "targets", "model", "target", "does"),
    [
        ("*", "stage:Production", "churn", "stage:Production", True),
        ("*", "stage:Production", "churn", "stage:Staging", False),
        ("*", "stage:*", "churn", "alias:champion", False),
        ("churn-*", "stage:*", "churn-eu", "stage:None", True),
        ("churn-*", "stage:*", "Churn-eu", "stage:None", False),
        ("*", "alias:champion", "churn", "alias:Champion", True),
        ("*", "alias:Prod*", "churn", "alias:prod-eu", True),
        ("churn [eu]", "alias:*", "churn [eu]", "alias:a", True),
        ("churn [eu]*", "alias:*", "churn [eu] 2", "alias:a", True),
        ("[x]", "alias:*", "x", "alias:a", False),
        ("chur?", "stage:*", "churn", "stage:None", True),
    ],
)
def test_patterns_say_what_a_policy_governs(
    models: str, targets: str, model: str, target: str, *, does: bool
) -> None:
    policy = PolicyDefinition(name="p", models=(models,), targets=(targets,))

    assert does_match(policy, model, target) is does


@pytest.mark.parametrize("choice", ["four-eyes", "open"])
@pytest.mark.parametrize(
    "target",
    ["stage:None", "stage:Staging", "stage:Production", "stage:Archived", "alias:x"],
)
def test_a_default_governs_every_target(choice: str, target: str) -> None:
    assert default_policy(choice, target).is_default
