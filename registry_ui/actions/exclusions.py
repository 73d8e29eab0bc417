"""Whom policies exclude from approving, for many requests at once. Reads only."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from django.contrib.auth.models import User

from registry_ui.events import EventType
from registry_ui.models import AuditEvent, Check, Evidence, TransitionRequest
from registry_ui.policies import Excluded, Policy

PoliciesByNumber = Mapping[int, Policy]
"""The policies that govern requests, by the requests' numbers."""
_Requests = Sequence[TransitionRequest]
_Pairs = Iterable[tuple[int, int]]
"""A request's number and a person's primary key, many times."""


def excluded_people(
    requests: _Requests, policies: PoliciesByNumber, people: Collection[User]
) -> dict[int, dict[int, str]]:
    """Return which of the people each request's policy excludes, and as what.

    Args:
        requests: with version and model.
        policies: that govern them.
        people: anybody else is not looked for, but for the requesters.

    Returns:
        Primary keys of people and the `Excluded` that fits, by the request's number.
    """
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for kind, pairs in _FOUND_BY.items():
        of_kind = [
            one for one in requests if kind in policies[one.pk].definition.excluded
        ]
        if of_kind:
            for number, person in pairs(of_kind, people, policies):
                found[number][person] = kind.value
    return found


def _requesters(
    requests: _Requests, _: Collection[User], __: PoliciesByNumber
) -> _Pairs:
    return [(one.pk, one.requested_by_id) for one in requests]


def _check_reporters(
    requests: _Requests, people: Collection[User], policies: PoliciesByNumber
) -> _Pairs:
    checks = Check.objects.filter(
        version__in={one.version_id for one in requests}, reported_by__in=people
    ).order_by()
    for version, name, person in checks.values_list("version", "name", "reported_by"):
        for one in requests:
            rules = policies[one.pk].definition.checks
            if one.version_id == version and any(rule.name == name for rule in rules):
                yield one.pk, person


def _creators(
    requests: _Requests, people: Collection[User], _: PoliciesByNumber
) -> _Pairs:
    events = AuditEvent.objects.filter(
        type=EventType.MODEL_VERSION_CREATED,
        model_pk__in={one.version.model_id for one in requests},
        version_number__in={one.version.number for one in requests},
    ).order_by()
    names = defaultdict(list)
    for model, number, name in events.values_list(
        "model_pk", "version_number", "actor_name"
    ):
        names[model, number].append(name)
    for one in requests:
        for name in names[one.version.model_id, one.version.number]:
            yield from ((one.pk, person) for person in _called(name, people))


def _run_users(
    requests: _Requests, people: Collection[User], _: PoliciesByNumber
) -> _Pairs:
    versions = {one.version_id for one in requests}
    evidence = Evidence.objects.filter(version__in=versions)
    names = dict(evidence.values_list("version", "run_user"))
    for one in requests:
        name = names.get(one.version_id, "")
        yield from ((one.pk, person) for person in _called(name, people))


def _called(name: str, people: Iterable[User]) -> Iterable[int]:
    """Return who has that user name, whatever case MLflow has."""
    return (one.pk for one in people if one.username.casefold() == name.casefold())


_FOUND_BY: Mapping[
    Excluded, Callable[[_Requests, Collection[User], PoliciesByNumber], _Pairs]
] = {
    Excluded.CHECK_REPORTERS: _check_reporters,
    Excluded.VERSION_CREATOR: _creators,
    Excluded.RUN_USER: _run_users,
    Excluded.REQUESTER: _requesters,
}
"""What finds those whom a policy excludes."""
