"""Each cell of the matrix is tried, and comes out as the page says."""

import pytest
from django.conf import settings
from pytest_django import Settings

from registry_ui.api.enforcement.acts import ACTS, Act, Outcome
from registry_ui.api.enforcement.matrix import (
    MAY_NOT_PROMOTE,
    ROLES,
    Role,
    Way,
    outcome,
)
from registry_ui.models import AuditEvent, Incident
from registry_ui.policies.defaults import default_policy
from tests.registry_ui.api.enforcement.conftest import Grounds, Person
from tests.registry_ui.api.enforcement.trying import (
    by_http,
    by_sdk,
    on_page,
    state_of,
    webhook_of,
)

AJAX = "/ajax-api/2.0/mlflow/"
REFUSALS = {400, 403, 404, 409, 422}
EDITOR = MAY_NOT_PROMOTE
MANAGER, ADMINISTRATOR = ROLES[-2:]


def acts_with(wanted: Outcome, way: Way, role: Role) -> list[Act]:
    return [act for act in ACTS if outcome(act, way, role) is wanted]


def position() -> int:
    return AuditEvent.objects.count()


def events_since(before: int, name: str = "") -> list[AuditEvent]:
    found = AuditEvent.objects.order_by("position")[before:]
    return [event for event in found if event.model_name.startswith(name)]


def send(
    grounds: Grounds, act: Act, name: str, person: Person, way: Way
) -> list[tuple[int, str]]:
    """Try a change by each client of a way; return what they are told."""
    webhook = webhook_of(grounds.plain, name)
    if way is Way.PAGES:
        return [(on_page(person.browser, act, name), "")]
    if way is Way.GATE:
        told = by_sdk(person.sdk, act, name)
        by_curl = by_http(
            grounds.address, act, name, webhook=webhook, headers=person.headers
        )
        return [(400 if told else 200, told), by_curl]
    cookie = person.browser.cookies[settings.SESSION_COOKIE_NAME].value
    headers = {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}",
        "Sec-Fetch-Site": "same-origin",
    }
    address = grounds.address
    return [by_http(address, act, name, webhook=webhook, headers=headers, api=AJAX)]


@pytest.mark.parametrize("way", [Way.PAGES, Way.GATE, Way.BROWSER])
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.slug)
def test_what_is_prevented_changes_nothing(
    grounds: Grounds, role: Role, way: Way
) -> None:
    names = grounds.share_out(acts_with(Outcome.PREVENTED, way, role))
    person = grounds.person(role)
    place = position()

    for act, name in names.items():
        before = state_of(grounds.plain, name)
        told = send(grounds, act, name, person, way)

        assert state_of(grounds.plain, name) == before, act.slug
        if way is not Way.PAGES:
            assert {status for status, _ in told} <= REFUSALS, (act.slug, told)
            assert all(said for _, said in told), act.slug
        else:
            assert told[0][0] in REFUSALS | {302}, (act.slug, told)

    grounds.sync()
    assert not Incident.objects.exists()
    assert {event.details.get("through") for event in events_since(place)} <= {None}


@pytest.mark.parametrize("client", ["sdk", "curl", "browser"])
@pytest.mark.parametrize(
    "role", [EDITOR, MANAGER, ADMINISTRATOR], ids=lambda role: role.slug
)
def test_what_the_level_allows_is_done_and_on_record_by_name(
    grounds: Grounds, role: Role, client: str
) -> None:
    names = grounds.make_all(acts_with(Outcome.ALLOWED, Way.GATE, role))
    person = grounds.person(role)

    for act, name in names.items():
        place = position()
        if client == "sdk":
            assert by_sdk(person.sdk, act, name) == "", act.slug
        elif client == "curl":
            webhook, headers = webhook_of(grounds.plain, name), person.headers
            status, said = by_http(
                grounds.address, act, name, webhook=webhook, headers=headers
            )
            assert status == 200, (act.slug, said)
        else:
            told = send(grounds, act, name, person, Way.BROWSER)
            assert told[0][0] == 200, (act.slug, told)
        about = "" if "webhook" in act.path else name
        actors = {event.actor_name for event in events_since(place, about)}
        assert actors == {person.user.username}, act.slug

    place = position()
    grounds.sync()
    assert not Incident.objects.exists()
    assert events_since(place) == []


@pytest.mark.parametrize("choice", ["four-eyes", "open"])
def test_what_a_policy_governs_is_refused_or_done_as_it_says(
    grounds: Grounds, settings: Settings, choice: str
) -> None:
    settings.DEFAULT_POLICY = choice
    acts = acts_with(Outcome.BY_POLICY, Way.GATE, MANAGER)
    names = grounds.make_all(acts)
    person = grounds.person(MANAGER)

    for act, name in names.items():
        place = position()
        before = state_of(grounds.plain, name)
        status, said = by_http(grounds.address, act, name, headers=person.headers)

        is_direct = default_policy(choice, act.target or "stage:Production")
        assert (status == 200) == is_direct.definition.direct, (act.slug, said)
        if status == 200:
            assert state_of(grounds.plain, name) != before
            actors = {one.actor_name for one in events_since(place, name)}
            assert actors == {person.user.username}, act.slug
        else:
            assert state_of(grounds.plain, name) == before
            assert status in REFUSALS
            assert said
    grounds.sync()
    assert not Incident.objects.exists()


def test_what_is_sent_straight_to_mlflow_is_noticed_as_the_page_says(
    grounds: Grounds,
) -> None:
    names = grounds.make_all(ACTS)
    place = position()

    for act, name in names.items():
        webhook = webhook_of(grounds.plain, name)
        status, said = by_http(grounds.mlflow.uri, act, name, webhook=webhook)
        assert status == 200, (act.slug, said)
    grounds.sync()

    for act, name in names.items():
        found = events_since(place, name)
        incidents = Incident.objects.filter(model__name__startswith=name).count()
        assert incidents == (act.past is Outcome.DETECTED), act.slug
        assert bool(found) == (act.past is not Outcome.NOT_SEEN), act.slug
        assert {event.actor_name for event in found} <= {""}
