"""The user's own page and their API tokens."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from registry_ui.actions.tokens import create_token, find_token
from registry_ui.models import ApiToken, Level
from tests.factories import grant, make_model, make_token, make_user
from tests.registry_ui.views.reading import HTMX, query_count

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(client: Client) -> User:
    """Return somebody without any level; the client is theirs."""
    user = make_user(username="dana", full_name="Dana Okafor")
    client.force_login(user)
    return user


def account(client: Client) -> str:
    response = client.get("/account/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_says_who_i_am_and_what_i_may_do(client: Client, dana: User) -> None:
    risk = Group.objects.create(name="risk")
    dana.groups.add(risk)
    grant(dana, Level.CAN_READ)
    grant(risk, Level.CAN_MANAGE, make_model(name="churn"))

    page = account(client)

    for words in ("Dana Okafor", "Can Read", "All models", "Can Manage", "churn"):
        assert words in page
    assert "through the group risk" in page


def test_without_a_level_the_page_says_whom_to_ask(client: Client, dana: User) -> None:
    assert "Ask an administrator" in account(client)


def test_a_new_token_is_shown_once_and_works(client: Client, dana: User) -> None:
    response = client.post(
        "/account/tokens/",
        {"name": "CI of churn", "days": "30", "scopes": ["read", "check"]},
    )

    context = response.context
    assert response.status_code == 201
    assert "no-store" in response["Cache-Control"]
    assert context["secret"] in response.content.decode()
    found = find_token(context["secret"])
    assert found is not None
    assert found.user == dana
    assert found.scopes == ["read", "check"]
    assert context["secret"] not in account(client)


def test_htmx_gets_the_tokens_alone(client: Client, dana: User) -> None:
    response = client.post(
        "/account/tokens/", {"name": "ci", "scopes": "read"}, headers=HTMX
    )

    page = response.content.decode()
    assert page.lstrip().startswith('<div class="stack" id="tokens"')
    shown = re.search(r"signoff_[\w-]{43}", page)
    assert shown is not None
    assert find_token(shown[0]) is not None


@pytest.mark.parametrize(
    "typed",
    [
        {"name": " "},
        {"name": "x" * 101},
        {"name": "ci", "days": "0"},
        {"name": "ci", "scopes": "write"},
    ],
)
def test_a_token_that_will_not_do_is_refused_beside_the_form(
    client: Client, dana: User, typed: dict[str, str]
) -> None:
    response = client.post("/account/tokens/", {"scopes": "read", **typed})

    assert response.status_code == 422
    assert 'class="errorlist"' in response.content.decode()
    assert not ApiToken.objects.exists()


def test_reading_the_address_of_tokens_leads_to_the_account(
    client: Client, dana: User
) -> None:
    assert client.get("/account/tokens/")["Location"] == "/account/"


def test_a_revoked_token_works_no_longer(client: Client, dana: User) -> None:
    token, secret = make_token(user=dana, name="<b>old</b>")

    response = client.post(f"/account/tokens/{token.pk}/revoke/", follow=True)

    page = response.content.decode()
    assert "&lt;b&gt;old&lt;/b&gt; works no longer." in page
    assert "Revoked" in page
    assert find_token(secret) is None


def test_a_token_is_not_revoked_by_a_link(client: Client, dana: User) -> None:
    token, _ = make_token(user=dana)

    assert client.get(f"/account/tokens/{token.pk}/revoke/").status_code == 405


def test_somebody_elses_token_is_not_there(client: Client, dana: User) -> None:
    token, secret = make_token(user=make_user(), name="theirs")

    response = client.post(f"/account/tokens/{token.pk}/revoke/")

    assert response.status_code == 404
    assert find_token(secret) is not None
    assert "theirs" not in account(client)


def test_the_page_takes_the_same_queries_for_few_and_many(
    client: Client, dana: User
) -> None:
    def add(count: int) -> None:
        for _ in range(count):
            make_token(user=dana)
            grant(dana, Level.CAN_READ, make_model())

    add(1)
    few = query_count(client, "/account/")
    add(19)

    assert query_count(client, "/account/") == few


def test_my_tokens_are_read_page_by_page(client: Client, dana: User) -> None:
    for number in range(120):
        make_token(user=dana, name=f"t{number}")
    make_token(user=make_user(), name="theirs")

    first = client.get("/account/")
    second = client.get(f"/account/{first.context['links'].next}")
    third = client.get(f"/account/{second.context['links'].next}")
    back = client.get(f"/account/{third.context['links'].previous}")

    pages = [
        [row.token.name for row in one.context["tokens"]]
        for one in (first, second, third, back)
    ]
    assert [len(page) for page in pages] == [50, 50, 20, 50]
    assert pages[0] + pages[1] + pages[2] == [f"t{n}" for n in reversed(range(120))]
    assert pages[3] == pages[1]
    assert "120 tokens" in first.content.decode()


def test_revoking_leads_back_to_the_same_page(client: Client, dana: User) -> None:
    tokens = [make_token(user=dana)[0] for _ in range(60)]
    query = client.get("/account/").context["links"].next
    action = f"/account/tokens/{tokens[0].pk}/revoke/{query}"

    page = client.get(f"/account/{query}").content.decode()
    response = client.post(action)

    assert f'action="{action}"' in page
    assert response["Location"] == f"/account/{query}"


def test_the_pages_of_a_list_that_came_with_a_new_token_lead_to_the_account(
    client: Client, dana: User
) -> None:
    for _ in range(60):
        make_token(user=dana)
    form = {"name": "ci", "days": "30", "scopes": ["read"]}
    made = client.post("/account/tokens/", form)

    response = client.get(f"/account/tokens/{made.context['links'].next}")

    assert made.status_code == 201
    assert response["Location"] == f"/account/{made.context['links'].next}"


def test_a_token_says_which_token_made_it(client: Client, dana: User) -> None:
    maker, _ = make_token(user=dana, name="maker")
    create_token(dana, actor=dana, name="child", days=None, within=maker)

    assert account(client).count("made with maker") == 1


def test_a_token_that_ends_soon_is_warned_of(client: Client, dana: User) -> None:
    make_token(user=dana, name="long", days=90)
    assert "Ends soon" not in account(client)

    make_token(user=dana, name="short", days=13)

    assert account(client).count("Ends soon") == 1


def test_a_token_says_what_it_is_good_for_and_where_it_was_used(
    client: Client, dana: User
) -> None:
    _, secret = make_token(user=dana, scopes=["read", "check"])
    find_token(secret, address="192.0.2.7")

    page = account(client)

    assert "read, check" in page
    assert "192.0.2.0/24" in page
    assert "192.0.2.7" not in page
