"""Setting, moving and removing aliases that no policy governs.

Each is a request that decides itself, so that applying it, reading it back, trying it
again and the record are those of any other request.
"""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from registry_ui import permissions
from registry_ui.actions.policies import policy_of
from registry_ui.actions.requests import approve_own, store_request
from registry_ui.actions.targets import clean_alias
from registry_ui.errors import InvalidFieldError
from registry_ui.models import (
    ALIAS_PREFIX,
    Alias,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)
from registry_ui.planning import Plan, alias_effect


def may_move_aliases(user: User, model: RegisteredModel) -> bool:
    """May the user change the model's aliases without anybody else?"""
    return _may_move(user, model, ALIAS_PREFIX)


@transaction.atomic
def move_alias(
    model: RegisteredModel, alias: str, number: int, *, actor: User, comment: str
) -> TransitionRequest:
    """Let an alias point to a version, whether it is there already or not.

    Raises:
        PermissionDenied: the actor lacks the level, or a policy governs the alias.
        InvalidFieldError: MLflow takes no such alias, or there is no such version.
        ActionError: there is no comment, or an open request for the same.
    """
    alias = clean_alias(alias)
    target = f"{ALIAS_PREFIX}{alias}"
    if not _may_move(actor, model, target):
        raise PermissionDenied
    live = ModelVersion.objects.live().filter(model=model, number=number)
    version = live.select_related("model").first()
    if version is None:
        raise InvalidFieldError("number", f"{model.name} has no version {number}.")
    if Alias.objects.filter(model=model, name=alias, version=version).exists():
        raise InvalidFieldError("number", f"@{alias} points to {version} already.")
    request = store_request(version, target, actor=actor, comment=comment)
    approve_own(request, actor=actor)
    return request


@transaction.atomic
def remove_alias(
    model: RegisteredModel, alias: str, *, actor: User, comment: str
) -> TransitionRequest:
    """Remove an alias from its version.

    Raises:
        PermissionDenied: the actor lacks the level, or a policy governs the alias.
        InvalidFieldError: there is no such alias.
        ActionError: there is no comment, or an open request for the same.
    """
    target = f"{ALIAS_PREFIX}{alias}"
    if not _may_move(actor, model, target):
        raise PermissionDenied
    found = Alias.objects.filter(model=model, name=alias)
    row = found.select_related("version__model").first()
    if row is None:
        raise InvalidFieldError("alias", f"{model.name} has no alias @{alias}.")
    number = row.version.number
    effect = alias_effect(row.name, number, None)
    plan = Plan(target, number, (effect,) if effect else (), archives=False)
    request = store_request(
        row.version,
        target,
        actor=actor,
        comment=comment,
        kind=TransitionRequest.Kind.REMOVAL,
        plan=plan.as_json(),
    )
    approve_own(request, actor=actor)
    return request


def _may_move(user: User, model: RegisteredModel, target: str) -> bool:
    policy = policy_of(model.name, target)
    return policy.definition.direct and permissions.may_decide(
        user, model, from_stage="", target=target
    )
