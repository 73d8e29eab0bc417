"""Who is not signed in, forms that come too late, forms asked for as pages."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import Comment, Level, ModelVersion
from tests.factories import make_model, make_user, make_version

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
SECRETS = {
    "csrfmiddlewaretoken": "csrf-value",
    "seen": "seen-value",
    "secret": "secret-value",
    "authorization": "authorization-value",
    "password": "password-value",
    "old_password": "password-before",
    "new_password1": "password-once",
    "new_password2": "password-twice",
}


@pytest.fixture
def version() -> ModelVersion:
    return make_version(model=make_model(name="churn"))


@pytest.fixture
def person() -> User:
    return make_user(is_superuser=True)


def comment_url(version: ModelVersion) -> str:
    return f"{version.get_absolute_url()}comment/"


def test_a_page_leads_to_the_sign_in_and_back(client: Client) -> None:
    response = client.get("/requests/?show=mine")

    assert response.status_code == 302
    expected = "/account/sign-in/?next=/requests/%3Fshow%3Dmine"
    assert response["Location"] == expected


def test_signing_in_leads_back_to_where_one_wanted(
    client: Client, person: User
) -> None:
    given = {"username": person.get_username(), "password": "secret"}

    response = client.post("/account/sign-in/?next=/requests/", given)

    assert response["Location"] == "/requests/"


@pytest.mark.parametrize("path", ["/account/sign-out/", "/account/tokens/1/revoke/"])
def test_an_address_of_forms_alone_says_so_in_a_page(
    client: Client, person: User, path: str
) -> None:
    client.force_login(person)

    response = client.get(path)

    assert response.status_code == 405
    assert "POST" in response["Allow"]
    page = response.content.decode()
    assert "<h1>This address is no page</h1>" in page
    assert response["Content-Length"] == str(len(response.content))


def test_who_may_not_do_something_is_logged_without_the_trace_of_a_fault(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(make_user())

    response = client.get("/register/")

    assert response.status_code == 403
    (record,) = [one for one in caplog.records if one.name == "django.request"]
    assert record.getMessage() == "Forbidden (Permission denied): /register/"
    assert record.exc_info is None


def test_what_turns_the_direction_of_text_is_seen_but_in_fields(
    client: Client, person: User
) -> None:
    text = "\u202eevil \u2067x\u2069"
    model = make_model(name=text, description=text)
    client.force_login(person)

    page = client.get(model.get_absolute_url()).content.decode()
    form = client.get(f"{model.get_absolute_url()}description/").content.decode()

    assert "[U+202E]evil [U+2067]x[U+2069]</h1>" in page
    assert not {"\u202e", "\u2067", "\u2069"} & set(page)
    assert f"{text}</textarea>" in form.replace(">\n", ">")
    assert "[U+202E]evil" in form


def test_signing_in_never_leads_to_another_site(client: Client, person: User) -> None:
    given = {"username": person.get_username(), "password": "secret"}

    response = client.post("/account/sign-in/?next=https://evil.example/", given)

    assert response["Location"] == "/"


@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_is_told_in_words_and_the_page_stays(
    client: Client, version: ModelVersion, method: str
) -> None:
    send = getattr(client, method)

    response = send(comment_url(version), {"text": "Long words."}, headers=HTMX)

    assert response.status_code == 401
    assert response["Content-Type"].startswith("text/plain")
    assert response.content.decode() == (
        "You are signed out. Sign in in another tab, then send this again."
    )


def test_a_page_of_somebody_who_has_left_sends_nothing(
    client: Client, version: ModelVersion, person: User
) -> None:
    client.force_login(person)
    page = client.get(version.get_absolute_url()).content.decode()
    assert f'"x-page-of": "{person.pk}"' in page
    client.force_login(make_user(full_name="Rui Tanaka", level=Level.CAN_READ))
    headers = {**HTMX, "X-Page-Of": str(person.pk)}

    response = client.post(comment_url(version), {"text": "Words."}, headers=headers)

    assert response.status_code == 409
    assert response.content.decode() == (
        "You are signed in as Rui Tanaka by now, and this page is somebody else's."
        " Nothing was sent."
    )
    assert not Comment.objects.exists()


def test_a_form_sent_without_a_session_gives_back_what_was_typed(
    client: Client, version: ModelVersion
) -> None:
    typed = {"text": "Long <b>words</b>.", "empty": " "}

    response = client.post(comment_url(version), typed | SECRETS)

    page = response.content.decode()
    assert response.status_code == 403
    assert "This form came too late" in page
    assert "Long &lt;b&gt;words&lt;/b&gt;." in page
    assert "Empty" not in page
    assert not Comment.objects.exists()


def test_no_secret_is_given_back(client: Client, version: ModelVersion) -> None:
    response = client.post(comment_url(version), {"text": "Words."} | SECRETS)

    page = response.content.decode()
    assert "Words." in page
    assert not [secret for secret in SECRETS.values() if secret in page]


def test_a_form_with_another_token_gives_back_what_was_typed(
    person: User, version: ModelVersion
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)

    response = client.post(comment_url(version), {"text": "Long words."} | SECRETS)

    page = response.content.decode()
    assert response.status_code == 403
    assert "Long words." in page
    assert not [secret for secret in SECRETS.values() if secret in page]
    assert not Comment.objects.exists()


def test_a_sign_in_with_another_token_does_not_show_the_password() -> None:
    client = Client(enforce_csrf_checks=True)
    given = {"username": "dana", "password": "password-value"}

    response = client.post("/account/sign-in/", given)

    page = response.content.decode()
    assert response.status_code == 403
    assert "dana" in page
    assert "password-value" not in page


def test_the_page_itself_needs_no_sign_in_and_names_nothing(client: Client) -> None:
    page = client.post("/models/churn/versions/1/comment/").content.decode()

    assert "This form came too late" in page
    assert "What you typed" not in page
