"""The administrators' page of tokens and service accounts."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.actions.tokens import find_token
from registry_ui.models import ApiToken, AuditEvent
from tests.factories import make_token, make_user
from tests.registry_ui.views.reading import HTMX, query_count

pytestmark = pytest.mark.django_db

ASKED = {"account": "ci-bot", "name": "nightly", "days": "30", "scopes": ["check"]}


@pytest.fixture
def admin(client: Client) -> User:
    """Return an administrator; the client is theirs."""
    user = make_user(username="ada", is_superuser=True)
    client.force_login(user)
    return user


def page_of(client: Client, query: str = "") -> str:
    response = client.get(f"/tokens/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_everybodys_tokens_are_listed_and_found(client: Client, admin: User) -> None:
    make_token(user=make_user(username="dana"), name="<b>hers</b>")
    make_token(user=make_user(username="rui"), name="his")

    assert "&lt;b&gt;hers&lt;/b&gt;" in page_of(client)
    assert "his" in page_of(client)
    found = page_of(client, "?q=DAN")
    assert "hers" in found
    assert ">his<" not in found
    assert "Nothing matches" in page_of(client, "?q=nobody")


def test_a_token_of_a_new_service_account_is_shown_once_and_works(
    client: Client, admin: User
) -> None:
    response = client.post("/tokens/", ASKED)

    secret = response.context["secret"]
    assert response.status_code == 201
    assert "no-store" in response["Cache-Control"]
    assert secret in response.content.decode()
    assert secret not in page_of(client)
    token = find_token(secret)
    assert token is not None
    assert (token.user.get_username(), token.scopes) == ("ci-bot", ["check"])
    events = AuditEvent.objects.order_by("position")
    assert [event.type for event in events] == ["user.created", "api_token.created"]
    assert {event.actor_name for event in events} == {"ada"}


def test_a_token_that_opens_requests_says_so(client: Client, admin: User) -> None:
    client.post("/tokens/", {**ASKED, "opens_requests": "on"})

    assert ApiToken.objects.get().opens_requests
    assert "opens requests" in page_of(client)


def test_a_service_account_gets_several_tokens(client: Client, admin: User) -> None:
    client.post("/tokens/", ASKED, headers=HTMX)
    client.post("/tokens/", ASKED, headers=HTMX)

    assert ApiToken.objects.filter(user__username="ci-bot").count() == 2
    assert page_of(client).count("Service</span>") == 2


def test_a_service_account_does_not_sign_in_on_the_page(
    client: Client, admin: User
) -> None:
    client.post("/tokens/", ASKED)
    bot = User.objects.get(username="ci-bot")
    assert not bot.has_usable_password()
    bot.set_password("given-by-mistake")
    bot.save()
    typed = {"username": "ci-bot", "password": "given-by-mistake"}

    response = Client().post("/account/sign-in/", typed)

    assert response.status_code == 200
    assert "signs in with API tokens alone" in response.content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"account": "ada"}, "ada is a person"),
        ({"account": "gone"}, "gone is not active"),
        ({"account": "no spaces"}, "Enter a valid username"),
        ({"scopes": []}, "Choose at least one"),
        ({"days": "4000"}, "less than or equal to 3650"),
    ],
)
def test_what_cannot_be_is_refused_and_makes_no_account(
    client: Client, admin: User, wrong: dict[str, object], words: str
) -> None:
    client.post("/tokens/", {**ASKED, "account": "gone"})
    User.objects.filter(username="gone").update(is_active=False)

    response = client.post("/tokens/", {**ASKED, **wrong})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not User.objects.filter(username="ci-bot").exists()


def test_an_administrator_revokes_anybodys(client: Client, admin: User) -> None:
    token, secret = make_token(user=make_user(username="dana"), name="hers")

    response = client.post(f"/tokens/{token.pk}/revoke/", follow=True)

    assert "The token hers of dana works no longer." in response.content.decode()
    assert find_token(secret) is None


def test_the_page_takes_the_same_queries_for_few_and_many(
    client: Client, admin: User
) -> None:
    make_token(user=make_user())
    few = query_count(client, "/tokens/")
    for _ in range(19):
        make_token(user=make_user())

    assert query_count(client, "/tokens/") == few
