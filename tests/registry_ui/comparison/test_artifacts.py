"""Files, MLmodel and input example side by side."""

from typing import Any

from registry_ui.comparison import Change, Comparison, compare
from registry_ui.comparison.artifacts import MOST_KEYS, flattened
from tests.registry_ui.comparison.facts import make_facts


def changes(rows: tuple[Any, ...]) -> dict[str, Change]:
    return {row.name: row.cells[1].change for row in rows}


def test_files_are_compared_by_their_size() -> None:
    before = make_facts(1, files={"MLmodel": 700, "old.pkl": 5, "model.pkl": 1_200_001})
    after = make_facts(
        2, files={"MLmodel": 700, "new.txt": None, "model.pkl": 1_200_002}
    )

    found = compare([before, after])

    assert changes(found.files) == {
        "MLmodel": Change.SAME,
        "model.pkl": Change.CHANGED,
        "new.txt": Change.ADDED,
        "old.pkl": Change.REMOVED,
    }
    cells = {row.name: [cell.value for cell in row.cells] for row in found.files}
    assert cells["model.pkl"] == ["1,200,001 B", "1,200,002 B"]
    assert cells["new.txt"] == [None, "size unknown"]
    assert found.difference_counts["files"] == 3


def test_a_list_that_is_not_whole_leaves_open_what_is_missing() -> None:
    before = make_facts(1, files={"a": 1})
    after = make_facts(2, files={}, files_error="MLflow cannot list them.")

    found = compare([before, after])

    assert changes(found.files) == {"a": Change.UNKNOWN}
    assert "v2: MLflow cannot list them." in found.files_note
    unlisted = compare([make_facts(1, files_error="Gone."), make_facts(2)])
    assert unlisted.files_note == "v1: Gone."


def model_files(before: dict[str, Any], after: dict[str, Any]) -> Comparison:
    return compare([make_facts(1, model_file=before), make_facts(2, model_file=after)])


def test_mlmodel_files_are_compared_key_by_key() -> None:
    found = model_files(
        {"flavors": {"sklearn": {"pickled_model": "model.pkl"}}, "model_uuid": "a"},
        {"flavors": {"onnx": {"providers": ["CPU"]}}, "model_uuid": "a"},
    )

    assert changes(found.model_file) == {
        "flavors.onnx.providers": Change.ADDED,
        "flavors.sklearn.pickled_model": Change.REMOVED,
        "model_uuid": Change.SAME,
    }


def test_what_lies_deep_and_what_is_no_text_is_json() -> None:
    tree = {"a": {"b": {"c": {"d": 1}, "e": None}}, "f": True, "g": {}, "h": ["ü"]}

    assert flattened(tree) == {
        "a.b.c": '{"d": 1}',
        "a.b.e": "null",
        "f": "true",
        "g": "{}",
        "h": '["ü"]',
    }


def test_of_very_many_keys_the_first_are_shown_and_the_others_counted() -> None:
    flat = flattened({f"key {number:04}": number for number in range(MOST_KEYS + 3)})

    assert len(flat) == MOST_KEYS + 1
    assert flat["…"] == "3 more keys"


def test_input_examples_are_compared_where_there_are_any() -> None:
    same = compare([make_facts(1), make_facts(2)])
    found = compare(
        [
            make_facts(1, input_example='{"age": 20}'),
            make_facts(2, input_example='{"age": 21}'),
            make_facts(3, input_example_error="It is too large."),
        ]
    )

    assert same.input_example == ()
    (row,) = found.input_example
    assert [cell.change for cell in row.cells] == [
        Change.SAME,
        Change.CHANGED,
        Change.UNKNOWN,
    ]
    assert row.cells[1].before == '{"age": 20}'


def test_pinned_rows_stay_and_come_first() -> None:
    before = make_facts(1, params={"a": "1", "b": "2", "z": "3"}, tags={"z": "x"})
    after = make_facts(2, params={"a": "9", "b": "2", "z": "3"}, tags={"z": "x"})
    comparison = compare([before, after])

    differing = comparison.only_differences(pins=["params/z"])
    named = comparison.only_named("b", pins=["params/z"])
    ordered = comparison.only_named("", pins=["params/z", "params/no such"])

    assert [row.name for row in differing.params] == ["z", "a"]
    assert differing.tags == ()
    assert [row.name for row in named.params] == ["z", "b"]
    assert [row.name for row in ordered.params] == ["z", "a", "b"]
