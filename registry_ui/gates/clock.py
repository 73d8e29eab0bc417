"""Gates that the clock opens: waiting time, freeze windows; and when things expire."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from registry_ui.gates.facts import Gate, GateFacts, Verdict
from registry_ui.gates.remedies import Act, Remedy
from registry_ui.policies import Freeze, PolicyDefinition, format_duration

_MOST_IN_A_ROW = 400
"""Freezes of which each begins before the last one ends: more than a year of days."""


def clock_gates(facts: GateFacts) -> Iterable[Gate]:
    """Judge the waiting time and the freezes."""
    rules = facts.policy.definition
    if rules.waiting_time is not None:
        yield _waiting(facts.now, facts.asked_at + rules.waiting_time, rules)
    if rules.freezes:
        yield _freeze(facts.now, rules)


def _waiting(now: datetime, until: datetime, rules: PolicyDefinition) -> Gate:
    name = "Waiting time"
    length = format_duration(rules.waiting_time) if rules.waiting_time else ""
    if now >= until:
        return Gate(name, Verdict.PASSED, f"{length} have passed since it was asked.")
    said = f"The policy gives people {length} to look."
    return Gate(name, Verdict.WAITING, said, _wait(until))


def _freeze(now: datetime, rules: PolicyDefinition) -> Gate:
    name = "Freeze"
    ends = [(end, freeze) for freeze in rules.freezes if (end := freeze.until(now))]
    if not ends:
        return Gate(name, Verdict.PASSED, "No freeze lasts now.")
    _, longest = max(ends, key=lambda one: one[0].timestamp())
    why = f": {longest.reason}" if longest.reason else ""
    end = _end_of_freezes(now, rules.freezes)
    if end is None:
        return Gate(
            name,
            Verdict.WAITING,
            f"Nothing is approved, as one freeze follows another without end{why}.",
            Remedy(
                act=Act.CHANGE_POLICY, text="Let the policy's freezes leave some time."
            ),
        )
    said = f"Nothing is approved until {_written(end)}{why}."
    return Gate(name, Verdict.WAITING, said, _wait(end))


def _end_of_freezes(now: datetime, freezes: Sequence[Freeze]) -> datetime | None:
    """Return when no freeze lasts any more; None: they go on for ever.

    One over midnight is two windows, of which the second begins as the first one ends.
    """
    instant = now
    for _ in range(_MOST_IN_A_ROW):
        ends = [end for freeze in freezes if (end := freeze.until(instant))]
        if not ends:
            return instant
        instant = max(ends, key=datetime.timestamp)
    return None


def _wait(until: datetime) -> Remedy:
    return Remedy(act=Act.WAIT, text=f"Wait until {_written(until)}.", until=until)


def expires_at(rules: PolicyDefinition, asked_at: datetime) -> datetime | None:
    """Return when an open request expires; None: never."""
    lasts = rules.requests_expire_after
    return asked_at + lasts if lasts is not None else None


def _written(instant: datetime) -> str:
    zone = instant.tzname() or "UTC"
    return f"{instant:%d %b %Y, %H:%M} {zone}"
