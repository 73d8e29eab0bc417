"""Who calls, over REST."""

from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import Level, Scope
from tests.factories import grant, make_model, make_token, make_user
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/account"


def test_a_token_tells_its_owner_and_scopes(requester: User) -> None:
    token, secret = make_token(user=requester, scopes=[Scope.READ])

    found = Client(headers={"Authorization": f"Bearer {secret}"}).get(URL).json()

    assert found["username"] == requester.get_username()
    assert found["full_name"] == requester.get_full_name()
    assert (found["is_administrator"], found["level"]) == (False, "CAN_EDIT")
    assert found["token"] == {
        "name": token.name,
        "prefix": token.prefix,
        "scopes": ["read"],
        "expires_at": None,
    }
    assert secret not in str(found)


def test_a_session_has_no_token_and_levels_on_single_models_do_not_count(
    db: None,
) -> None:
    stan = make_user(username="stan")
    grant(stan, Level.CAN_MANAGE, make_model(name="churn"))
    browser = Client()
    browser.force_login(stan)

    found = browser.get(URL).json()

    assert (found["level"], found["token"]) == (None, None)


def test_an_administrator_is_told_so(db: None) -> None:
    found = caller(make_user(username="ada", is_superuser=True)).get(URL).json()

    assert (found["is_administrator"], found["level"]) == (True, "CAN_MANAGE")
