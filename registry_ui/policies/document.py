"""Policies as a YAML document: read with the line of each problem, and written.

All scalars are read as text, so that `16:00` is no number and `no` is no truth value;
what a field wants decides what a text means.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from registry_ui.policies.definition import PolicyDefinition

LONGEST_DOCUMENT = 1_000_000
MOST_POLICIES = 200
SEE = "docs/policies.md shows every field."

Path = tuple[str | int, ...]


class PolicyDocument(BaseModel):
    """Policies in the order in which they are tried; the first that matches governs."""

    model_config = ConfigDict(extra="forbid", title="Signoff policies")

    policies: tuple[PolicyDefinition, ...] = Field(max_length=MOST_POLICIES)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong in a document.

    Attributes:
        line: counted from 1.
        field: where, such as `policies[0].approvals[1].count`; may be empty.
        reason: what is wrong.
        remedy: what to write instead.
    """

    line: int
    field: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        """Return one line of a report."""
        where = f" {self.field}:" if self.field else ""
        return f"line {self.line}:{where} {self.reason} {self.remedy}"


class DocumentError(ValueError):
    """A document cannot be used; `problems` has at least one."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def parse_document(text: str) -> tuple[PolicyDefinition, ...]:
    """Read policies from YAML.

    Raises:
        DocumentError: with every problem that could be found, by line.
    """
    root = _composed(text)
    reader = _Reader()
    value = reader.value(root) if root else {}
    if reader.problems:
        raise DocumentError(reader.problems)
    lines = reader.lines
    try:
        document = PolicyDocument.model_validate(value)
    except ValidationError as error:
        found = [_problem(one, lines) for one in error.errors(include_url=False)]
        raise DocumentError(sorted(found, key=lambda one: one.line)) from None
    if problems := list(_doubled(document.policies, lines)):
        raise DocumentError(problems)
    return document.policies


def write_document(policies: Iterable[PolicyDefinition]) -> str:
    """Write policies as YAML, without what is as by default."""
    tree = {"policies": [policy.as_stored() for policy in policies]}
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=100)


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a document."""
    return PolicyDocument.model_json_schema()


def _composed(text: str) -> yaml.Node | None:
    if len(text) > LONGEST_DOCUMENT:
        reason = f"The file has {len(text):,} characters; {LONGEST_DOCUMENT:,} fit."
        raise DocumentError([Problem(1, "", reason, "Split it, or shorten it.")])
    try:
        return yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "unreadable"
        line = mark.line + 1 if mark else 1
        reason = f"This is no YAML: {problem}."
        raise DocumentError(
            [Problem(line, "", reason, "Mind indentation (no tabs), colons, quotes.")]
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        reason = f"This is no YAML: {error}."
        raise DocumentError(
            [Problem(1, "", reason, "Save it as UTF-8 text.")]
        ) from None


class _Reader:
    """Turns nodes into values; notes lines, and what YAML lets pass silently."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {(): 1}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: Path = ()) -> Any:
        """Return what a node holds."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._seen:
            # Followed, a short file could grow without bound.
            self._complain(path, "It repeats another place by an alias.", "Write it.")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            numbered = enumerate(node.value)
            return [self.value(one, (*path, index)) for index, one in numbered]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        is_plain = getattr(node, "style", None) is None
        return None if is_plain and node.value in ("", "~", "null") else node.value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            at = (*path, key)
            self.lines[at] = key_node.start_mark.line + 1
            if key in found:
                self._complain(at, f"{key!r} stands there twice.", "Keep one of them.")
            found[key] = self.value(value_node, at)
        return found

    def _complain(self, path: Path, reason: str, remedy: str) -> None:
        line = self.lines[path]
        self.problems.append(Problem(line, _field(path), reason, remedy))


def _problem(error: ErrorDetails, lines: dict[Path, int]) -> Problem:
    path: Path = error["loc"]
    known = next(
        path[:length] for length in range(len(path), -1, -1) if path[:length] in lines
    )
    reason, remedy = _words(error)
    return Problem(lines[known], _field(path), reason, remedy)


_WORDS = {
    "extra_forbidden": ("There is no field {name!r} here.", f"Remove it; {SEE}"),
    "missing": ("{name!r} is missing.", f"Add it; {SEE}"),
    "enum": ("{given} will not do.", "Write one of {expected}."),
    "literal_error": ("{given} will not do.", "Write one of {expected}."),
    "string_pattern_mismatch": (
        "{given} will not do as a name.",
        "Write small letters, digits and hyphens.",
    ),
    "tuple_type": ("{given} is no list.", f"Write [one, two]; {SEE}"),
    "model_type": ("{given} has no fields.", f"Write fields with values; {SEE}"),
}
_KINDS = {
    "int": ("{given} is no whole number.", "Write one, such as 2."),
    "float": ("{given} is no number.", "Write one, such as 0.85."),
    "bool": ("{given} is neither true nor false.", "Write true or false."),
}
_OTHER = ("{given} will not do: {message}.", SEE)


def _words(error: ErrorDetails) -> tuple[str, str]:
    """Say what is wrong and what to write instead."""
    context = error.get("ctx", {})
    if error["type"] == "policy":
        return str(context["reason"]), str(context["remedy"])
    kind = error["type"].partition("_")[0]
    known = (
        _KINDS.get(kind) if "pars" in error["type"] or "type" in error["type"] else None
    )
    reason, remedy = known or _WORDS.get(error["type"], _OTHER)
    values = {
        "name": error["loc"][-1] if error["loc"] else "policies",
        "given": json.dumps(error["input"], ensure_ascii=False, default=str)[:80],
        "expected": context.get("expected", ""),
        "message": error["msg"],
    }
    return reason.format_map(values), remedy.format_map(values)


def _field(path: Path) -> str:
    parts = (f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
    return "".join(parts).removeprefix(".")


def _doubled(
    policies: Sequence[PolicyDefinition], lines: dict[Path, int]
) -> Iterable[Problem]:
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        if policy.name in seen:
            path: Path = ("policies", index, "name")
            yield Problem(
                lines.get(path, 1),
                _field(path),
                f"There are two policies called {policy.name!r}.",
                "Give each a name of its own.",
            )
        seen.add(policy.name)
