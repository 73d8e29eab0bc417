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


def test_tokens_are_read_page_by_page(client: Client, admin: User) -> None:
    for number in range(120):
        make_token(user=admin, name=f"t{number}")
    make_token(user=make_user(username="dana"), name="hers")

    first = client.get("/tokens/")
    second = client.get(f"/tokens/{first.context['links'].next}")
    third = client.get(f"/tokens/{second.context['links'].next}")
    back = client.get(f"/tokens/{third.context['links'].previous}")

    pages = [
        [row.token.name for row in one.context["tokens"]]
        for one in (first, second, third, back)
    ]
    assert pages[0] + pages[1] + pages[2] == [
        "hers",
        *(f"t{number}" for number in reversed(range(120))),
    ]
    assert pages[3] == pages[1]
    assert third.context["links"].next == ""
    assert "121 tokens" in first.content.decode()


def test_a_search_goes_on_over_pages(client: Client, admin: User) -> None:
    dana = make_user(username="dana")
    for _ in range(60):
        make_token(user=dana)
        make_token(user=admin)

    first = client.get("/tokens/?q=dana")
    second = client.get(f"/tokens/{first.context['links'].next}")

    shown = [*first.context["tokens"], *second.context["tokens"]]
    assert len(shown) == 60
    assert {row.token.user for row in shown} == {dana}
    assert 'value="dana"' in second.content.decode()


def test_revoking_leads_back_to_the_same_page(client: Client, admin: User) -> None:
    tokens = [make_token(user=admin)[0] for _ in range(60)]
    first = client.get("/tokens/?q=ada")
    where = f"/tokens/{first.context['links'].next}"
    action = f"/tokens/{tokens[0].pk}/revoke/{first.context['links'].next}"

    page = client.get(where).content.decode()
    response = client.post(action)

    assert f'action="{action.replace("&", "&amp;")}"' in page
    assert response["Location"] == where


@pytest.mark.parametrize("edge", ["after=x", "after=" + "9" * 30, "before=-1", "q="])
def test_an_address_that_names_no_place_shows_the_first_page(
    client: Client, admin: User, edge: str
) -> None:
    make_token(user=admin, name="mine")

    page = client.get(f"/tokens/?{edge}", follow=True).content.decode()

    assert "mine" in page


def test_the_page_takes_the_same_queries_for_few_and_many(
    client: Client, admin: User
) -> None:
    make_token(user=make_user())
    few = query_count(client, "/tokens/")
    for _ in range(19):
        make_token(user=make_user())

    assert query_count(client, "/tokens/") == few
