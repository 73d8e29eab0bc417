"""MLflow's signature JSON as typed columns, and which types stand in for which."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DEEPEST = 32
_LONGEST_DEFAULT = 200

# What MLflow converts when a frame is scored (pyfunc schema enforcement, MLflow 3):
# (sent, declared). Long to double is refused, since large values would change.
COLUMN_CASTS = frozenset(
    {("integer", "long"), ("integer", "double"), ("float", "double")}
)
# The same for inference params, which travel as JSON: its numbers have no width.
PARAM_CASTS = COLUMN_CASTS | {
    ("long", "integer"),
    ("double", "float"),
    ("integer", "float"),
    ("long", "float"),
    ("long", "double"),
}


class SchemaError(ValueError):
    """The JSON is not a schema that MLflow writes."""


@dataclass(frozen=True, slots=True)
class Type:
    """A column's type: a scalar by its name, or `array object map any tensor`."""

    name: str
    items: Type | None = None
    properties: tuple[Property, ...] = ()
    dtype: str = ""
    shape: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Return it as people read it."""
        if self.name in {"array", "map"}:
            return f"{self.name} of {self.items}"
        if self.name == "object":
            return f"object {{{', '.join(map(str, self.properties))}}}"
        if self.name == "tensor":
            return f"{self.dtype} tensor ({', '.join(map(_dimension, self.shape))})"
        return self.name


@dataclass(frozen=True, slots=True)
class Property:
    """A field of an object type."""

    name: str
    type: Type
    is_required: bool

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"{self.name}: {'' if self.is_required else 'optional '}{self.type}"


@dataclass(frozen=True, slots=True)
class Column:
    """One declared input, output or param. `name` is "" where MLflow has none."""

    name: str
    type: Type
    is_required: bool = True
    default: str | None = None
    is_list: bool = False

    def __str__(self) -> str:
        """Return its type as people read it, with what qualifies it."""
        text = str(self.type) if self.is_required else f"optional {self.type}"
        if self.is_list:
            text = f"list of {text}"
        return text if self.default is None else f"{text} = {self.default}"


def parse_columns(schema: object) -> tuple[Column, ...] | None:
    """Read `inputs` or `outputs` of a signature; None where it has none.

    Args:
        schema: the list of specs, or that list as JSON text, as MLmodel files hold it.

    Raises:
        SchemaError: it is neither.
    """
    specs = _spec_list(schema)
    return None if specs is None else tuple(map(_column, specs))


def parse_params(schema: object) -> tuple[Column, ...]:
    """Read `params` of a signature; empty where it has none.

    Raises:
        SchemaError: it is no list of param specs.
    """
    return tuple(map(_param, _spec_list(schema) or []))


def accepts(
    declared: Type, sent: Type, casts: frozenset[tuple[str, str]] = COLUMN_CASTS
) -> bool:
    """Does every value that fits `sent` also pass where `declared` is enforced?

    Source: MLflow's enforcement of signatures. `any` takes everything; scalars must be
    equal or be cast safely; an object may have no undeclared property and must have the
    required ones; a tensor's dtype must be equal and its shape equal but for -1.
    """
    if declared.name == "any":
        return True
    if declared.name != sent.name:
        return (sent.name, declared.name) in casts
    if declared.name == "tensor":
        return _accepts_tensor(declared, sent)
    if declared.name == "object":
        return _accepts_object(declared, sent, casts)
    if declared.items is not None and sent.items is not None:
        return accepts(declared.items, sent.items, casts)
    return True


def _accepts_tensor(declared: Type, sent: Type) -> bool:
    if declared.dtype == "object" and declared.shape == (-1,):
        return True
    return (
        declared.dtype == sent.dtype
        and len(declared.shape) == len(sent.shape)
        and all(
            size in {-1, given}
            for size, given in zip(declared.shape, sent.shape, strict=True)
        )
    )


def _accepts_object(
    declared: Type, sent: Type, casts: frozenset[tuple[str, str]]
) -> bool:
    known = {prop.name: prop for prop in declared.properties}
    given = {prop.name: prop for prop in sent.properties}
    if given.keys() - known.keys():
        return False
    return all(
        (not prop.is_required)
        if name not in given
        else accepts(prop.type, given[name].type, casts)
        and (given[name].is_required or not prop.is_required)
        for name, prop in known.items()
    )


def _spec_list(schema: object) -> list[Mapping[str, Any]] | None:
    if isinstance(schema, str):
        try:
            schema = json.loads(schema)
        except (ValueError, RecursionError) as error:
            raise SchemaError("not JSON") from error
    if schema is None:
        return None
    if not isinstance(schema, list) or not all(
        isinstance(spec, Mapping) for spec in schema
    ):
        raise SchemaError("not a list of columns")
    return schema


def _column(spec: Mapping[str, Any]) -> Column:
    is_required = not (spec.get("required") is False or spec.get("optional") is True)
    return Column(_name(spec), _type(spec), is_required)


def _param(spec: Mapping[str, Any]) -> Column:
    default = json.dumps(spec.get("default"), ensure_ascii=False)
    if len(default) > _LONGEST_DEFAULT:
        default = f"{default[:_LONGEST_DEFAULT]}…"
    is_list = spec.get("shape") is not None
    return Column(_name(spec), _type(spec), default=default, is_list=is_list)


def _name(spec: Mapping[str, Any]) -> str:
    name = spec.get("name")
    return "" if name is None else str(name)


def _type(spec: object, depth: int = 0) -> Type:
    if not isinstance(spec, Mapping) or depth > _DEEPEST:
        raise SchemaError("a type is no object, or nested too deeply")
    name = spec.get("type")
    if name == "tensor":
        return _tensor(spec.get("tensor-spec"))
    if name == "array":
        return Type("array", items=_type(spec.get("items"), depth + 1))
    if name == "map":
        return Type("map", items=_type(spec.get("values"), depth + 1))
    if name == "object":
        return Type("object", properties=_properties(spec.get("properties"), depth))
    if not isinstance(name, str):
        raise SchemaError("a column has no type")
    return Type(name)


def _properties(properties: object, depth: int) -> tuple[Property, ...]:
    if not isinstance(properties, Mapping):
        raise SchemaError("an object type has no properties")
    return tuple(
        Property(str(name), _type(spec, depth + 1), spec.get("required") is not False)
        for name, spec in sorted(properties.items())
        if isinstance(spec, Mapping)
    )


def _tensor(spec: object) -> Type:
    if not isinstance(spec, Mapping):
        raise SchemaError("a tensor has no spec")
    shape = spec.get("shape")
    if not isinstance(shape, list) or not all(isinstance(size, int) for size in shape):
        raise SchemaError("a tensor has no shape")
    return Type("tensor", dtype=str(spec.get("dtype")), shape=tuple(shape))


def _dimension(size: int) -> str:
    return "any" if size == -1 else str(size)
