"""What people answer to an incident: take it back, accept it, or have it decided."""

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.incidents import resolve
from registry_ui.actions.mentions import mentioned_in
from registry_ui.actions.mirror import locked_model
from registry_ui.actions.policies import policies_in_force, policy_of
from registry_ui.actions.requests import clean_comment, store_request
from registry_ui.actions.undo import taken_back
from registry_ui.errors import ActionError, StaleReviewError
from registry_ui.events import EventType, record_event
from registry_ui.models import (
    ALIAS_PREFIX,
    STAGE_PREFIX,
    Incident,
    Level,
    ModelVersion,
    TransitionRequest,
)
from registry_ui.planning import SERVING_STAGES, Effect, EffectKind, Plan

Kind = TransitionRequest.Kind
Status = TransitionRequest.Status


def may_answer(user: User, incident: Incident) -> bool:
    """Does the user hold the level that decides on all of the incident's changes?"""
    needed = level_to_answer(Effect.many(incident.effects))
    return permissions.level_of(user, incident.model) >= needed


def level_to_answer(effects: Iterable[Effect]) -> Level:
    """Return the level that could have decided on all of the changes."""
    levels = [
        Level.CAN_MANAGE
        if effect.kind in (EffectKind.RENAME, EffectKind.MODEL)
        else permissions.level_to_decide(
            from_stage="" if effect.alias else effect.before, target=_target(effect)
        )
        for effect in effects
    ]
    return max(levels, default=Level.CAN_MANAGE)


def way_back(incident: Incident) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    """Return what a revert would do, and sentences on what nothing brings back."""
    return taken_back(incident.model, Effect.many(incident.effects))


@transaction.atomic
def accept_incident(
    incident: Incident, *, actor: User, reason: str, seen: str
) -> Incident:
    """Let what was changed stand, for a reason that goes on record.

    Args:
        incident: read again here with its model locked.
        actor: under `four-eyes` somebody other than who asked about it or reverts it.
        reason: required.
        seen: `Incident.digest` of what was on the page.

    Raises:
        PermissionDenied: the actor lacks the level.
        StaleReviewError: it is no longer what was seen.
        ActionError: it is answered already, there is no reason, or it is their own.
    """
    incident = _locked(incident, actor=actor, seen=seen)
    reason = clean_comment(
        reason, required="Say why it may stand; it goes on record with your name."
    )
    own = incident.transition_requests.filter(requested_by=actor)
    if own.exists() and _needs_four_eyes(incident):
        raise ActionError(
            "You answered this incident with a request of your own. The policy wants"
            " somebody else to accept it."
        )
    resolve(incident, Incident.Resolution.ACCEPTED, actor=actor, reason=reason)
    return incident


@transaction.atomic
def revert_incident(
    incident: Incident, *, actor: User, comment: str = "", seen: str
) -> TransitionRequest:
    """Restore what was, by a request that decides itself and that a worker applies.

    Restoring what was decided before needs no second person.

    Raises:
        PermissionDenied: the actor lacks the level.
        StaleReviewError: it is no longer what was seen.
        ActionError: it is answered already, is being reverted, or nothing of it can be.
    """
    incident = _locked(incident, actor=actor, seen=seen)
    unsettled = incident.transition_requests.filter(
        kind=Kind.REVERT, status__in=[Status.APPROVED, Status.APPLYING, Status.FAILED]
    )
    if earlier := unsettled.first():
        raise ActionError(
            f"Request #{earlier.number} is to revert it already; it is"
            f" {earlier.get_status_display().lower()}."
        )
    back, lost = way_back(incident)
    if not back:
        raise ActionError(" ".join([*lost, "Accept it with a reason instead."]))
    version, target = _subject(incident, back)
    now = timezone.now()
    request = TransitionRequest.objects.create(
        kind=Kind.REVERT,
        version=version,
        target=target,
        from_stage=version.stage,
        comment=clean_comment(comment),
        requested_by=actor,
        created_at=now,
        status=Status.APPROVED,
        closed_by=actor,
        closed_at=now,
        due_at=now,
        plan=Plan(target, version.number, back, archives=False).as_json(),
        policy_name="revert",
        incident=incident,
    )
    record_event(
        EventType.INCIDENT_REVERT_STARTED,
        actor=actor,
        request=request,
        incident=incident.number,
        plan=[str(effect) for effect in back],
        comment=request.comment,
        mentions=mentioned_in(request.comment, incident.model),
    )
    return request


@transaction.atomic
def ask_about_incident(
    incident: Incident, *, actor: User, comment: str, seen: str
) -> TransitionRequest:
    """Ask reviewers to approve after the fact what was changed.

    Raises:
        PermissionDenied: the actor may not read the model.
        AlreadyExistsError: the actor has asked already.
        StaleReviewError: it is no longer what was seen.
        ActionError: it is answered already, lacks a reason, or nothing of it is there.
    """
    if not permissions.may_request(actor, incident.model):
        raise PermissionDenied
    incident = _locked(incident, actor=None, seen=seen)
    effects = Effect.many(incident.effects)
    version, target = _subject(incident, effects)
    if incident.model.deleted_at is not None or not version.is_live:
        raise ActionError(
            "What was changed is no longer in MLflow, so nobody can approve it."
            " It can be accepted with a reason."
        )
    return store_request(
        version,
        target,
        actor=actor,
        comment=comment,
        kind=Kind.RETROSPECTIVE,
        incident=incident,
    )


def _locked(incident: Incident, *, actor: User | None, seen: str) -> Incident:
    """Lock the model, and read the incident again.

    Raises:
        PermissionDenied: the actor lacks the level.
        StaleReviewError: it is no longer what was seen.
        ActionError: it is answered already.
    """
    model = locked_model(incident.model_id)
    incident = Incident.objects.get(pk=incident.pk)
    incident.model = model
    if actor is not None and not may_answer(actor, incident):
        raise PermissionDenied
    if not incident.is_open:
        raise ActionError(f"This was answered already: {incident.answer}.")
    if seen != incident.digest:
        raise StaleReviewError(
            "More was changed since you looked. Nothing was done; look again first."
        )
    return incident


def _needs_four_eyes(incident: Incident) -> bool:
    policies = policies_in_force()
    governing = (
        policy_of(incident.model.name, _target(effect), policies=policies)
        for effect in Effect.many(incident.effects)
    )
    return any(policy.definition.excludes_requester for policy in governing)


def _target(effect: Effect) -> str:
    """Return the target that an effect is about, the busier one of two stages."""
    if effect.alias:
        return f"{ALIAS_PREFIX}{effect.alias}"
    stages = [s for s in (effect.after, effect.before) if s in SERVING_STAGES]
    production = "Production" if "Production" in stages else ""
    return f"{STAGE_PREFIX}{production or next(iter(stages), 'Production')}"


def _subject(incident: Incident, effects: Sequence[Effect]) -> tuple[ModelVersion, str]:
    """Return the version and target that speak for several effects.

    Raises:
        ActionError: the model has no version that could.
    """
    ranked = sorted(effects, key=lambda effect: _target(effect) != "stage:Production")
    numbers = [effect.version for effect in ranked if effect.version]
    rows = {version.number: version for version in incident.model.versions.all()}
    version = next((rows[n] for n in numbers if n in rows), None)
    version = version or max(rows.values(), key=lambda v: v.number, default=None)
    if version is None:
        raise ActionError("The model has no version to decide on.")
    version.model = incident.model
    if not ranked or not ranked[0].version:
        return version, f"{STAGE_PREFIX}{version.stage}"
    return version, _target(ranked[0])
