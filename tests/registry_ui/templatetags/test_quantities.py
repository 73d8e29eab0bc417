"""Numbers, sizes and times, as templates write them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from registry_ui.templatetags import quantities

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.941321, "0.94132"),
        (41.6, "41.6"),
        (-0.0169, f"{MINUS}0.0169"),
        (-0.0, "0"),
        (1204, "1,204"),
        (123456.0, "123,456"),
        (123456.789, "123,456.8"),
        (1e-9, f"1e{MINUS}09"),
        (1.5e21, "1.5e+21"),
        ("0.25", "0.25"),
        ("NaN", "NaN"),
        ("Infinity", "∞"),
        ("-Infinity", f"{MINUS}∞"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
        ("adam", "adam"),
        ("", "—"),
        (None, "—"),
    ],
)
def test_numbers_are_short_and_never_lose_their_meaning(
    value: float | str | None, text: str
) -> None:
    assert quantities.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0075, "+0.0075"),
        (-3.3, f"{MINUS}3.3"),
        (0, "±0"),
        (float("inf"), "+∞"),
        ("NaN", "NaN"),
        (None, "—"),
    ],
)
def test_differences_always_carry_a_sign(value: float | str | None, text: str) -> None:
    assert quantities.signed(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.478, "+47.8 %"),
        (-0.0059, f"{MINUS}0.6 %"),
        (0.0001, "±0 %"),
        (12.5, "+1,250 %"),
        (float("inf"), "+∞"),
        (None, "—"),
    ],
)
def test_relative_differences_are_percentages(ratio: float | None, text: str) -> None:
    assert quantities.signed_percent(ratio) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_950, "1.0 MB"),
        (18_200_000, "18.2 MB"),
        (345_000_000_000_000_000, "345000 TB"),
        (None, "—"),
    ],
)
def test_sizes_step_by_a_thousand(size: int | None, text: str) -> None:
    assert quantities.byte_size(size) == text


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=50), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(weeks=3), "3 weeks ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(seconds=-30), "in a moment"),
        (timedelta(hours=-3, minutes=-1), "in 3 hours"),
    ],
)
def test_a_moment_is_told_by_its_distance(distance: timedelta, text: str) -> None:
    assert f">{text}</time>" in quantities.ago(timezone.now() - distance)


def test_a_moment_keeps_its_full_date() -> None:
    moment = datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC)

    html = quantities.ago(moment)

    assert 'datetime="2026-03-01T09:05:07+00:00"' in html
    assert 'title="1 March 2026, 09:05:07 UTC"' in html


def test_what_never_happened_is_a_dash() -> None:
    assert quantities.ago(None) == "—"


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0.084, "84 ms"), (1.24, "1.2 s"), (200, "3 min"), (7200, "2 hours"), (None, "—")],
)
def test_durations_choose_their_unit(duration: float | None, text: str) -> None:
    assert quantities.seconds(duration) == text
