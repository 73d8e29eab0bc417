"""Reading the files of a version's model, which anybody may have written."""

import json
import math
from typing import Any, TypeGuard

import yaml

from registry_ui.mlflow_client.answers import storable
from registry_ui.mlflow_client.entities import Json, ModelFile
from registry_ui.mlflow_client.errors import MLflowUnreadable

MAX_MODEL_FILE_BYTES = 5 * 1024 * 1024
MAX_REQUIREMENTS_BYTES = 1024 * 1024
MAX_INPUT_EXAMPLE_BYTES = 64 * 1024
_MAX_SIZE = 2**63 - 1
_APART = {"signature", "flavors"}
# YAML's anchors let a short file stand for an endless tree, and libyaml's loader
# overflows the stack, killing the process, where nesting is very deep.
_MAX_NODES = 200_000
_MAX_DEPTH = 50

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_model_file(content: bytes) -> ModelFile:
    """Read an MLmodel file.

    Raises:
        MLflowUnreadable: it is not an MLmodel file, or one made to do harm.
    """
    try:
        root = _plain_yaml(content.decode())
    except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
        raise MLflowUnreadable("The MLmodel file is not valid YAML.") from error
    flavors = root.get("flavors") if isinstance(root, dict) else None
    if not isinstance(root, dict) or not isinstance(flavors, dict):
        raise MLflowUnreadable("The MLmodel file does not describe a model.")
    pyfunc = flavors.get("python_function")
    size = root.get("model_size_bytes")
    example = root.get("saved_input_example_info")
    return ModelFile(
        signature=_signature(root.get("signature")),
        flavors=flavors,
        metadata={key: root[key] for key in root if key not in _APART},
        model_size_bytes=size if _is_size(size) else None,
        python_version=_text(pyfunc, "python_version"),
        mlflow_version=_text(root, "mlflow_version"),
        model_uuid=_text(root, "model_uuid"),
        model_id=_text(root, "model_id"),
        run_id=_text(root, "run_id"),
        has_input_example=bool(example),
        input_example_path=_path(_text(example, "artifact_path")),
    )


def parse_requirements(content: bytes) -> list[str]:
    """Return the lines of a requirements file, comments and empty lines left out."""
    lines = (line.strip() for line in parse_text(content).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def parse_text(content: bytes) -> str:
    """Return text that any database stores; what is not UTF-8 becomes U+FFFD."""
    text: str = storable(content.decode(errors="replace"))
    return text


def _plain_yaml(text: str) -> Json:
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise MLflowUnreadable("The MLmodel file is nested too deeply.")
    # Both loaders are safe ones: they make plain values and no objects.
    return _Plain().of(yaml.load(text, _Loader))  # noqa: S506


def _signature(stored: Json) -> dict[str, Json] | None:
    """Unpack MLflow's signature: YAML whose three values are JSON texts."""
    if not isinstance(stored, dict):
        return None
    return {key: _schema(stored.get(key)) for key in ("inputs", "outputs", "params")}


def _schema(stored: Json) -> Json:
    if not isinstance(stored, str):
        return stored
    try:
        return _Plain().of(json.loads(stored))
    except (ValueError, RecursionError) as error:
        raise MLflowUnreadable(
            "The signature in the MLmodel file is not valid."
        ) from error


class _Plain:
    """Copies what a parser gave to JSON that databases take, within a budget."""

    def __init__(self) -> None:
        self._nodes_left = _MAX_NODES

    def of(self, value: object, depth: int = 0) -> Json:
        """Return `value` as JSON; NaN and infinities become MLflow's names of them."""
        self._nodes_left -= 1
        if self._nodes_left < 0 or depth > _MAX_DEPTH:
            raise MLflowUnreadable("The MLmodel file is too large when unfolded.")
        if isinstance(value, dict):
            return {
                storable(str(key)): self.of(item, depth + 1)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.of(item, depth + 1) for item in value]
        return _scalar(value)


def _scalar(value: object) -> Json:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return value
    text: str = storable(str(value))  # also dates, which YAML reads unasked
    return text


def _is_size(value: Json) -> TypeGuard[int]:
    return (
        isinstance(value, int)
        and not isinstance(value, bool)
        and 0 <= value <= _MAX_SIZE
    )


def _path(text: str) -> str:
    """Return a path that stays below the version's root; "" for any other."""
    parts = text.split("/")
    is_inside = all(part not in {"", ".", ".."} for part in parts)
    return text if is_inside and "\\" not in text else ""


def _text(mapping: Json, key: str) -> str:
    value = mapping.get(key) if isinstance(mapping, dict) else None
    return "" if value is None else str(value)
