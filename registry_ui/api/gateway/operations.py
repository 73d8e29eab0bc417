"""What one call of the gate is, and needs; `table.py` has them all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

from django.http import HttpResponse

from registry_ui.api.dialect.operations import Answer, Call, Operation
from registry_ui.api.dialect.parameters import P
from registry_ui.errors import ActionError
from registry_ui.models import Level

AJAX_PREFIX = "ajax-api/2.0/mlflow/"
"""The same calls where MLflow's own pages make them."""

_WORKSPACE = "X-MLFLOW-WORKSPACE"
_GOVERNED_WORKSPACE = "default"


class Checked(StrEnum):
    """How it is found out whether the caller may."""

    TOKEN = "a token that works"  # noqa: S105 - no secret
    MODEL = "the level held on the model"
    FILTERED = "the answer holds just the models that the caller may read"
    REGISTRY = "the level held on the whole registry"
    TARGET = "the level for the move, and the policy of the target"
    USES = "the level held on the model, and the policies of all targets in use"
    ADMINISTRATOR = "the caller is an administrator"


@dataclass(frozen=True, slots=True)
class GateOperation(Operation[P]):
    """One call of MLflow's registry API.

    Attributes:
        level: the least that is needed; None where the levels say nothing of it.
        checked: how.
    """

    level: Level | None
    checked: Checked


def in_workspace(operation: GateOperation[Any]) -> GateOperation[Any]:
    """Return the operation so that it acts in the workspace that is governed, only."""
    return replace(operation, run=partial(_run_in_workspace, operation.run))


def _run_in_workspace(
    run: Callable[[Call[P]], Answer | HttpResponse], call: Call[P]
) -> Answer | HttpResponse:
    workspace = call.headers.get(_WORKSPACE, "")
    if workspace not in ("", _GOVERNED_WORKSPACE):
        raise ActionError(
            f"Signoff governs MLflow's workspace {_GOVERNED_WORKSPACE!r} only. Leave"
            f" the header {_WORKSPACE} out."
        )
    return run(call)
