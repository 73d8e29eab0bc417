"""docs/enforcement.md, made of the matrix."""

from collections.abc import Iterator

from registry_ui.api.enforcement.acts import ACTS, Act
from registry_ui.api.enforcement.detours import DETOURS
from registry_ui.api.enforcement.matrix import (
    ROLES,
    Role,
    Way,
    lines_past,
    outcome,
)
from registry_ui.api.enforcement.outcomes import Outcome

_HEAD = """\
# What an installation can and cannot prevent

*Made by `manage.py enforcement` of the matrix in `registry_ui/api/enforcement/`. The
tests try each cell of it against a real MLflow: each change, for each level, on
Signoff's pages and with each client; straight to MLflow, for each right in MLflow; and
each way round.*

Signoff governs what is sent to it. What is sent to MLflow past it can be prevented
there alone: by [the guard](guard.md), or by a network in which only Signoff reaches
MLflow. Else Signoff notices, at its next sweep ([incidents](incidents.md)). The page
`/enforcement/`, to which *Incidents* leads, shows the same for one level at a time,
with what Signoff knows of its own installation.
"""
_THROUGH = """
## Through Signoff

Its pages; MLflow's SDK and curl [at the gate](gate.md); MLflow's own pages
[on Signoff's address](whole-server.md); [Databricks' clients](databricks.md), under
both of their prefixes; a request by [`/api/v1`](api.md), approved by who asked. For
whom a lower level counts than the one named, a change is *prevented*.
"""
_PAST = """
## Straight to MLflow

For everybody who can reach MLflow, whatever they hold in Signoff. The guard prevents
the same beside MLflow's own sign-in, for MLflow's administrators, too. The sign-in
alone (`mlflow server --app-name basic-auth`) goes by what MLflow grants on the model:
whoever holds less than what is named is *prevented*.
"""
_ROUND = """
## Ways round it
"""

# The gate's calls come out alike, whoever sends them.
_HEADS = {
    Way.PAGES: "on Signoff's pages",
    Way.GATE: "SDK, curl, MLflow's pages",
    Way.DATABRICKS: "Databricks' clients",
    Way.API: "`/api/v1`",
}


def document() -> str:
    """Return the whole of docs/enforcement.md."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    yield from _table("outcome", "means")
    yield from (f"| *{one}* | {one.meaning} |" for one in Outcome)
    yield _THROUGH
    ways = (Way.PAGES, Way.GATE, Way.DATABRICKS, Way.API)
    yield from _table("change", *(_HEADS[way] for way in ways))
    for act in ACTS:
        yield f"| {act.words} | {' | '.join(_by_level(act, way) for way in ways)} |"
    yield _PAST
    heads = "with the guard", "with MLflow's own sign-in", "with neither"
    yield from _table("change", "what it does", *heads)
    for line in lines_past():
        cells = (f"{found} {whom}".strip() for _, found, whom in line.cells)
        yield f"| {line.act.words} | {line.act.matters} | {' | '.join(cells)} |"
    yield _ROUND
    yield from _table("what somebody does", "outcome", "why", "what closes the hole")
    for one in DETOURS:
        yield f"| {one.words} | {one.outcome} | {one.why} | {one.remedy} |"
    yield ""


def _table(*heads: str) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"


def _for_whom(role: Role) -> str:
    if role.is_administrator:
        return "for administrators"
    return f"from *{role.label}* on"


def _by_level(act: Act, way: Way) -> str:
    """Say from which level on a change is no longer prevented, and what it is then."""
    for role in ROLES:
        found = outcome(act, way, role)
        if found is None:
            return "no such page" if way is Way.PAGES else "no such call"
        if found is not Outcome.PREVENTED:
            return f"{found} {_for_whom(role)}"
    return "prevented for all"
