"""Our rule of which types stand in for which, held against MLflow's own enforcement."""

import json
from itertools import product
from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow.models.utils import _enforce_params_schema, _enforce_schema
from mlflow.types import ParamSchema, ParamSpec, Schema

from registry_ui.comparison.schemas import (
    PARAM_CASTS,
    Type,
    accepts,
    parse_columns,
)

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")

# Values that only the type itself and wider ones can hold.
NUMBERS: dict[str, Any] = {
    "integer": np.array([7, -3], dtype="int32"),
    "long": np.array([2**40, -3], dtype="int64"),
    "float": np.array([0.5, 1.5], dtype="float32"),
    "double": np.array([0.1, 1e300], dtype="float64"),
    "boolean": np.array([True, False]),
    "datetime": np.array(["2026-03-01"], dtype="datetime64[ns]"),
}
SCALARS = {
    "integer": np.int32(7),
    "long": 2**40,
    "float": np.float32(0.5),
    "double": 0.1,
}
OBJECTS: list[dict[str, Any]] = [
    {"x": {"type": "long", "required": True}},
    {"x": {"type": "long", "required": False}},
    {"x": {"type": "long", "required": True}, "y": {"type": "long", "required": False}},
    {"x": {"type": "long", "required": True}, "y": {"type": "long", "required": True}},
]


def mlflow_takes(declared: dict[str, Any], data: Any) -> bool:
    """Ask MLflow whether data pass a schema of one column."""
    schema = Schema.from_json(f"[{json.dumps(declared)}]")
    try:
        _enforce_schema(data, schema)
    except MlflowException:
        return False
    return True


@pytest.mark.parametrize(("sent", "declared"), [*product(NUMBERS, NUMBERS)])
def test_frames_of_scalars_pass_as_mlflow_lets_them(sent: str, declared: str) -> None:
    frame = pd.DataFrame({"a": NUMBERS[sent]})
    spec = {"type": declared, "name": "a", "required": True}

    assert accepts(Type(declared), Type(sent)) == mlflow_takes(spec, frame)


@pytest.mark.parametrize(("sent", "declared"), [*product(SCALARS, SCALARS)])
def test_params_pass_as_mlflow_lets_them(sent: str, declared: str) -> None:
    schema = ParamSchema([ParamSpec("t", declared, None)])

    try:
        _enforce_params_schema({"t": SCALARS[sent]}, schema)
    except MlflowException:
        is_taken = False
    else:
        is_taken = True

    assert accepts(Type(declared), Type(sent), PARAM_CASTS) == is_taken


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        *product(
            [(-1, 3), (-1, -1), (-1, 4), (-1, 3, 1), (2, 3)], ["float32", "float64"]
        )
    ],
)
def test_tensors_pass_as_mlflow_lets_them(shape: tuple[int, ...], dtype: str) -> None:
    spec = {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": list(shape)}}
    sent = {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [2, 3]}}

    ours = accepts(_type(spec), _type(sent))

    assert ours == mlflow_takes(spec, np.ones((2, 3), dtype="float32"))


@pytest.mark.parametrize(("sent", "declared"), [*product(OBJECTS, OBJECTS)])
def test_objects_pass_as_mlflow_lets_them(
    sent: dict[str, Any], declared: dict[str, Any]
) -> None:
    spec = {"type": "object", "properties": declared, "name": "o", "required": True}
    # All that fits the type that is sent: with and without what is optional.
    full = dict.fromkeys(sent, 2**40)
    least = {name: 2**40 for name, prop in sent.items() if prop["required"]}
    taken = [
        mlflow_takes(spec, pd.DataFrame({"o": [value]})) for value in (full, least)
    ]

    ours = accepts(_type(spec), _type(spec | {"properties": sent}))

    assert ours == all(taken)


def _type(spec: dict[str, Any]) -> Type:
    columns = parse_columns([spec])
    assert columns is not None
    return columns[0].type
