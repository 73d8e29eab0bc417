"""What holds for every comparison, whatever MLflow stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.comparison import (
    Change,
    Comparison,
    Compatibility,
    VersionFacts,
    compare,
)
from tests.registry_ui.comparison.facts import (
    make_facts,
    make_full_facts,
    version_facts,
)


def _changes(comparison: Comparison) -> list[Change]:
    """Return what became of everything that is read from the run or the model."""
    return [
        *(row.cells[1].change for row in comparison.params),
        *(row.cells[1].change for row in comparison.requirements),
        *(row.cells[1].change for row in comparison.environment),
        *(row.cells[1].change for row in comparison.datasets.rows),
    ]


some_versions = st.lists(version_facts, min_size=1, max_size=4)


@given(version_facts)
def test_a_version_does_not_differ_from_itself(facts: VersionFacts) -> None:
    comparison = compare([facts, facts])

    assert not comparison.has_differences
    assert comparison.signature.verdicts[1] in {
        Compatibility.COMPATIBLE,
        Compatibility.UNKNOWN,
    }


def test_a_full_version_compared_with_itself_has_nothing_to_say() -> None:
    comparison = compare([make_full_facts(), make_full_facts()])

    assert [one.text for one in comparison.summary] == ["val_auc is the same: 0.934"]
    assert comparison.signature.verdicts[1] is Compatibility.COMPATIBLE


@given(some_versions, st.data())
def test_rows_are_the_union_of_all_names(
    versions: list[VersionFacts], data: st.DataObject
) -> None:
    baseline = data.draw(st.integers(0, len(versions) - 1))

    comparison = compare(versions, baseline=baseline)

    for rows, field in (
        (comparison.metrics, "metrics"),
        (comparison.params, "params"),
        (comparison.tags, "tags"),
    ):
        names = [row.name for row in rows]
        assert names == sorted(
            {name for one in versions for name in getattr(one, field)}
        )
    assert all(len(row.cells) == len(versions) for row in comparison.metrics)
    assert all(len(row.cells) == len(versions) for row in comparison.params)
    assert all(len(row.cells) == len(versions) for row in comparison.requirements)


@given(version_facts, version_facts)
def test_swapping_sides_turns_added_into_removed(
    left: VersionFacts, right: VersionFacts
) -> None:
    mirrored = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED}

    there, back = compare([left, right]), compare([right, left])

    for one, other in zip(_changes(there), _changes(back), strict=True):
        assert other is mirrored.get(one, one)


@given(some_versions)
def test_the_order_of_versions_does_not_change_what_differs(
    versions: list[VersionFacts],
) -> None:
    forward = compare(versions, baseline=0)
    backward = compare(versions[::-1], baseline=len(versions) - 1)

    assert forward.difference_counts == backward.difference_counts


@given(some_versions)
def test_only_differences_keeps_just_the_rows_that_differ(
    versions: list[VersionFacts],
) -> None:
    comparison = compare(versions)
    reduced = comparison.only_differences()

    assert reduced.difference_counts == comparison.difference_counts
    assert len(reduced.params) == comparison.difference_counts["params"]
    assert reduced.summary == comparison.summary


def test_the_baseline_may_be_any_version() -> None:
    versions = [make_facts(n, metrics={"auc": float(n)}) for n in (1, 2, 3)]

    comparison = compare(versions, baseline=1)

    assert comparison.base.number == 2
    assert [cell.change for cell in comparison.metrics[0].cells] == [-1.0, 0.0, 1.0]


def test_a_single_version_can_be_shown_too() -> None:
    comparison = compare([make_full_facts()])

    assert not comparison.has_differences
    assert comparison.metrics


@pytest.mark.parametrize("baseline", [-1, 2])
def test_a_baseline_that_is_not_there_is_refused(baseline: int) -> None:
    with pytest.raises(ValueError, match="no version"):
        compare([make_facts(1), make_facts(2)], baseline=baseline)


def test_what_could_not_be_read_is_unknown_rather_than_gone() -> None:
    unread = make_facts(2, is_run_read=False, is_model_read=False)

    comparison = compare([make_full_facts(1), unread])

    changes = set(_changes(comparison)) | {
        row.cells[1].change for row in comparison.signature.inputs
    }
    assert changes == {Change.UNKNOWN}
    assert comparison.signature.verdicts[1] is Compatibility.UNKNOWN


def test_a_missing_tag_is_removed_even_if_the_run_could_not_be_read() -> None:
    unread = make_facts(2, is_run_read=False, is_model_read=False)

    comparison = compare([make_full_facts(1), unread])

    assert [row.cells[1].change for row in comparison.tags] == [Change.REMOVED]


def test_values_of_100_kilobytes_are_kept_whole() -> None:
    long = "<b>" * 40_000

    comparison = compare(
        [make_facts(1, tags={"t": long}), make_facts(2, tags={"t": ""})]
    )

    assert comparison.tags[0].cells[0].value == long
    assert comparison.tags[0].is_different
