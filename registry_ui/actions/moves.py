"""Moving versions for programs: at once where one may, else only by a request.

A program reads success from the status alone, so a move either has happened when these
functions return, or they raise.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.alias_moves import move_alias, remove_alias
from registry_ui.actions.apply import apply_at_once, wait_until_settled
from registry_ui.actions.decisions import aliases_of
from registry_ui.actions.policies import governed_kind, policy_of
from registry_ui.actions.registry_writes import MLflowFailedError
from registry_ui.actions.requests import create_request, transition_directly
from registry_ui.actions.short_moves import ShortMove, move_shortly
from registry_ui.actions.targets import check_new_alias, refuse_archiving_in_vain
from registry_ui.errors import ActionError, AlreadyExistsError, InvalidFieldError
from registry_ui.mlflow_client import MLflowUnavailable, shared_client
from registry_ui.models import (
    ALIAS_PREFIX,
    STAGE_PREFIX,
    Alias,
    MirrorState,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)
from registry_ui.policies import Policy

COMMENT = "Asked for by a program, through MLflow's API."


class RequestNeededError(PermissionDenied):
    """The move was not made: it needs a request.

    Attributes:
        request: the one that is open for it now; None where nobody has asked.
    """

    def __init__(self, reason: str, request: TransitionRequest | None) -> None:
        super().__init__(reason)
        self.request = request


def transition_shortly(
    model: RegisteredModel,
    number: int,
    stage: str,
    *,
    actor: User,
    comment: str = COMMENT,
) -> ShortMove | None:
    """Move a version to another stage if that is one plain call of MLflow's.

    Args:
        model: that the actor may read.
        number: of the candidate; perhaps there is none.
        stage: MLflow's spelling.
        actor: who moves it.
        comment: why it is moved.

    Returns:
        None where it is not, or may not be made; nothing has happened then. Else the
        version is there now.

    Raises:
        MLflowFailedError, ActionError: as `transition_at_once`.
    """
    target = f"{STAGE_PREFIX}{stage}"
    return _moved_shortly(model, number, target, actor=actor, comment=comment)


def transition_at_once(
    version: ModelVersion,
    stage: str,
    *,
    actor: User,
    archives: bool,
    asks: bool,
    comment: str = COMMENT,
) -> None:
    """Move a version to another stage, in MLflow, before this returns.

    Args:
        version: the candidate; nothing happens where it is in the stage already.
        stage: MLflow's spelling.
        actor: who moves it.
        archives: the other versions of the stage.
        asks: open a request where the move needs one.
        comment: why it is moved.

    Raises:
        RequestNeededError: it was not moved; a request may be open for it now.
        MLflowFailedError: MLflow cannot be used just now.
        ActionError: the version cannot be put there, or MLflow refused.
    """
    if not archives:
        model, number = version.model, version.number
        if transition_shortly(model, number, stage, actor=actor, comment=comment):
            return
    transition_at_length(
        version, stage, actor=actor, archives=archives, asks=asks, comment=comment
    )


def transition_at_length(
    version: ModelVersion,
    stage: str,
    *,
    actor: User,
    archives: bool,
    asks: bool,
    comment: str = COMMENT,
) -> None:
    """Make a move that is not short, or say why it may not be made.

    Args and errors are those of `transition_at_once`.
    """
    target = f"{STAGE_PREFIX}{stage}"
    if version.stage == stage and _may_decide(actor, version, target):
        if archives:
            refuse_archiving_in_vain(target)
            _refuse_to_archive_others(version, stage)
        return

    def move() -> TransitionRequest:
        return transition_directly(
            version,
            target,
            actor=actor,
            comment=comment,
            archive_existing_versions=archives,
        )

    def ask() -> TransitionRequest:
        return _asked(version, target, actor, comment=comment, archives=archives)

    _move(version, target, move, ask if asks else None, actor=actor)


def may_move_alias(user: User, model: RegisteredModel, alias: str) -> bool:
    """Does the user hold the level for aliases, whatever a policy says?"""
    target = f"{ALIAS_PREFIX}{alias}"
    return permissions.may_decide(user, model, from_stage="", target=target)


def point_alias_shortly(
    model: RegisteredModel, number: int, alias: str, *, actor: User
) -> bool:
    """Let an alias point to another version if that is one plain call of MLflow's.

    Returns:
        False where it is not, or may not be made; nothing has happened then.

    Raises:
        InvalidFieldError, MLflowFailedError, ActionError: as `point_alias_at_once`.
    """
    check_new_alias(alias)
    target = f"{ALIAS_PREFIX}{alias}"
    moved = _moved_shortly(model, number, target, actor=actor, comment=COMMENT)
    return moved is not None


def point_alias_at_once(
    version: ModelVersion, alias: str, *, actor: User, asks: bool
) -> None:
    """Let an alias point to a version, in MLflow, before this returns.

    Args:
        version: the alias points to another one, or does not exist.
        alias: as MLflow shall spell it.
        actor: who moves it.
        asks: open a request where the move needs one.

    Raises:
        InvalidFieldError: MLflow takes no such alias, or has it in another spelling.
        RequestNeededError, MLflowFailedError, ActionError: as `transition_at_once`.
    """
    _refuse_other_spelling(version.model, alias)
    target = f"{ALIAS_PREFIX}{alias}"

    def move() -> TransitionRequest:
        model, number = version.model, version.number
        return move_alias(model, alias, number, actor=actor, comment=COMMENT)

    def ask() -> TransitionRequest:
        return _asked(version, target, actor)

    _move(version, target, move, ask if asks else None, actor=actor)


def remove_alias_at_once(alias: Alias, *, actor: User) -> None:
    """Remove an alias, in MLflow, before this returns.

    Raises:
        PermissionDenied: the actor lacks the level, or a policy governs the alias.
        MLflowFailedError, ActionError: as `transition_at_once`.
    """
    model, target = alias.model, f"{ALIAS_PREFIX}{alias.name}"
    policy = policy_of(model.name, target)
    if not policy.definition.direct:
        raise PermissionDenied(
            f"The policy {policy.label} governs {alias}, so nobody removes it alone."
            " Ask to move it to another version instead."
        )
    _refuse_on_old_facts()
    with transaction.atomic():
        request = remove_alias(model, alias.name, actor=actor, comment=COMMENT)
        _refuse_if_open(request, policy)
    _carry_out(request)


def _move(
    version: ModelVersion,
    target: str,
    move: Callable[[], TransitionRequest],
    ask: Callable[[], TransitionRequest] | None,
    *,
    actor: User,
) -> None:
    model = version.model
    policy = policy_of(model.name, target, kind=governed_kind(version, target))
    may_decide = _may_decide(actor, version, target)
    if policy.definition.direct and may_decide:
        _refuse_on_old_facts()
        try:
            request = _moved(move, policy)
        except RequestNeededError as needed:
            reason = str(needed)
        else:
            _carry_out(request)
            return
    elif may_decide:
        reason = f"The policy {policy.label} asks for a request here."
    else:
        level = permissions.level_to_decide(from_stage=version.stage, target=target)
        reason = (
            f"By the policy {policy.label} this is for who holds {level.label} on"
            f" {model.name}; others ask for it by a request."
        )
    raise RequestNeededError(reason, ask() if ask else None)


def _may_decide(actor: User, version: ModelVersion, target: str) -> bool:
    return permissions.may_decide(
        actor, version.model, from_stage=version.stage, target=target
    )


def _refuse_to_archive_others(version: ModelVersion, stage: str) -> None:
    """Refuse what no request can do: archive others without a move."""
    others = version.model.versions.filter(deleted_at=None, stage=stage)
    if others.exclude(pk=version.pk).exists():
        raise ActionError(
            f"{version} is in {stage} already, so nothing else is archived along with"
            " it. Move the others to Archived by calls of their own."
        )


@transaction.atomic
def _moved(move: Callable[[], TransitionRequest], policy: Policy) -> TransitionRequest:
    """Return the request that decided itself; none is left where it could not."""
    request = move()
    _refuse_if_open(request, policy)
    return request


def _refuse_if_open(request: TransitionRequest, policy: Policy) -> None:
    """Take it all back where gates of the policy have not passed.

    Raises:
        RequestNeededError: inside the transaction that made the request.
    """
    if request.is_open:
        raise RequestNeededError(
            f"Gates of the policy {policy.label} have not passed.", None
        )


def _asked(
    version: ModelVersion,
    target: str,
    actor: User,
    *,
    comment: str = COMMENT,
    archives: bool = False,
) -> TransitionRequest:
    """Return the actor's open request for the move; a new one if there was none."""
    try:
        return create_request(
            version,
            target,
            actor=actor,
            comment=comment,
            archive_existing_versions=archives,
        )
    except AlreadyExistsError:
        open_ones = TransitionRequest.objects.open().filter(version=version)
        return open_ones.get(target=target, requested_by=actor, follows=None)


