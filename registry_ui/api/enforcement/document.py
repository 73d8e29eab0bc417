"""docs/enforcement.md, made of the matrix."""

from collections.abc import Iterator

from registry_ui.api.enforcement.acts import ACTS, DETOURS, Act, Outcome
from registry_ui.api.enforcement.matrix import ROLES, Role, Way, outcome

_HEAD = """\
# What an installation can and cannot prevent

*Made by `manage.py enforcement` of the matrix in `registry_ui/api/enforcement/`, which
the tests try against a real MLflow: what is prevented for each level, what is allowed
with curl, MLflow's SDK and a browser, what is sent straight to MLflow, and each way
round.*

Signoff governs what is sent to it. What is sent to MLflow past it can be prevented
there alone: by [the guard](guard.md), or by a network in which only Signoff reaches
MLflow. Else Signoff notices, at its next sweep ([incidents](incidents.md)). The page
`/enforcement/`, to which *Incidents* leads, shows the same for one level at a time,
with what Signoff knows of its own installation.
"""
_THROUGH = """
## Through Signoff

Its pages; MLflow's SDK and curl [at the gate](gate.md); MLflow's own pages
[on Signoff's address](whole-server.md). For whom a lower level counts than the one
named, a change is *prevented*. [Databricks' calls](databricks.md) and
[`/api/v1`](api.md) move by the same rules, and have tests of their own.
"""
_PAST = """
## Straight to MLflow

For everybody who can reach MLflow, whatever they hold in Signoff; with MLflow's own
sign-in, for everybody whom that lets write.
"""
_ROUND = """
## Ways round it
"""


def document() -> str:
    """Return the whole of docs/enforcement.md."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    yield from _table("outcome", "means")
    yield from (f"| *{one}* | {one.meaning} |" for one in Outcome)
    yield _THROUGH
    yield from _table("change", "on Signoff's pages", "SDK, curl, MLflow's pages")
    for act in ACTS:
        pages, gate = _by_level(act, Way.PAGES), _by_level(act, Way.GATE)
        yield f"| {act.words} | {pages} | {gate} |"
    yield _PAST
    with_guard, without = "with the guard", "without"
    yield from _table("change", "what it does", with_guard, without)
    for act in ACTS:
        guarded, direct = outcome(act, Way.GUARDED, ROLES[0]), act.past
        yield f"| {act.words} | {act.matters} | {guarded} | {direct} |"
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
            return "no such page"
        if found is not Outcome.PREVENTED:
            return f"{found} {_for_whom(role)}"
    return "prevented for all"
