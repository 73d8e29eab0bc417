"""Stages and aliases through the gate: moved at once, or refused with how to ask."""

import json
import shlex
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.http import HttpResponse

from registry_ui.actions.moves import (
    RequestNeededError,
    may_move_alias,
    point_alias_at_once,
    point_alias_shortly,
    remove_alias_at_once,
    transition_at_length,
    transition_shortly,
)
from registry_ui.actions.targets import (
    check_alias_form,
    check_new_alias,
    is_reserved,
)
from registry_ui.api.dialect.operations import PREFIX, Answer, Call
from registry_ui.api.dialect.refusals import ASKS, CREATE, asks, refusal
from registry_ui.api.gateway.access import (
    is_mirrored,
    number_or_404,
    version_or_404,
)
from registry_ui.api.gateway.parameters import AliasMove, AliasName, Transition
from registry_ui.api.gateway.reads import handed_back, relay
from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.models import ModelVersion, RegisteredModel, Stage

_Moves = TypeVar("_Moves", Transition, AliasMove)
_Made = TypeVar("_Made")
_BEHIND = (
    "Somebody changed it at the same moment, or MLflow around Signoff, which then"
    " shows it with its next sync. Try again."
)


def transition(call: Call[Transition], model: RegisteredModel) -> Answer | HttpResponse:
    """Move a version to a stage; the answer is the version as it is then."""
    given = call.given
    stage = _stage(given.stage)
    number = number_or_404(model, given.version)
    move = partial(transition_shortly, model, number, stage, actor=call.user)
    moved = None
    if not given.archive_existing_versions:
        moved = _made(move, model, number)
    if moved is None:
        _transition_at_length(call, version_or_404(model, given.version), stage)
    elif moved.answer is not None:
        return moved.answer
    params = {"name": given.name, "version": given.version}
    answer = relay().read("model-versions/get", params)
    if answer.is_ok and answer.json()["model_version"]["current_stage"] != stage:
        raise ActionError(f"{model.name} v{number} is not in {stage}. {_BEHIND}")
    return handed_back(answer)


def _transition_at_length(
    call: Call[Transition], version: ModelVersion, stage: str
) -> None:
    archives = call.given.archive_existing_versions
    try:
        transition_at_length(
            version, stage, actor=call.user, archives=archives, asks=asks(call)
        )
    except RequestNeededError as needed:
        line = _line(call, "model-versions/transition-stage")
        raise refusal(needed, version, {"stage": stage}, line=line) from needed


def set_alias(call: Call[AliasMove], model: RegisteredModel) -> Answer:
    """Set an alias, or move it."""
    given = call.given
    check_new_alias(given.alias)
    number = number_or_404(model, given.version)
    point = partial(point_alias_shortly, model, number, given.alias, actor=call.user)
    if _made(point, model, number):
        return {}
    version = version_or_404(model, given.version)
    try:
        if may_move_alias(call.user, model, given.alias):
            if _holder(model, given.alias) == version.number:
                return {}
            if version.aliases.filter(name=given.alias).exists():
                text = f"@{given.alias} no longer points to {version}."
                raise ActionError(f"{text} {_BEHIND}")
        point_alias_at_once(version, given.alias, actor=call.user, asks=asks(call))
    except RequestNeededError as needed:
        line, choice = _line(call, "registered-models/alias"), {"alias": given.alias}
        raise refusal(needed, version, choice, line=line) from needed
    return {}


def delete_alias(call: Call[AliasName], model: RegisteredModel) -> Answer:
    """Remove an alias; that there is none is no error."""
    name = call.given.alias
    check_alias_form(name)
    alias = model.aliases.filter(name=name).first()
    if alias is not None:
        remove_alias_at_once(alias, actor=call.user)
    elif not is_reserved(name) and _holder(model, name) is not None:
        raise ActionError(f"@{name} is not known yet. {_BEHIND}")
    return {}


def _made(move: Callable[[], _Made], model: RegisteredModel, number: int) -> _Made:
    """Try a short move; of a version that no sync has seen, after a look at it."""
    made = move()
    if made or is_mirrored(model, number):
        return made
    version_or_404(model, str(number))
    return move()


def _stage(said: str) -> str:
    """Return the stage as MLflow spells it; any case is fine."""
    for stage in Stage.values:
        if stage.casefold() == said.casefold():
            return str(stage)
    raise InvalidFieldError(
        "stage",
        f"Invalid Model Version stage: {said}. Value must be one of"
        f" {', '.join(Stage.values)}.",
    )


def _holder(model: RegisteredModel, alias: str) -> int | None:
    """Return which version the alias points to in MLflow; None for none."""
    params = {"name": model.name, "alias": alias}
    answer = relay().read("registered-models/alias", params)
    return int(answer.json()["model_version"]["version"]) if answer.is_ok else None


def _line(call: Call[_Moves], path: str) -> str:
    """Return the call that asks for what this one was refused."""
    return shlex.join(
        [
            *("curl", "-X", "POST", f"{settings.BASE_URL}/{PREFIX}{path}"),
            *("-H", "Authorization: Bearer TOKEN", "-H", f"{ASKS}: {CREATE}"),
            *("-d", json.dumps(call.given.sent())),
        ]
    )
