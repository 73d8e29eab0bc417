"""Gates that the clock opens: waiting time, freeze windows; and when things expire."""

from collections.abc import Iterable
from datetime import datetime

from registry_ui.gates.facts import Gate, GateFacts, Verdict
from registry_ui.policies import PolicyDefinition, format_duration


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
    return Gate(
        name,
        Verdict.WAITING,
        f"The policy gives people {length} to look.",
        f"Wait until {_written(until)}.",
    )


def _freeze(now: datetime, rules: PolicyDefinition) -> Gate:
    name = "Freeze"
    ends = [(end, freeze) for freeze in rules.freezes if (end := freeze.until(now))]
    if not ends:
        return Gate(name, Verdict.PASSED, "No freeze lasts now.")
    end, freeze = max(ends, key=lambda one: one[0])
    why = f": {freeze.reason}" if freeze.reason else ""
    return Gate(
        name,
        Verdict.WAITING,
        f"Nothing is approved until {_written(end)}{why}.",
        f"Wait until {_written(end)}.",
    )


def expires_at(rules: PolicyDefinition, asked_at: datetime) -> datetime | None:
    """Return when an open request expires; None: never."""
    lasts = rules.requests_expire_after
    return asked_at + lasts if lasts is not None else None


def _written(instant: datetime) -> str:
    zone = instant.tzname() or "UTC"
    return f"{instant:%d %b %Y, %H:%M} {zone}"
