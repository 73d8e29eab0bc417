"""One's own tokens over REST: listed, made no stronger, revoked."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from registry_ui.actions.tokens import find_token
from registry_ui.models import ApiToken, AuditEvent, Scope
from tests.factories import make_token, make_user
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/tokens"
JSON = "application/json"
ASKED = {"name": "nightly", "scopes": ["check", "read"], "days": 30}


def make(client: Client, **changes: Any) -> Any:
    return client.post(URL, {**ASKED, **changes}, content_type=JSON)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


def test_a_token_is_made_shown_once_and_works(requester: User) -> None:
    client = caller(requester)

    answer = make(client)

    made = answer.json()
    token = find_token(made["secret"])
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    assert token is not None
    assert (token.user, token.scopes) == (requester, ["read", "check"])
    assert (made["id"], made["prefix"]) == (token.pk, token.prefix)
    listed = client.get(URL)
    maker = ApiToken.objects.get(name="ci")
    found = [(one["id"], one["made_with"]) for one in listed.json()["tokens"]]
    assert found == [(token.pk, maker.prefix), (maker.pk, "")]
    assert made["secret"] not in listed.content.decode()
    event = AuditEvent.objects.filter(type="api_token.created").order_by("position")
    assert event.last().details["made_with"] == maker.prefix  # type: ignore[union-attr] # there is one


def test_no_key_makes_the_second_call_the_first(requester: User) -> None:
    headers = {"Idempotency-Key": "8e03978e"}

    answer = caller(requester).post(URL, ASKED, content_type=JSON, headers=headers)

    assert refusal(answer)[0] == 400
    assert "revoke the token" in refusal(answer)[1]
    assert not ApiToken.objects.filter(name="nightly").exists()


def test_the_list_is_ones_own_and_paged(requester: User) -> None:
    make_token(user=make_user(), name="theirs")
    for number in range(3):
        make_token(user=requester, name=f"t{number}", days=number + 1)
    client = caller(requester, [Scope.READ])

    first = client.get(URL, {"limit": 3}).json()
    second = client.get(URL, {"cursor": first["next_cursor"]}).json()

    names = [one["name"] for one in first["tokens"] + second["tokens"]]
    assert names == ["ci", "t2", "t1", "t0"]
    assert second["next_cursor"] is None
    assert first["tokens"][0]["used_at"]
    assert client.get(URL, {"nmae": "x"}).status_code == 400


def test_a_token_makes_none_that_is_stronger(requester: User) -> None:
    _, secret = make_token(
        user=requester, days=10, scopes=[Scope.READ, Scope.CHECK, Scope.ADMIN]
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    wider = refusal(make(client, scopes=["read", "review"], days=5))
    longer = refusal(make(client, days=11))
    louder = refusal(make(client, days=5, opens_requests=True))
    as_long = make(client, days=None)

    assert wider[0] == longer[0] == louder[0] == 403
    assert "scopes that it lacks: review." in wider[1]
    assert "works longer than itself" in longer[1]
    assert "opens no requests" in louder[1]
    ends = ApiToken.objects.get(pk=as_long.json()["id"]).expires_at
    assert ends == ApiToken.objects.get(name="ci").expires_at
    assert ApiToken.objects.count() == 2


def test_a_child_of_a_token_is_held_to_the_same(requester: User) -> None:
    child = make(caller(requester), scopes=["read", "admin"]).json()
    client = Client(headers={"Authorization": f"Bearer {child['secret']}"})

    assert make(client, scopes=["request"]).status_code == 403
    assert make(client, scopes=["read"], days=31).status_code == 403
    assert make(client, scopes=["read"], days=29).status_code == 201


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "a name of 1 to 100 characters"),
        ({"scopes": []}, "one or more of the scopes"),
        ({"scopes": ["all"]}, "`scopes"),
        ({"days": 0}, "`days`"),
        ({"days": 3651}, "`days`"),
        ({"owner": "ada"}, "`owner`"),
    ],
)
def test_bad_input_is_refused_with_the_reason(
    requester: User, changes: dict[str, Any], words: str
) -> None:
    status, message = refusal(make(caller(requester), **changes))

    assert status == 400
    assert words in message
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("scope", [one for one in Scope if one != Scope.ADMIN])
def test_making_and_revoking_take_the_scope(requester: User, scope: Scope) -> None:
    client = caller(requester, [scope])
    token = ApiToken.objects.get()

    assert make(client, scopes=[scope.value]).status_code == 403
    assert client.delete(f"{URL}/{token.pk}").status_code == 403
    assert ApiToken.objects.filter(revoked_at=None).get() == token


def test_a_token_is_revoked_also_the_calling_one(requester: User) -> None:
    other, secret = make_token(user=requester, name="old")
    client = caller(requester)
    own = ApiToken.objects.get(name="ci")

    revoked = client.delete(f"{URL}/{other.pk}")
    again = client.delete(f"{URL}/{other.pk}")
    itself = client.delete(f"{URL}/{own.pk}")

    assert revoked.status_code == again.status_code == itself.status_code == 204
    assert find_token(secret) is None
    assert client.get(URL).status_code == 401
    assert AuditEvent.objects.filter(type="api_token.revoked").count() == 2


def test_nobody_revokes_what_is_not_theirs(requester: User) -> None:
    theirs, secret = make_token(user=make_user())

    for who in (requester, make_user(is_superuser=True)):
        answer = caller(who).delete(f"{URL}/{theirs.pk}")
        assert refusal(answer) == (404, f"You have no token {theirs.pk}.")
    assert find_token(secret) == theirs


def test_a_session_makes_any_and_needs_its_csrf_token(requester: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(requester)
    refused = make(browser, scopes=list(Scope))
    browser.get("/account/")
    mark = browser.cookies["csrftoken"].value

    made = browser.post(
        URL,
        {**ASKED, "scopes": list(Scope), "days": None},
        content_type=JSON,
        headers={"X-CSRFToken": mark},
    )

    assert refused.status_code == 403
    assert made.status_code == 201
    token = ApiToken.objects.get()
    assert (token.scopes, token.expires_at) == (list(Scope), None)


def test_an_expired_token_is_listed_and_makes_nothing(requester: User) -> None:
    _, secret = make_token(user=requester, name="gone")
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    gone = Client(headers={"Authorization": f"Bearer {secret}"})

    assert make(gone).status_code == 401
    assert [one["name"] for one in caller(requester).get(URL).json()["tokens"]] == [
        "ci",
        "gone",
    ]
