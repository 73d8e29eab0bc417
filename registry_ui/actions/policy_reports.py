"""What is said of a draft of policies to programs: JSON values."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from registry_ui.actions.backtest import Hindsight
from registry_ui.actions.dry_runs import HolderRuns
from registry_ui.actions.policy_previews import PolicyPreview
from registry_ui.gates import Gate
from registry_ui.models import TransitionRequest


def report_json(preview: PolicyPreview) -> dict[str, Any]:
    """Return what a draft would change, and what it says of open, held and past."""
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
