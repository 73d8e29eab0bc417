"""Moves that decide themselves and are one call of MLflow's: as short as can be.

Deciding and claiming are one transaction, so the intent is on record, as one that a
worker is at, before MLflow is asked to do it. While it is stored MLflow is asked, too,
what stands there now, unless the move may be made whatever that is; and what it answers
to the change is what was read back. Where anything is not as it was expected, the plan
goes on as any other: `apply.py`.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, Q
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.apply import apply_claimed, claim, postpone
from registry_ui.actions.decisions import Decision, gather_decision, with_review
from registry_ui.actions.mirror import locked_model
from registry_ui.actions.outcomes import settle_applied
from registry_ui.actions.policies import policies_in_force, policy_of
from registry_ui.actions.requests import asked_for, change_of, clean_comment, decided_on
from registry_ui.actions.targets import kind_of
from registry_ui.events import EventBatch, EventType
from registry_ui.mlflow_client import (
    JsonObject,
    MLflowClient,
    MLflowError,
    MLflowUnavailable,
    VersionInfo,
    shared_client,
    version_in,
)
from registry_ui.models import (
    ALIAS_PREFIX,
    STAGE_PREFIX,
    MirrorState,
    ModelVersion,
    RegisteredModel,
    Review,
    Stage,
    TransitionRequest,
)
from registry_ui.models.prepared import PreparedInsert, PreparedLookup, PreparedRow
from registry_ui.planning import Effect, EffectKind, Holdings, Plan
from registry_ui.policies import Governed, Policy

Kind = TransitionRequest.Kind
_requests = TransitionRequest.objects
_version = PreparedRow(
    ModelVersion,
    lambda model, number: Q(model=model, number=number, deleted_at=None),
    int,
    int,
)
_made_when = PreparedLookup(
    lambda model, number: ModelVersion.objects.filter(
        model=model, number=number
    ).values_list("created_at"),
    int,
    int,
)
_AGE = ("synced_at", "models_seconds", "versions_seconds")
"""The columns that say whether a mirror is stale."""
_beside = ThreadPoolExecutor(64, "look")
"""In which MLflow is asked; threads that nobody needs are not started."""
_insert_request = PreparedInsert(TransitionRequest)
_insert_review = PreparedInsert(Review)
_outlook = PreparedLookup(
    lambda model, version, target: (
        MirrorState.objects.filter(id=MirrorState.ONLY)
        .annotate(
            is_busy=Exists(_requests.in_flight().filter(version__model=model)),
            is_asked=Exists(_requests.open().filter(version=version, target=target)),
        )
        .values_list(*_AGE, "is_busy", "is_asked")
    ),
    int,
    int,
    str,
)
_ASKING_NOTHING = {
    *("name", "description", "models", "targets", "kinds", "excluded", "direct"),
    *("break_glass", "break_glass_review_within"),
}
"""What may be said in a policy that asks nothing."""


@dataclass(frozen=True, slots=True)
class ShortMove:
    """What became of a move.

    Attributes:
        request: that decided itself.
        answer: MLflow's to the change; None where it went another way, so that only
            the request says how far that got.
    """

    request: TransitionRequest
    answer: JsonObject | None


def move_shortly(
    model: RegisteredModel, number: int, target: str, *, actor: User, comment: str
) -> ShortMove | None:
    """Put a version into a target, if nothing but one call of MLflow's is needed.

    Args:
        model: that the actor may read.
        number: of the candidate; perhaps there is none.
        target: `stage:…` or `alias:…`, spelled as it shall be.
        actor: who moves it.
        comment: why.

    Returns:
        None where the move is not that plain, or may not be made. Nothing has happened
        then; who goes the long way finds out why.
    """
    client = shared_client(settings.MLFLOW_REGISTRY_URI)
    intent = _decide(model.pk, number, target, client, actor=actor, comment=comment)
    if intent is None:
        return None
    return ShortMove(intent.request, _carry_out(intent, client))


@dataclass(frozen=True, slots=True)
class _Intent:
    """A request on record, decided and claimed.

    Attributes:
        request: with its version and model.
        plan: of one effect.
        effect: the one.
        look: at what stands there now; None where the move may be made whatever it is.
    """

    request: TransitionRequest
    plan: Plan
    effect: Effect
    look: "_Look | None"

    def is_as_planned(self) -> bool:
        """Does MLflow have there what the plan starts from? Waits for its answer.

        Raises:
            MLflowError: it cannot tell.
        """
        if self.look is None:
            return True
        seen = self.look.answer.result()
        is_stage = self.effect.kind is EffectKind.TRANSITION
        found = seen.stage if is_stage else str(seen.number)
        # Made at another time it is of another model of that name.
        return (found, seen.created_at) == (self.effect.before, self.look.made_at)


@dataclass(frozen=True, slots=True)
class _Look:
    """What MLflow was asked: for the version by which it tells what stands there.

    Attributes:
        answer: that version, as MLflow has it.
        made_at: when it was made, as the mirror has it.
    """

    answer: "Future[VersionInfo]"
    made_at: datetime


@transaction.atomic(durable=True)
def _decide(
    model_pk: int,
    number: int,
    target: str,
    client: MLflowClient,
    *,
    actor: User,
    comment: str,
) -> _Intent | None:
    """Store the request, decided and claimed; meanwhile MLflow is asked beside it."""
    version = _locked(model_pk, number)
    if version is None or not _is_free(version, target):
        return None
    model, stage = version.model, version.stage
    if not permissions.may_decide(actor, model, from_stage=stage, target=target):
        return None
    policies = policies_in_force()
    kind, policy = _kind_and_policy(version, target, policies)
    comment = clean_comment(comment)
    if not _lets_pass(policy) or not comment:
        return None
    is_free = _may_overwrite(actor, model, target, policies)
    seen = None if is_free else _look(version, target, client)
    request = TransitionRequest(
        kind=kind,
        version=version,
        target=target,
        from_stage=stage,
        comment=comment,
        requested_by=actor,
        created_at=timezone.now(),
        closed_by=actor,
        attempt_count=1,
        **claim(),
    )
    decision = gather_decision(request, policy=policy)
    review = Review(
        request=request,
        reviewer=actor,
        decision=Review.Decision.APPROVE,
        fingerprint=str(decision.fingerprint),
        created_at=request.created_at,
    )
    decision = with_review(decision, review)
    effect = _only_effect(decision.plan)
    if effect is None or not decision.is_approvable:
        return None
    _store(request, review, decision)
    look = _Look(seen, _made_at(effect, version)) if seen else None
    return _Intent(request, decision.plan, effect, look)


def _look(
    version: ModelVersion, target: str, client: MLflowClient
) -> "Future[VersionInfo]":
    """Ask MLflow in another thread for the version by which it tells what stands there.

    This transaction never waits for it: that may take as long as it likes.
    """
    name = version.model.name
    if target.startswith(ALIAS_PREFIX):
        alias = target.removeprefix(ALIAS_PREFIX)
        return _beside.submit(client.get_version_by_alias, name, alias)
    return _beside.submit(client.get_version, name, version.number)


def _locked(model_pk: int, number: int) -> ModelVersion | None:
    """Read a live version with its model under a lock; None if there is none."""
    model = locked_model(model_pk)
    version = _version(model_pk, number)
    if version is None or model.deleted_at or model.is_closed(timezone.now()):
        return None
    version.model = model
    return version


def _is_free(version: ModelVersion, target: str) -> bool:
    """Is the move needed, the mirror fresh, and is nobody at it, or at the model?"""
    if target == f"{STAGE_PREFIX}{version.stage}":
        return False
    for *age, is_busy, is_asked in _outlook(version.model_id, version.pk, target):
        state = MirrorState(**dict(zip(_AGE, age, strict=True)))
        return not (is_busy or is_asked or state.is_stale(timezone.now()))
    return False  # the mirror was never read


def _may_overwrite(
    actor: User, model: RegisteredModel, target: str, policies: Sequence[Policy]
) -> bool:
    """May the actor make the move, whatever stands there in MLflow by now?

    Policies say what goes into a target and levels what leaves a stage, so it takes a
    target that asks for nothing and the level for any stage. A look would take as long
    as the move, and find nothing but what came there around Signoff since the last
    sweep. As in MLflow itself the last one who writes wins then: incidents are what
    two sweeps differ in.
    """
    if not target.startswith(ALIAS_PREFIX) and not permissions.may_decide(
        actor, model, from_stage=Stage.PRODUCTION, target=target
    ):
        return False
    return all(
        _asks_nothing(policy_of(model.name, target, kind=kind, policies=policies))
        for kind in Governed
    )


def _asks_nothing(policy: Policy) -> bool:
    """May who holds the level move any version, at any time, and alone?"""
    rules = policy.definition
    is_for_all = rules.direct and not rules.excluded
    return is_for_all and rules.model_fields_set <= _ASKING_NOTHING


def _kind_and_policy(
    version: ModelVersion, target: str, policies: Sequence[Policy]
) -> tuple[Kind, Policy | None]:
    """Return what kind of move it is, and what governs it; None: not for this way."""
    name = version.model.name
    policy = policy_of(name, target, policies=policies)
    if_back = policy_of(name, target, kind=Governed.ROLLBACK, policies=policies)
    is_alias = target.startswith(ALIAS_PREFIX)
    if is_alias and policy == if_back:
        # An alias that is set is no rollback on record, whatever it goes back to.
        return Kind.PROMOTION, policy
    kind = kind_of(version, target)
    if kind is Kind.ROLLBACK:
        return kind, None if is_alias else if_back
    return kind, policy


def _lets_pass(policy: Policy | None) -> bool:
    """May one move versions alone, and without that files are read before?"""
    rules = policy.definition if policy else None
    return rules is not None and rules.direct and not rules.files_unchanged


def _only_effect(plan: Plan) -> Effect | None:
    """Return the effect of a plan that moves one version, or one alias that is set."""
    if len(plan.effects) != 1:
        return None
    (effect,) = plan.effects
    is_alias = effect.kind is EffectKind.SET_ALIAS
    is_as_said = not is_alias or plan.target == f"{ALIAS_PREFIX}{effect.alias}"
    is_move = effect.before not in ("", effect.after)
    return effect if is_move and is_as_said else None


def _made_at(effect: Effect, version: ModelVersion) -> datetime:
    """Return when the version was made by which MLflow tells what stands there now."""
    if effect.kind is EffectKind.TRANSITION:
        return version.created_at
    made_at: datetime
    ((made_at,),) = _made_when(version.model_id, int(effect.before))
    return made_at


def _store(request: TransitionRequest, review: Review, decision: Decision) -> None:
    """Store the request as decided by the review, on record."""
    actor = request.requested_by
    request.plan = decision.plan.as_json()
    request.closed_at = request.created_at
    request.policy_name = decision.policy.label
    _insert_request(request)
    review.request = request  # which has its number now
    _insert_review(review)
    batch = EventBatch()
    batch.add(
        EventType.TRANSITION_REQUEST_CREATED,
        actor=actor,
        request=request,
        **asked_for(request),
    )
    batch.add(
        EventType.TRANSITION_REQUEST_APPROVED,
        actor=actor,
        request=request,
        **change_of(request),
        **decided_on(decision),
    )
    batch.record()


def _carry_out(intent: _Intent, client: MLflowClient) -> JsonObject | None:
    """Make the change, and settle the request; None where a worker may have to."""
    request, effect = intent.request, intent.effect
    try:
        if not intent.is_as_planned():
            apply_claimed(request, client)
            return None
        answer = _write(effect, request.version.model.name, client)
        found = _found(effect, answer, request.version)
    except MLflowUnavailable as error:
        postpone(request, str(error))
        return None
    except MLflowError:
        apply_claimed(request, client)  # it looks again, and says what is the matter
        return None
    if effect.current(found) != effect.after:
        apply_claimed(request, client, has_acted=True)
        return None
    return answer if settle_applied(request, intent.plan, found) else None


def _write(effect: Effect, name: str, client: MLflowClient) -> JsonObject:
    """Make the change in MLflow; return what it answers."""
    body: JsonObject = {"name": name, "version": str(effect.version)}
    if effect.kind is EffectKind.TRANSITION:
        body |= {"stage": effect.after, "archive_existing_versions": False}
        return client.relay.write("POST", "model-versions/transition-stage", body)
    body["alias"] = effect.alias
    return client.relay.write("POST", "registered-models/alias", body)


def _found(effect: Effect, answer: JsonObject, version: ModelVersion) -> Holdings:
    """Return what MLflow holds by what it answered; of an alias it says no more.

    Raises:
        MLflowUnavailable: it is no answer of MLflow's.
    """
    if effect.kind is EffectKind.SET_ALIAS:
        return Holdings({}, {effect.alias: effect.version})
    info = version_in(answer)
    is_it = (info.number, info.created_at) == (version.number, version.created_at)
    return Holdings({info.number: info.stage} if is_it else {}, {})
