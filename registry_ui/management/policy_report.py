"""What `manage.py policy check` says of a draft, for people."""

from collections.abc import Iterable, Sequence

from django.conf import settings

from registry_ui.actions.backtest import AS_OF_TODAY, Backtest, Hindsight
from registry_ui.actions.dry_runs import LEFT_OUT, DryRun, HolderRuns
from registry_ui.actions.policies import Change, PolicyChange
from registry_ui.actions.policy_previews import PolicyPreview
from registry_ui.gates import Gate

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


def _ended(one: Hindsight) -> str:
    link = f"{settings.BASE_URL}{one.request.get_absolute_url()}"
    when = f"{one.ending} {one.ended_at:%d %b %Y, %H:%M} UTC"
    return f"  #{one.request.number} {one.request.title}, {when}: {link}"


def _gate_lines(gates: Iterable[Gate]) -> Iterable[str]:
    for gate in gates:
        yield f"    {gate.name}, {gate.verdict}: {gate.explanation}"
