"""What a new signature means to callers: the table of rules, row by row."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.comparison import Change, Compatibility, SignatureComparison, compare
from tests.registry_ui.comparison.facts import make_facts

OK, WIDER = Compatibility.COMPATIBLE, Compatibility.WIDENED
BREAKS, UNKNOWN = Compatibility.BREAKING, Compatibility.UNKNOWN

Spec = dict[str, Any]


def col(name: str | None, type_: str = "long", *, required: bool = True) -> Spec:
    """Return a column spec as MLflow writes it."""
    spec: Spec = {"type": type_, "required": required}
    return spec if name is None else spec | {"name": name}


def array(name: str, items: str) -> Spec:
    """Return a column of arrays."""
    return col(name, "array") | {"items": {"type": items}}


def mapping(name: str, values: str) -> Spec:
    """Return a column of maps."""
    return col(name, "map") | {"values": {"type": values}}


def obj(name: str, **properties: str) -> Spec:
    """Return a column of objects; a type that ends in `?` is optional."""
    return col(name, "object") | {
        "properties": {
            key: {"type": kind.rstrip("?"), "required": not kind.endswith("?")}
            for key, kind in properties.items()
        }
    }


def tensor(dtype: str, *shape: int, name: str | None = None) -> Spec:
    """Return a tensor spec as MLflow writes it."""
    spec: Spec = {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [*shape]}}
    return spec if name is None else spec | {"name": name}


def param(name: str, type_: str, default: object, shape: object = None) -> Spec:
    """Return a param spec as MLflow writes it."""
    return {"name": name, "type": type_, "default": default, "shape": shape}


def compared(before: Any, after: Any) -> SignatureComparison:
    """Compare two signatures."""
    versions = [make_facts(1, signature=before), make_facts(2, signature=after)]
    return compare(versions).signature


A, B = col("a"), col("b", "string")

INPUTS: list[tuple[str, list[Spec], list[Spec], Compatibility]] = [
    ("nothing changed", [A, B], [A, B], OK),
    ("required column added", [A], [A, B], BREAKS),
    ("optional column added", [A], [A, col("c", required=False)], WIDER),
    ("column removed", [A, B], [A], WIDER),
    ("column renamed", [A], [col("z")], BREAKS),
    ("columns reordered", [A, B], [B, A], OK),
    ("made optional", [A], [col("a", required=False)], WIDER),
    ("made required", [col("a", required=False)], [A], BREAKS),
    ("integer to long", [col("a", "integer")], [col("a", "long")], WIDER),
    ("integer to double", [col("a", "integer")], [col("a", "double")], WIDER),
    ("float to double", [col("a", "float")], [col("a", "double")], WIDER),
    ("long to double", [col("a", "long")], [col("a", "double")], BREAKS),
    ("double to float", [col("a", "double")], [col("a", "float")], BREAKS),
    ("long to integer", [col("a", "long")], [col("a", "integer")], BREAKS),
    ("long to string", [col("a", "long")], [col("a", "string")], BREAKS),
    ("string to datetime", [col("a", "string")], [col("a", "datetime")], BREAKS),
    ("anything accepted", [A], [col("a", "any")], WIDER),
    ("no longer anything", [col("a", "any")], [A], BREAKS),
    ("array of wider items", [array("a", "integer")], [array("a", "long")], WIDER),
    ("array of other items", [array("a", "string")], [array("a", "long")], BREAKS),
    ("scalar to array", [A], [array("a", "long")], BREAKS),
    ("map of wider values", [mapping("a", "float")], [mapping("a", "double")], WIDER),
    ("map of other values", [mapping("a", "long")], [mapping("a", "string")], BREAKS),
    ("property made optional", [obj("o", x="long")], [obj("o", x="long?")], WIDER),
    ("property made required", [obj("o", x="long?")], [obj("o", x="long")], BREAKS),
    ("optional property", [obj("o", x="long")], [obj("o", x="long", y="long?")], WIDER),
    ("required property", [obj("o", x="long")], [obj("o", x="long", y="long")], BREAKS),
    ("property removed", [obj("o", x="long", y="long?")], [obj("o", x="long")], BREAKS),
    ("position retyped", [col(None), col(None)], [col(None), B | {"name": ""}], BREAKS),
    ("position added", [col(None)], [col(None), col(None)], BREAKS),
    ("position removed", [col(None), col(None)], [col(None)], WIDER),
    ("names given", [col(None)], [A], BREAKS),
    ("names taken", [A], [col(None)], UNKNOWN),
    ("tensor unchanged", [tensor("float32", -1, 3)], [tensor("float32", -1, 3)], OK),
    ("dimension freed", [tensor("float32", -1, 3)], [tensor("float32", -1, -1)], WIDER),
    (
        "dimension fixed",
        [tensor("float32", -1, -1)],
        [tensor("float32", -1, 3)],
        BREAKS,
    ),
    (
        "dimension changed",
        [tensor("float32", -1, 3)],
        [tensor("float32", -1, 4)],
        BREAKS,
    ),
    ("rank changed", [tensor("float32", -1, 3)], [tensor("float32", -1, 3, 1)], BREAKS),
    ("dtype changed", [tensor("float32", -1, 3)], [tensor("float64", -1, 3)], BREAKS),
    ("any tensor", [tensor("float32", -1, 3)], [tensor("object", -1)], WIDER),
    ("columns to tensor", [A], [tensor("float32", -1, 1, name="a")], BREAKS),
]

OUTPUTS: list[tuple[str, list[Spec], list[Spec], Compatibility]] = [
    ("nothing changed", [A], [A], OK),
    ("named output added", [A], [A, B], WIDER),
    ("nameless output added", [col(None)], [col(None), col(None)], BREAKS),
    ("output removed", [A, B], [A], BREAKS),
    ("output narrowed", [col("a", "double")], [col("a", "float")], OK),
    ("output retyped", [col("a", "float")], [col("a", "double")], BREAKS),
    ("always there now", [col("a", required=False)], [A], OK),
    ("not always there", [A], [col("a", required=False)], BREAKS),
    ("dimension fixed", [tensor("float32", -1, -1)], [tensor("float32", -1, 3)], OK),
    (
        "dimension freed",
        [tensor("float32", -1, 3)],
        [tensor("float32", -1, -1)],
        BREAKS,
    ),
]

P = param("t", "double", 0.5)

PARAMS: list[tuple[str, list[Spec] | None, list[Spec] | None, Compatibility]] = [
    ("nothing changed", [P], [P], OK),
    ("param added", None, [P], WIDER),
    ("param removed", [P], None, BREAKS),
    ("new default", [P], [param("t", "double", 0.7)], OK),
    ("long to double", [param("t", "long", 1)], [param("t", "double", 1)], WIDER),
    ("double to long", [param("t", "double", 1)], [param("t", "long", 1)], BREAKS),
    ("now a list", [P], [param("t", "double", 0.5, [-1])], BREAKS),
]


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [pytest.param(*case[1:], id=case[0]) for case in INPUTS],
)
def test_inputs_are_judged_for_those_who_send_them(
    before: list[Spec], after: list[Spec], verdict: Compatibility
) -> None:
    signature = compared({"inputs": before}, {"inputs": after})

    assert signature.verdicts == (OK, verdict)
    assert bool(signature.reasons[1]) == (before != after)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [pytest.param(*case[1:], id=case[0]) for case in OUTPUTS],
)
def test_outputs_are_judged_for_those_who_read_them(
    before: list[Spec], after: list[Spec], verdict: Compatibility
) -> None:
    signature = compared(
        {"inputs": [A], "outputs": before}, {"inputs": [A], "outputs": after}
    )

    assert signature.verdicts[1] is verdict


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [pytest.param(*case[1:], id=case[0]) for case in PARAMS],
)
def test_params_are_judged_for_those_who_set_them(
    before: list[Spec] | None, after: list[Spec] | None, verdict: Compatibility
) -> None:
    signature = compared(
        {"inputs": [A], "params": before}, {"inputs": [A], "params": after}
    )

    assert signature.verdicts[1] is verdict


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (None, None, "churn v1 has no signature"),
        (None, {"inputs": [A]}, "churn v1 has no signature"),
        ({"inputs": [A]}, None, "churn v2 has no signature"),
        ({"outputs": [A]}, {"inputs": [A]}, "inputs were not declared before"),
        ({"inputs": [A]}, {"outputs": [A]}, "inputs are not declared any more"),
        ({"inputs": [A]}, {"inputs": "{"}, "inputs cannot be read: not JSON"),
        ({"inputs": [A]}, {"inputs": "[" * 9999}, "inputs cannot be read: not JSON"),
        ({"inputs": [A]}, {"inputs": [1]}, "inputs cannot be read: not a list of col"),
        ({"inputs": [A]}, {"inputs": [{}]}, "inputs cannot be read: a column has no"),
    ],
)
def test_what_cannot_be_judged_is_unknown_with_a_reason(
    before: Any, after: Any, reason: str
) -> None:
    signature = compared(before, after)

    assert signature.verdicts[1] is UNKNOWN
    assert signature.reasons[1][0].startswith(reason)


def test_the_worst_change_comes_first() -> None:
    signature = compared(
        {"inputs": [A, col("b")]},
        {"inputs": [col("a", required=False), col("c")]},
    )

    assert signature.reasons[1] == (
        "input c: added, required",
        "input a: now optional",
        "input b: removed",
    )


def test_rows_keep_the_order_of_the_baseline_and_add_what_is_new() -> None:
    signature = compared({"inputs": [B, A]}, {"inputs": [col("0"), A, B]})

    assert [row.name for row in signature.inputs] == ["b", "a", "0"]
    assert [row.cells[1].notes for row in signature.inputs][:2] == [("moved",)] * 2


def test_a_type_reads_as_people_write_it() -> None:
    signature = compared(
        {
            "inputs": [
                obj("o", x="string", y="long?") | {"required": False},
                array("v", "double"),
                mapping("m", "string"),
                tensor("float32", -1, 28, name="t"),
            ],
            "params": [P, param("stop", "string", ["a"], [-1])],
        },
        None,
    )

    assert [row.cells[0].text for row in signature.rows] == [
        "optional object {x: string, y: optional long}",
        "array of double",
        "map of string",
        "float32 tensor (any, 28)",
        "double = 0.5",
        'list of string = ["a"]',
    ]


def test_a_signature_may_hold_json_text_as_model_files_do() -> None:
    signature = compared({"inputs": json.dumps([A])}, {"inputs": [A]})

    assert signature.verdicts[1] is OK


def test_each_version_is_judged_against_the_baseline() -> None:
    versions = [
        make_facts(1, signature={"inputs": [A, B]}),
        make_facts(2, signature={"inputs": [A]}),
        make_facts(3, signature=None),
    ]

    signature = compare(versions, baseline=1).signature

    assert signature.verdicts == (BREAKS, OK, UNKNOWN)
    assert [cell.change for cell in signature.inputs[1].cells] == [
        Change.ADDED,
        Change.SAME,
        Change.SAME,
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "items", "tensor-spec", "shape", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["inputs", "outputs", "params"]), json_values),
    st.dictionaries(st.sampled_from(["inputs", "outputs", "params"]), json_values),
)
def test_no_json_can_break_the_comparison(before: Any, after: Any) -> None:
    assert len(compared(before, after).verdicts) == 2
