"""Every change of the registry, each way to make it, and what comes of it for whom.

The tests try each cell; the page and docs/enforcement.md are made of it. What the gate
needs for a change stands in its own table, and is looked up there.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from registry_ui import permissions
from registry_ui.api.enforcement.acts import ACTS, Act, Outcome
from registry_ui.api.gateway.operations import Checked, GateOperation
from registry_ui.api.gateway.table import OPERATIONS
from registry_ui.models import NO_LEVEL, Level, Stage


class Way(StrEnum):
    """Where a change is sent."""

    PAGES = "pages"
    GATE = "gate"
    BROWSER = "browser"
    GUARDED = "guarded"
    DIRECT = "direct"

    @property
    def label(self) -> str:
        """Return what a person would call it."""
        return _LABELS[self]


_LABELS = {
    Way.PAGES: "Signoff's pages",
    Way.GATE: "SDK or curl, to Signoff",
    Way.BROWSER: "MLflow's pages, through Signoff",
    Way.GUARDED: "Straight to MLflow, with the guard",
    Way.DIRECT: "Straight to MLflow, without",
}


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
    """Return what comes of a change; None where there is no such way."""
    match way:
        case Way.DIRECT:
            return act.past
        case Way.GUARDED:
            return Outcome.PREVENTED
        case Way.PAGES:
            return _on_pages(act, role)
        case Way.GATE | Way.BROWSER:
            return _at_the_gate(act, role)


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
    """One change with what comes of it, a way."""

    act: Act
    outcomes: tuple[tuple[Way, Outcome | None], ...]


def lines_for(role: Role) -> list[Line]:
    """Return the matrix as it is for one role."""
    return [
        Line(act, tuple((way, outcome(act, way, role)) for way in Way)) for act in ACTS
    ]
