"""The OpenAPI document as a page: it works without JavaScript and in either theme."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry_ui.api.v1.api import api

TEMPLATE = "registry_ui/api_docs.html"
REFERENCE = "#/components/schemas/"
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters or fewer",
    "minItems": "{} or more",
    "maxItems": "{} or fewer",
}

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """A parameter, or a field of a schema.

    Attributes:
        place: `path`, `query` or `header`; empty for fields.
        kind: its type in words: `list of text`.
        schemas: names of the schemas that `kind` is made of.
        default: as JSON; empty where there is none.
    """

    name: str
    place: str
    kind: str
    schemas: tuple[str, ...]
    is_required: bool
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class SchemaEntry:
    """What is sent or answered; `examples` are indented JSON."""

    name: str
    description: str
    fields: list[FieldEntry]
    examples: list[str]


@dataclass(frozen=True, slots=True)
class OperationEntry:
    """One call.

    Attributes:
        curl: how it is made, ready to paste; `$API` and `$TOKEN` stand for one's own.
        answers: status and name of the schema, which is empty for none.
    """

    name: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[FieldEntry]
    body: str
    curl: str
    answers: list[tuple[str, str]]

    @property
    def refusals(self) -> list[str]:
        """Return the statuses of errors."""
        return [status for status, _ in self.answers if status >= "4"]

    @property
    def successes(self) -> list[tuple[str, str]]:
        """Return the answers that are no errors."""
        return [one for one in self.answers if one[0] < "4"]


@login_not_required
@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show every call and every schema, to anybody, as the document itself is."""
    document = api.get_openapi_schema()
    schemas = document["components"]["schemas"]
    context = {
        "description": _flowing(document["info"]["description"]),
        "base_url": f"{settings.BASE_URL.rstrip('/')}/api/v1",
        "groups": _groups(document),
        "schemas": [_schema(name, schemas[name]) for name in sorted(schemas)],
    }
    return render(request, TEMPLATE, context)


def _groups(document: Json) -> dict[str, list[OperationEntry]]:
    """Return the calls by their tag, both in the order of the document."""
    found: dict[str, list[OperationEntry]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            entry = _operation(document, method.upper(), path, operation)
            found.setdefault(operation["tags"][0], []).append(entry)
    return found


def _operation(
    document: Json, method: str, path: str, operation: Json
) -> OperationEntry:
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {})
    _, bodies = _kind(body)
    name = bodies[0] if bodies else ""
    schemas = document["components"]["schemas"]
    return OperationEntry(
        name=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        description=_flowing(operation["description"]),
        parameters=[_parameter(one) for one in operation["parameters"]],
        body=name,
        curl=_curl(method, path, schemas.get(name)),
        answers=list(_answers(operation["responses"])),
    )


def _flowing(text: str) -> str:
    """Return Markdown without the line breaks that only kept our source narrow."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text)


def _curl(method: str, path: str, body: Json | None) -> str:
    address = re.sub(r"^/api/v1", "$API", path)
    words = ["curl", '-H "Authorization: Bearer $TOKEN"']
    if method not in ("GET", "POST") or (method == "POST" and not body):
        words.insert(1, f"-X {method}")
    words.append(f'"{address}"')
    if body:
        example = json.dumps(body["examples"][0], indent=2, ensure_ascii=False)
        words += ['-H "Content-Type: application/json"', f"-d {shlex.quote(example)}"]
    return " \\\n  ".join(words)


def _answers(responses: Json) -> Iterator[tuple[str, str]]:
    for status, response in responses.items():
        content = response.get("content", {}).get("application/json", {})
        _, schemas = _kind(content.get("schema", {}))
        yield str(status), schemas[0] if schemas else ""


def _parameter(parameter: Json) -> FieldEntry:
    schema = parameter["schema"]
    said = parameter.get("description") or schema.get("description", "")
    return _field(
        parameter["name"],
        {**schema, "description": said},
        place=parameter["in"],
        is_required=parameter.get("required", False),
    )


def _schema(name: str, schema: Json) -> SchemaEntry:
    required = schema.get("required", ())
    fields = [
        _field(field, part, is_required=field in required)
        for field, part in schema.get("properties", {}).items()
    ]
    shown = schema.get("examples", [])
    description = _flowing(schema.get("description", ""))
    if values := schema.get("enum"):
        description = f"One of {', '.join(f'`{value}`' for value in values)}."
    return SchemaEntry(
        name,
        description,
        fields,
        [json.dumps(one, indent=2, ensure_ascii=False) for one in shown],
    )


def _field(
    name: str, schema: Json, *, is_required: bool, place: str = ""
) -> FieldEntry:
    kind, schemas = _kind(schema)
    default = schema.get("default")
    return FieldEntry(
        name=name,
        place=place,
        kind=", ".join([kind, *_bounds(schema)]),
        schemas=tuple(dict.fromkeys(schemas)),
        is_required=is_required,
        default="" if default is None else json.dumps(default, ensure_ascii=False),
        description=schema.get("description", ""),
    )


def _kind(schema: Json) -> tuple[str, list[str]]:
    """Return a schema's type in words, and the schemas that are named in it."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REFERENCE)
        return name, [name]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _joined(schema[several])
    match schema.get("type"):
        case "array":
            kind, schemas = _kind(schema.get("items", {}))
            return f"list of {kind}", schemas
        case "object":
            kind, schemas = _kind(schema.get("additionalProperties") or {})
            return f"object of {kind}", schemas
        case _:
            return _plain(schema), []


def _plain(schema: Json) -> str:
    """Return the type of what holds nothing else, in words."""
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    named = schema.get("format") or schema.get("type", "any JSON")
    return "text" if named == "string" else str(named)


def _joined(schemas: Iterable[Json]) -> tuple[str, list[str]]:
    kinds = [_kind(one) for one in schemas]
    words = " or ".join(kind for kind, _ in kinds)
    return words, [schema for _, several in kinds for schema in several]


def _bounds(schema: Json) -> Iterator[str]:
    parts = [schema, *schema.get("anyOf", ())]
    for key, words in _BOUNDS.items():
        for part in parts:
            if key in part:
                yield words.format(f"{part[key]:,}")
