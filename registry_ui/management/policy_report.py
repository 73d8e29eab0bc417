"""What `manage.py policy check` says of a draft: for people, or as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings

from registry_ui.actions.backtest import AS_OF_TODAY, Backtest, Hindsight
from registry_ui.actions.dry_runs import LEFT_OUT, DryRun, HolderRuns
from registry_ui.actions.policies import Change, PolicyChange
from registry_ui.actions.policy_previews import PolicyPreview
from registry_ui.gates import Gate
from registry_ui.models import TransitionRequest

_WORDS = {
    Change.ADDED: "+ {name} v{number} is new",
    Change.CHANGED: "~ {name} becomes v{number}",
    Change.RETIRED: "- {name} v{number} is retired",
    Change.SAME: "= {name} v{number} stays",
}


def report_lines(preview: PolicyPreview) -> Iterable[str]:
    """Return the report for people."""
    yield from change_lines(preview.changes)
    for warning in preview.warnings:
        yield f"! {warning.policy}: {warning.text} {warning.remedy}"
    yield from _on_requests(preview.runs)
    yield from _on_holders(preview.holders)
    yield from _on_the_past(preview.backtest)


def report_json(preview: PolicyPreview) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "changes": [
            {"policy": one.name, "change": one.change, "version": one.number}
            for one in preview.changes
        ],
        "are_reordered": preview.are_reordered,
        "warnings": [asdict(warning) for warning in preview.warnings],
        "open_requests": [
            {
                **_request(run.request, run.policy_then),
                "is_changed": run.is_changed,
                "gates": _gates(run.then),
            }
            for run in preview.runs
        ],
        "holders": _holders(preview.holders),
        "backtest": {
            "judged": len(preview.backtest.found),
            "is_cut": preview.backtest.is_cut,
            "promotions": preview.backtest.promotion_count,
            "blocked": [_hindsight(one) for one in preview.backtest.blocked],
            "let_through": [_hindsight(one) for one in preview.backtest.let_through],
        },
    }


def change_lines(changes: Sequence[PolicyChange]) -> Iterable[str]:
    """Return a line for each policy."""
    for change in changes:
        yield _WORDS[change.change].format(name=change.name, number=change.number)
    if not changes:
        yield "No policy: the default holds everywhere."


def _on_requests(runs: Sequence[DryRun]) -> Iterable[str]:
    changed = [run for run in runs if run.is_changed]
    yield f"\nOpen requests: {len(changed) or 'none'} of {len(runs)} would change."
    for run in changed:
        yield f"  #{run.request.number} {run.request.title}, by {run.policy_then}"
        yield from _gate_lines(run.then)
        if not run.then:
            yield "    All gates would pass."


def _on_holders(holders: HolderRuns) -> Iterable[str]:
    yield f"\nCurrent holders: {holders.summary}"
    for run in holders.failing:
        held = run.holding
        yield f"  {held.version} in {held.target_label}, by {run.policy}"
        yield from _gate_lines(run.gates)
    if holders.is_cut:
        yield f"  Only the newest {holders.count} holders were judged."
    if holders.count:
        yield f"  {LEFT_OUT}"


def _on_the_past(past: Backtest) -> Iterable[str]:
    yield f"\nBacktest: {past.summary}"
    for one in past.blocked:
        yield _ended(one)
        yield from _gate_lines(one.gates_left)
    for one in past.let_through:
        yield _ended(one)
        yield f"    {one.gain}"
    if past.is_cut:
        yield f"  Only the newest {len(past.found)} requests were judged."
    if past.found:
        yield f"  {AS_OF_TODAY}"


def _holders(holders: HolderRuns) -> dict[str, Any]:
    return {
        "judged": holders.count,
        "is_cut": holders.is_cut,
        "failing": [
            {
                "model": run.holding.version.model.name,
                "version": run.holding.version.number,
                "target": run.holding.target,
                "policy": run.policy,
                "gates": _gates(run.gates),
            }
            for run in holders.failing
        ],
    }


def _ended(one: Hindsight) -> str:
    link = f"{settings.BASE_URL}{one.request.get_absolute_url()}"
    when = f"{one.ending} {one.ended_at:%d %b %Y, %H:%M} UTC"
    return f"  #{one.request.number} {one.request.title}, {when}: {link}"


def _gate_lines(gates: Iterable[Gate]) -> Iterable[str]:
    for gate in gates:
        yield f"    {gate.name}, {gate.verdict}: {gate.explanation}"


def _gates(gates: Iterable[Gate]) -> list[dict[str, str]]:
    return [
        {"name": gate.name, "verdict": gate.verdict, "found": gate.explanation}
        for gate in gates
    ]


def _request(request: TransitionRequest, policy: str) -> dict[str, Any]:
    return {
        "number": request.number,
        "model": request.version.model.name,
        "version": request.version.number,
        "target": request.target,
        "policy": policy,
    }


def _hindsight(one: Hindsight) -> dict[str, Any]:
    return {
        **_request(one.request, one.policy),
        "ended": one.ending,
        "ended_at": one.ended_at.isoformat(),
        "passes_at": one.passes_at.isoformat() if one.passes_at else None,
        "gates": _gates(one.gates_left),
    }
