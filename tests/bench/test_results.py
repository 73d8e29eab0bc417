"""How the bench judges and shows what it measured."""

import pytest

from bench.results import Result, ratio, shown


def test_the_median_of_the_rounds_is_held_against_the_goal() -> None:
    rounds = [(1.0, 2.0), (9.0, 2.0), (1.2, 2.0)]

    assert ratio("page", "MLflow", 0.6, rounds).is_held
    assert ratio("page", "MLflow", 0.5, rounds).is_held is False


def test_a_busy_round_is_judged_by_its_own_peer() -> None:
    result = ratio("page", "MLflow", 0.5, [(1.0, 2.0), (10.0, 20.0), (1.0, 2.0)])

    assert result.figures == (0.5, 0.5, 0.5)
    assert (result.ours, result.theirs) == ("1.0 s", "2.0 s")


def test_what_was_not_measured_is_neither_held_nor_broken() -> None:
    result = Result("page", "MLflow", 0.5, note="It is not built yet.")

    assert result.is_held is None
    assert result.verdict == "not measured"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0123, "12.3 ms"), (0.123, "123 ms"), (1.0, "1.0 s"), (75.04, "75.0 s")],
)
def test_times_are_shown_with_their_unit(seconds: float, text: str) -> None:
    assert shown(seconds) == text
