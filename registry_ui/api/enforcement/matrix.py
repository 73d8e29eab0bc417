"""Every change of the registry, each way to make it, and what comes of it for whom.

The tests try each cell; the page and docs/enforcement.md are made of it. What the gate
needs for a change stands in its own table, and is looked up there.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from registry_ui import permissions
from registry_ui.api.enforcement.acts import ACTS, Act, MLflowRight
from registry_ui.api.enforcement.outcomes import Outcome
from registry_ui.api.gateway.operations import Checked, GateOperation
from registry_ui.api.gateway.table import OPERATIONS
from registry_ui.models import NO_LEVEL, Level, Stage


class Way(StrEnum):
    """Where a change is sent."""

    PAGES = "pages"
    GATE = "gate"
    BROWSER = "browser"
    DATABRICKS = "databricks"
    API = "api"
    GUARDED = "guarded"
    SIGN_IN = "sign-in"
    DIRECT = "direct"

    @property
    def label(self) -> str:
        """Return what a person would call it."""
        return _LABELS[self]


_LABELS = {
    Way.PAGES: "Signoff's pages",
    Way.GATE: "MLflow's SDK or curl",
    Way.BROWSER: "MLflow's pages",
    Way.DATABRICKS: "Databricks' clients",
    Way.API: "/api/v1",
    Way.GUARDED: "With the guard",
    Way.SIGN_IN: "With basic-auth",
    Way.DIRECT: "With neither",
}
THROUGH_SIGNOFF = (Way.PAGES, Way.GATE, Way.BROWSER, Way.DATABRICKS, Way.API)
"""Where it is Signoff that decides, by what somebody holds there."""
PAST_SIGNOFF = (Way.GUARDED, Way.SIGN_IN, Way.DIRECT)
"""Straight to MLflow, which knows nothing of Signoff's levels."""


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody holds in Signoff.

    Attributes:
        slug: of addresses.
        level: on the model, or on the whole registry where that is asked for.
    """

    slug: str
    label: str
    level: int
    is_administrator: bool = False


ROLES = (
    Role("no-permissions", "No permissions", NO_LEVEL),
    *(
        Role(level.name.lower().replace("_", "-"), level.label, level)
        for level in Level
    ),
    Role("administrator", "Administrator", Level.CAN_MANAGE, is_administrator=True),
)
MAY_NOT_PROMOTE = next(role for role in ROLES if role.level == Level.CAN_EDIT)
"""Who changes most without being allowed to change what serves."""


def outcome(act: Act, way: Way, role: Role) -> Outcome | None:
    """Return what comes of a change sent to Signoff; None: there is no such way."""
    match way:
        case Way.PAGES:
            return _on_pages(act, role)
        case Way.DATABRICKS if not act.in_databricks:
            return None
        case Way.API if not act.in_api:
            return None
        case _:
            return _at_the_gate(act, role)


def outcome_past(act: Act, way: Way, right: MLflowRight) -> Outcome:
    """Return what comes of a change sent straight to MLflow.

    Args:
        act: the change.
        way: of `PAST_SIGNOFF`.
        right: what MLflow grants, where it asks who is there.
    """
    if way is Way.GUARDED:
        return Outcome.PREVENTED
    rights = list(MLflowRight)
    if way is Way.SIGN_IN and rights.index(right) < rights.index(act.needs):
        return Outcome.PREVENTED
    return act.past


def _at_the_gate(act: Act, role: Role) -> Outcome:
    operation = operation_of(act)
    if operation.checked is Checked.ADMINISTRATOR:
        if not role.is_administrator:
            return Outcome.PREVENTED
        return Outcome.ALLOWED if act.changes else Outcome.HANDED_ON
    if act.makes_prompt or role.level < level_for(act):
        return Outcome.PREVENTED
    if operation.checked is Checked.TARGET or (
        operation.checked is Checked.USES and act.serves
    ):
        return Outcome.BY_POLICY
    return Outcome.ALLOWED


def _on_pages(act: Act, role: Role) -> Outcome | None:
    if not act.has_page:
        return None
    if operation_of(act).checked is Checked.USES and act.serves:
        return Outcome.PREVENTED
    return _at_the_gate(act, role)


def operation_of(act: Act) -> GateOperation[Any]:
    """Return the row of the gate's table that serves a change."""
    return _operations()[act.method, act.path]


def level_for(act: Act) -> int:
    """Return the least level that the gate wants for a change."""
    if act.target:
        return permissions.level_to_decide(from_stage=Stage.NONE, target=act.target)
    return operation_of(act).level or NO_LEVEL


@cache
def _operations() -> dict[tuple[str, str], GateOperation[Any]]:
    return {(row.method, row.path): row for row in OPERATIONS}


@dataclass(frozen=True, slots=True)
class Line:
    """One change with what comes of it, a way.

    Attributes:
        cells: the way, the outcome (None: no such way), and for whom where it is not
            for all.
    """

    act: Act
    cells: tuple[tuple[Way, Outcome | None, str], ...]


def lines_for(role: Role) -> list[Line]:
    """Return what Signoff makes of each change for one role."""
    return [
        Line(act, tuple((way, outcome(act, way, role), "") for way in THROUGH_SIGNOFF))
        for act in ACTS
    ]


def lines_past() -> list[Line]:
    """Return what comes of each change past Signoff, for those whom MLflow lets."""
    return [Line(act, tuple(_past(act, way) for way in PAST_SIGNOFF)) for act in ACTS]


def _past(act: Act, way: Way) -> tuple[Way, Outcome, str]:
    for_whom = str(act.needs) if way is Way.SIGN_IN else ""
    return way, outcome_past(act, way, act.needs), for_whom
