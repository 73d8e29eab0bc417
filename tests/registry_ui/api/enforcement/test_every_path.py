"""Each change, sent to Signoff by each client for each role, comes out as it says."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pytest_django import Settings

from registry_ui.api.enforcement.acts import ACTS, Act
from registry_ui.api.enforcement.matrix import MAY_NOT_PROMOTE, ROLES, Role, outcome
from registry_ui.api.enforcement.outcomes import Outcome
from registry_ui.models import Incident
from registry_ui.policies.defaults import default_policy
from tests.registry_ui.api.enforcement.clients import CLIENTS, MAIN_CLIENTS, Trier
from tests.registry_ui.api.enforcement.conftest import Grounds
from tests.registry_ui.api.enforcement.trying import events_since, position, state_of

DONE = {Outcome.ALLOWED, Outcome.HANDED_ON}
MANAGER, ADMINISTRATOR = ROLES[-2:]


def acts_with(wanted: set[Outcome], client: str, role: Role) -> list[Act]:
    return [act for act in ACTS if outcome(act, CLIENTS[client], role) in wanted]


def where(
    wanted: set[Outcome], others: Iterable[Role]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run a test for each client and role that have such cells.

    Args:
        wanted: what comes of them.
        others: the roles for which a way's second client tries it, too.
    """
    cells = [
        pytest.param(client, role, id=f"{client}-{role.slug}")
        for client in CLIENTS
        for role in (ROLES if client in MAIN_CLIENTS else others)
        if acts_with(wanted, client, role)
    ]
    return pytest.mark.parametrize(("client", "role"), cells, indirect=["client"])


@where({Outcome.PREVENTED}, (MAY_NOT_PROMOTE,))
def test_what_is_prevented_changes_nothing(
    grounds: Grounds, client: Trier, role: Role
) -> None:
    names = grounds.share_out(acts_with({Outcome.PREVENTED}, client.name, role))
    person = grounds.person(role)
    place = position()

    for act, name in names.items():
        before = state_of(grounds.plain, name)
        told = client.send(person, act, name)

        assert not told.is_done, act.slug
        assert told.words, act.slug
        assert state_of(grounds.plain, name) == before, act.slug

    grounds.sync()
    assert not Incident.objects.exists()
    assert {event.details.get("through") for event in events_since(place)} <= {None}


@where(DONE, (MANAGER, ADMINISTRATOR))
def test_what_the_level_allows_is_done_and_on_record_by_name(
    grounds: Grounds, client: Trier, role: Role
) -> None:
    names = grounds.make_all(acts_with(DONE, client.name, role))
    person = grounds.person(role)

    for act, name in names.items():
        place = position()
        before = state_of(grounds.plain, name)
        told = client.send(person, act, name)

        assert told.is_done, (act.slug, told)
        about = "" if "webhook" in act.path else name
        actors = {event.actor_name for event in events_since(place, about)}
        changes = state_of(grounds.plain, name) != before
        if outcome(act, client.way, role) is Outcome.ALLOWED:
            assert (changes, actors) == (True, {person.user.username}), act.slug
        else:
            assert (changes, actors) == (False, set()), act.slug

    place = position()
    grounds.sync()
    assert not Incident.objects.exists()
    assert events_since(place) == []


@where({Outcome.BY_POLICY}, (MANAGER,))
def test_what_a_policy_governs_is_refused_or_done_as_it_says(
    grounds: Grounds, settings: Settings, client: Trier, role: Role
) -> None:
    names = grounds.make_all(acts_with({Outcome.BY_POLICY}, client.name, role))
    person = grounds.person(role)

    for act, name in names.items():
        for choice in ("four-eyes", "open"):
            settings.DEFAULT_POLICY = choice
            governing = default_policy(choice, act.target or "stage:Production")
            place = position()
            before = state_of(grounds.plain, name)
            told = client.send(person, act, name)

            assert told.is_done == governing.definition.direct, (act.slug, told)
            assert (state_of(grounds.plain, name) != before) == told.is_done, act.slug
            if told.is_done:
                actors = {one.actor_name for one in events_since(place, name)}
                assert actors == {person.user.username}, act.slug
                break
            assert told.words

    grounds.sync()
    assert not Incident.objects.exists()