def _carry_out(request: TransitionRequest) -> None:
    """Apply the plan here, or wait for the worker that was quicker.

    Raises:
        MLflowFailedError: it will be applied once MLflow can be used.
        ActionError: it has failed.
    """
    client = shared_client(settings.MLFLOW_REGISTRY_URI)
    if not apply_at_once(request, client):
        wait_until_settled(request, seconds=settings.APPLY_PATIENCE_SECONDS)
    _refuse_unless_applied(request)


def _moved_shortly(
    model: RegisteredModel, number: int, target: str, *, actor: User, comment: str
) -> ShortMove | None:
    """Make the move if it is short; None if nothing has happened.

    Raises:
        MLflowFailedError, ActionError: as `_carry_out`.
    """
    moved = move_shortly(model, number, target, actor=actor, comment=comment)
    if moved is not None and moved.answer is None:
        _refuse_unless_applied(moved.request)
    return moved


def _refuse_unless_applied(request: TransitionRequest) -> None:
    request.refresh_from_db()
    if request.status == TransitionRequest.Status.APPLIED:
        return
    if request.status == TransitionRequest.Status.FAILED:
        raise ActionError(f"Request #{request.number} has failed: {request.failure}")
    text = (
        f"Request #{request.number} is decided, but not carried out yet."
        f" {request.failure} Do not repeat the call; look at"
        f" {settings.BASE_URL}{request.get_absolute_url()}"
    )
    raise MLflowFailedError(text, MLflowUnavailable(text))


def _refuse_on_old_facts() -> None:
    if why := MirrorState.load().why_stale(timezone.now()):
        raise MLflowFailedError(why, MLflowUnavailable(why))


def _refuse_other_spelling(model: RegisteredModel, alias: str) -> None:
    """Refuse what pages would put right in silence: a program asks for what it said."""
    check_new_alias(alias)
    names = aliases_of(model.pk)
    twins = [name for name in names if name.casefold() == alias.casefold()]
    if twins and alias not in twins:
        raise InvalidFieldError(
            "alias", f"{model.name} has @{twins[0]}. Spell it so, or remove it first."
        )
