"""Whom policies exclude from approving, for one request or many at once. Reads only."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from django.contrib.auth.models import User
from django.db.models import Q

from registry_ui.events import EventType
from registry_ui.models import AuditEvent, Check, Evidence, TransitionRequest
from registry_ui.policies import Excluded, Policy

PoliciesByNumber = Mapping[int, Policy]
"""The policies that govern requests, by the requests' numbers."""
ASKED = "asked for this"

_Requests = Sequence[TransitionRequest]
_Found = Iterator[tuple[int, int | str, str]]
"""A request's number, a person's primary key or user name, and why."""


def excluded_people(
    requests: _Requests,
    policies: PoliciesByNumber,
    people: Collection[User] | None = None,
    checks: Iterable[Check] | None = None,
) -> dict[int, dict[int, str]]:
    """Return whom each request's policy excludes.

    Args:
        requests: with version and model.
        policies: that govern them.
        people: just these are looked for by name; None: everybody.
        checks: on the versions, where they were read already or were others then.

    Returns:
        Why people are excluded ("asked for this"), by primary key, by request.
    """
    found = list(
        _check_reporters(
            _excluding(Excluded.CHECK_REPORTERS, requests, policies), policies, checks
        )
    )
    found += [
        one
        for kind, find in _FOUND_BY.items()
        if (governed := _excluding(kind, requests, policies))
        for one in find(governed)
    ]
    names = {who for _, who, _ in found if isinstance(who, str)}
    called = _people_called(names, people)
    excluded: dict[int, dict[int, str]] = {one.pk: {} for one in requests}
    for number, who, why in found:
        pks = called[who.casefold()] if isinstance(who, str) else [who]
        excluded[number] |= dict.fromkeys(pks, why)
    return excluded


def _excluding(
    kind: Excluded, requests: _Requests, policies: PoliciesByNumber
) -> list[TransitionRequest]:
    return [one for one in requests if kind in policies[one.pk].definition.excluded]


def _people_called(
    names: Collection[str], people: Iterable[User] | None
) -> Mapping[str, Sequence[int]]:
    """Return who has each name, whatever case MLflow has; names in small letters."""
    if people is None:
        wanted = Q(pk__in=())
        for name in names:
            wanted |= Q(username__iexact=name)
        people = User.objects.filter(wanted).only("username") if names else ()
    found = defaultdict(list)
    for one in people:
        found[one.username.casefold()].append(one.pk)
    return found


def _requesters(requests: _Requests) -> _Found:
    return ((one.pk, one.requested_by_id, ASKED) for one in requests)


def _check_reporters(
    requests: _Requests, policies: PoliciesByNumber, checks: Iterable[Check] | None
) -> _Found:
    """Find who reported the checks that the policy asks for, and no others."""
    if checks is None:
        versions = {one.version_id for one in requests}
        rows = Check.objects.filter(version__in=versions) if versions else ()
        checks = rows
    for check in checks:
        for one in requests:
            names = {rule.name for rule in policies[one.pk].definition.checks}
            if one.version_id == check.version_id and check.name in names:
                yield one.pk, check.reported_by_id, f"reported the check {check.name}"


def _creators(requests: _Requests) -> _Found:
    """Find who registered the versions, as far as it was done through Signoff."""
    events = AuditEvent.objects.filter(
        type=EventType.MODEL_VERSION_CREATED,
        model_pk__in={one.version.model_id for one in requests},
        version_number__in={one.version.number for one in requests},
    ).order_by()
    names = defaultdict(list)
    for model, number, name in events.values_list(
        "model_pk", "version_number", "actor_name"
    ):
        if name:
            names[model, number].append(name)
    for one in requests:
        for name in names[one.version.model_id, one.version.number]:
            yield one.pk, name, "registered the version"


def _run_users(requests: _Requests) -> _Found:
    versions = {one.version_id for one in requests}
    evidence = Evidence.objects.filter(version__in=versions).exclude(run_user="")
    names = dict(evidence.values_list("version", "run_user"))
    for one in requests:
        if name := names.get(one.version_id):
            yield one.pk, name, "ran the version's run"


_FOUND_BY: Mapping[Excluded, Callable[[_Requests], _Found]] = {
    Excluded.VERSION_CREATOR: _creators,
    Excluded.RUN_USER: _run_users,
    Excluded.REQUESTER: _requesters,
}
"""What finds them otherwise; of several reasons the last one is told."""
