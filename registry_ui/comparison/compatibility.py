"""What a changed column means for those who call the model.

The question is always: would callers of the baseline, and readers of its answers, be
served by this version as well? Each column gets a verdict, and the worst
of them is the signature's.

- Inputs. Added: widened if optional, breaking if required. Removed: widened, since
  MLflow ignores what is sent too much. Retyped: widened if every old value passes, else
  breaking. Made optional: widened; made required: breaking.
- Outputs. Added: widened if it has a name, else breaking, since positions shift.
  Removed: breaking. Retyped: compatible if every new value fits the old type, else
  breaking. Made required: compatible; made optional: breaking.
- Params. Added: widened. Removed: breaking, since MLflow then ignores a caller's
  setting silently. Retyped: as inputs, with the conversions of params. A new default
  is compatible, and said.
- Reordered: compatible where columns have names. Columns without names are matched by
  position; names lost: unknown; names gained: breaking.

Which values pass is the rule of `schemas.accepts`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from registry_ui.comparison.schemas import PARAM_CASTS, Column, accepts


class Compatibility(StrEnum):
    """What a signature's change means to callers, from harmless to harmful."""

    COMPATIBLE = "compatible"
    WIDENED = "widened"
    UNKNOWN = "unknown"
    BREAKING = "breaking"


_SEVERITY = {verdict: severity for severity, verdict in enumerate(Compatibility)}


class Finding(NamedTuple):
    """One thing that changed: how bad it is, and in words."""

    verdict: Compatibility
    note: str


def severity(verdict: Compatibility) -> int:
    """Return how bad it is; 0 is harmless."""
    return _SEVERITY[verdict]


def worst(findings: list[Finding]) -> Compatibility:
    """Return the worst verdict; compatible where nothing was found."""
    return max(
        (finding.verdict for finding in findings),
        key=severity,
        default=Compatibility.COMPATIBLE,
    )


def judge_column(
    part: str, before: Column | None, after: Column | None
) -> list[Finding]:
    """Find what changed in one column.

    Args:
        part: `input`, `output` or `param`.
        before: the baseline's column; None where it has none by that name.
        after: the same of the version that is judged.
    """
    if before is None and after is None:
        return []
    if before is None or after is None:
        return [_judge_presence(part, before, after)]
    if part == "param":
        return _judge_param(before, after)
    return _judge_type(part, before, after) + _judge_requirement(part, before, after)


def _judge_presence(part: str, before: Column | None, after: Column | None) -> Finding:
    if after is None:
        is_harmless = part == "input"
        verdict = Compatibility.WIDENED if is_harmless else Compatibility.BREAKING
        return Finding(verdict, "removed")
    is_harmless = {
        "input": not after.is_required,
        "output": bool(after.name),
        "param": True,
    }[part]
    if part == "input":
        note = "added, optional" if is_harmless else "added, required"
    else:
        note = "added"
    return Finding(
        Compatibility.WIDENED if is_harmless else Compatibility.BREAKING, note
    )


def _judge_type(part: str, before: Column, after: Column) -> list[Finding]:
    findings = []
    if bool(before.name) != bool(after.name):
        findings.append(
            Finding(Compatibility.BREAKING, "now named")
            if after.name
            else Finding(Compatibility.UNKNOWN, "no longer named")
        )
    if before.type == after.type:
        return findings
    if part == "input":
        verdict = (
            Compatibility.WIDENED
            if accepts(after.type, before.type)
            else Compatibility.BREAKING
        )
    else:
        verdict = (
            Compatibility.COMPATIBLE
            if accepts(before.type, after.type)
            else Compatibility.BREAKING
        )
    return [*findings, Finding(verdict, f"retyped from {before.type} to {after.type}")]


def _judge_requirement(part: str, before: Column, after: Column) -> list[Finding]:
    if before.is_required == after.is_required:
        return []
    if part == "input":
        if after.is_required:
            return [Finding(Compatibility.BREAKING, "now required")]
        return [Finding(Compatibility.WIDENED, "now optional")]
    if after.is_required:
        return [Finding(Compatibility.COMPATIBLE, "now always there")]
    return [Finding(Compatibility.BREAKING, "no longer always there")]


def _judge_param(before: Column, after: Column) -> list[Finding]:
    findings = []
    if before.is_list != after.is_list:
        note = "now a list" if after.is_list else "no longer a list"
        findings.append(Finding(Compatibility.BREAKING, note))
    if before.type != after.type:
        verdict = (
            Compatibility.WIDENED
            if accepts(after.type, before.type, PARAM_CASTS)
            else Compatibility.BREAKING
        )
        note = f"retyped from {before.type} to {after.type}"
        findings.append(Finding(verdict, note))
    if before.default != after.default:
        note = f"given the default {after.default} instead of {before.default}"
        findings.append(Finding(Compatibility.COMPATIBLE, note))
    return findings
