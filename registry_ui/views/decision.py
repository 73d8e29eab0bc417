"""What the decision page shows, put together from actions and pure modules."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from registry_ui import permissions
from registry_ui.actions.decisions import Decision, gather_decision
from registry_ui.actions.facts import versions_facts
from registry_ui.actions.notifications import listeners_of
from registry_ui.actions.undo import may_undo, way_back
from registry_ui.actions.watching import is_watched
from registry_ui.comparison import compare
from registry_ui.events import EventType
from registry_ui.extensions import effects_of_plan
from registry_ui.forms import CancelForm, CommentForm, ReviewForm
from registry_ui.gates import Verdict
from registry_ui.models import (
    AuditEvent,
    MirrorState,
    ModelVersion,
    TransitionRequest,
)
from registry_ui.planning import Effect, Plan
from registry_ui.views.discussion import Entry, mentioned_by, timeline_of
from registry_ui.views.selection import Selection, columns_of

Status = TransitionRequest.Status


def decision_context(
    user: User,
    ask: TransitionRequest,
    *,
    review_form: forms.Form | None = None,
    comment_form: forms.Form | None = None,
    cancel_form: forms.Form | None = None,
) -> dict[str, Any]:
    """Return what the decision page shows.

    Args:
        user: who looks at it.
        ask: the request, with version, model and people.
        review_form: a refused decision; it keeps what was typed.
        comment_form: a refused comment, likewise.
        cancel_form: a refused withdrawal, likewise.
    """
    decision = gather_decision(ask)
    versions = _compared_versions(ask, decision)
    timeline = timeline_of(user, ask)
    selection = Selection(tuple(version.compare_key for version in versions))
    return {
        "ask": ask,
        "decision": decision,
        "steps": _steps(ask, decision),
        "other_effects": _other_effects(user, ask),
        "columns": columns_of(selection, versions),
        "comparison": compare(versions_facts(versions)),
        "has_incumbent": len(versions) > 1,
        "compare_url": selection.url(),
        "timeline": timeline,
        "mentioned": mentioned_by(ask, timeline),
        "checks": ask.version.checks.select_related("reported_by"),
        "review_form": review_form or ReviewForm(),
        "comment_form": comment_form or CommentForm(),
        "cancel_form": cancel_form or CancelForm(),
        "is_refused": bool(review_form or comment_form or cancel_form),
        "stale_reason": _stale_reason(ask),
        "is_watched": is_watched(ask.version.model, user=user),
        "why_not": _why_not(user, ask, decision) if ask.is_open else "",
        "may_cancel": ask.is_open and permissions.may_cancel(user, ask),
        "gates_then": _gates_then(ask),
        "may_break_glass": _may_break_glass(user, ask, decision),
        "break_glass_url": _break_glass_url(ask),
        "may_retry": ask.status == Status.FAILED and permissions.may_review(user, ask),
        "may_undo": may_undo(user, ask),
        **_ways_out(ask),
        "undone": _undone(timeline),
    }


def _ways_out(ask: TransitionRequest) -> dict[str, Any]:
    """Say of a failed plan what is missing, and what takes the rest back."""
    if ask.status != Status.FAILED:
        return {}
    back, lost = way_back(ask)
    outcome = ask.outcome or []
    return {
        "missing": [entry["effect"] for entry in outcome if not entry["came_true"]],
        "back": [str(effect) for effect in back],
        "lost": lost,
    }


def _undone(timeline: Iterable[Entry]) -> Mapping[str, Any]:
    """Return what the record says of the undo that closed the request, if one did."""
    events = ((entry.event, entry.details) for entry in timeline if entry.event)
    wanted = EventType.TRANSITION_REQUEST_UNDONE
    return next((details for event, details in events if event.type == wanted), {})


def _other_effects(user: User, ask: TransitionRequest) -> list[str]:
    """Say what else follows when the person approves it."""
    if ask.is_settled:
        return []
    count = listeners_of(ask, actor=user).count()
    people = "1 person is told" if count == 1 else f"{count} people are told"
    return [*effects_of_plan(user, ask), *([people] if count else [])]


def _gates_then(ask: TransitionRequest) -> list[dict[str, str]]:
    """Return the gates that were open when the glass was broken, for its review."""
    if ask.follows_id is None or not ask.is_open:
        return []
    event = AuditEvent.objects.filter(
        request_number=ask.follows_id, type=EventType.GLASS_BROKEN
    ).first()
    gates = event.details["gates"] if event else []
    return [gate for gate in gates if gate["verdict"] != Verdict.PASSED]


def _may_break_glass(user: User, ask: TransitionRequest, decision: Decision) -> bool:
    """May the person put there at once what is asked for?"""
    return (
        ask.is_open
        and ask.kind != TransitionRequest.Kind.RETROSPECTIVE
        and ask.version.is_live
        and decision.policy.definition.break_glass
        and permissions.may_break_glass(user, ask.version.model)
    )


def _break_glass_url(ask: TransitionRequest) -> str:
    page = reverse(
        "registry_ui:request_break_glass",
        args=[ask.version.model.name, ask.version.number],
    )
    target = {"stage": ask.to_stage} if ask.to_stage else {"alias": ask.alias}
    return f"{page}?{urlencode(target)}"


def _why_not(user: User, ask: TransitionRequest, decision: Decision) -> str:
    """Say why the person may not approve this; empty if they may."""
    if not permissions.may_review(user, ask):
        level = permissions.level_to_decide(
            from_stage=ask.version.stage, target=ask.target
        )
        return f"Deciding on this takes the level {level.label} on {ask.version.model}."
    if reason := decision.why_excluded(user.pk):
        return reason
    own = ask.reviews.filter(reviewer=user, stale_reason="").first()
    if own and not decision.why_given_in_vain(own):
        return "You approved this, and it counts. What is still missing stands above."
    return ""


def _stale_reason(ask: TransitionRequest) -> str:
    """Say why an approval would be refused just now; empty while it would not."""
    return MirrorState.load().why_stale(timezone.now()) if ask.is_open else ""


def _compared_versions(
    ask: TransitionRequest, decision: Decision
) -> list[ModelVersion]:
    """Return the newest incumbent, if there is one, and the candidate."""
    numbers = _compared(ask, decision)
    versions = ModelVersion.objects.with_evidence().filter(
        model=ask.version.model_id, number__in=numbers
    )
    by_number = {version.number: version for version in versions}
    return [by_number[number] for number in numbers if number in by_number]


def _compared(ask: TransitionRequest, decision: Decision) -> list[int]:
    if ask.follows and ask.follows.plan:  # what was there before the glass was broken
        incumbents = _moved_away(Plan.from_json(ask.follows.plan), ask)
    elif ask.plan is None:
        incumbents = decision.incumbents
    else:  # as it was when this was decided
        incumbents = _moved_away(decision.plan, ask)
    return [*sorted(incumbents)[-1:], ask.version.number]


def _moved_away(plan: Plan, ask: TransitionRequest) -> tuple[int, ...]:
    """Return the versions that the plan takes the target, or an alias, from."""
    number = ask.version.number
    held_before = (
        int(effect.before) if effect.alias and effect.before else effect.version
        for effect in plan.effects
    )
    return tuple(other for other in held_before if other != number)


def _steps(ask: TransitionRequest, decision: Decision) -> list[dict[str, Any]]:
    """Say of each effect what was planned and, once known, what came of it."""
    found = ask.outcome or []
    carried_out = Effect.many(ask.carried_out)
    steps = []
    for index, effect in enumerate(decision.plan.effects):
        result = found[index] if index < len(found) else None
        status = "planned"
        if result is not None:
            status = "done" if result["came_true"] else "differs"
            if status == "differs" and effect in carried_out:
                status = "undone"
        steps.append({"effect": effect, "status": status, "result": result})
    return steps
