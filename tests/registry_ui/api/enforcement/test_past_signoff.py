"""Each change, sent straight to MLflow, comes out as the matrix says."""

import pytest

from registry_ui.api.enforcement.acts import ACTS, Act, MLflowRight
from registry_ui.api.enforcement.matrix import Way, outcome_past
from registry_ui.api.enforcement.outcomes import Outcome
from registry_ui.models import Incident
from tests.mlflow_server import MLflowServer
from tests.registry_ui.api.enforcement.accounts import Account
from tests.registry_ui.api.enforcement.conftest import Grounds
from tests.registry_ui.api.enforcement.trying import (
    by_http,
    events_since,
    position,
    state_of,
    webhook_of,
)

GUARDED = ("guarded", "guarded_and_signed_in")
PREVENTED = Outcome.PREVENTED
APIS = ("/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/")


def test_without_guard_and_sign_in_it_is_noticed_as_the_page_says(
    grounds: Grounds,
) -> None:
    names = grounds.make_all(ACTS)
    place = position()

    for act, name in names.items():
        webhook = webhook_of(grounds.plain, name)
        status, said = by_http(grounds.mlflow.uri, act, name, webhook=webhook)
        assert status == 200, (act.slug, said)

    assert_noticed(grounds, names, place)


@pytest.mark.parametrize("right", MLflowRight, ids=lambda right: right.name.lower())
def test_mlflows_sign_in_prevents_what_the_right_does_not_cover(
    grounds: Grounds, signed_in: MLflowServer, right: MLflowRight
) -> None:
    account = Account(signed_in.uri, right)
    account.create()
    prevented = {
        act for act in ACTS if outcome_past(act, Way.SIGN_IN, right) is PREVENTED
    }
    names = grounds.make_all(act for act in ACTS if act not in prevented)
    shared = grounds.share_out(act for act in ACTS if act in prevented)
    for name in {*names.values(), *shared.values()}:
        account.grant(name)
    place = position()

    for act, name in (shared | names).items():
        before = state_of(grounds.plain, name)
        webhook = webhook_of(grounds.plain, name)
        status, said = by_http(
            signed_in.uri, act, name, webhook=webhook, headers=account.headers
        )

        assert status == (403 if act in prevented else 200), (act.slug, said)
        if act in prevented:
            assert state_of(grounds.plain, name) == before, act.slug

    assert_noticed(grounds, names, place)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("server", GUARDED)
def test_the_guard_prevents_every_change(
    grounds: Grounds, request: pytest.FixtureRequest, server: str, api: str
) -> None:
    uri = request.getfixturevalue(server).uri
    names = grounds.share_out(ACTS)
    headers = Account(uri, MLflowRight.ADMINISTRATOR).headers

    for act, name in names.items():
        before = state_of(grounds.plain, name)
        webhook = webhook_of(grounds.plain, name)
        status, said = by_http(
            uri, act, name, webhook=webhook, headers=headers, api=api
        )

        assert (status, "through Signoff only" in said) == (403, True), act.slug
        assert state_of(grounds.plain, name) == before


def assert_noticed(grounds: Grounds, names: dict[Act, str], place: int) -> None:
    """Assert that a sync notices of each change just what is said of it."""
    grounds.sync()
    for act, name in names.items():
        found = events_since(place, name)
        incidents = Incident.objects.filter(model__name__startswith=name).count()
        assert incidents == (act.past is Outcome.DETECTED), act.slug
        assert bool(found) == (act.past is not Outcome.NOT_SEEN), act.slug
        assert {event.actor_name for event in found} <= {""}
