"""What proves that a browser's call comes from a page of ours; what a proxy is told."""

from base64 import b64encode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.actions.failed_tokens import MOST_FAILURES
from registry_ui.models import Scope
from tests.factories import make_token, make_user

CREATE = "ajax-api/2.0/mlflow/registered-models/create"
ASKED = "/api/forward-auth"
PROOFS = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": settings.ORIGIN},
]
NO_PROOFS = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": settings.ORIGIN},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": settings.ORIGIN.replace("http", "https")},
    {"Origin": f"{settings.ORIGIN}1"},
    {"Origin": f"{settings.ORIGIN}.example.com"},
    {"Origin": "https://example.com"},
    {"Referer": f"{settings.ORIGIN}/mlflow/"},
]


@pytest.fixture
def browser() -> Client:
    """An administrator's, with a session and without a token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(is_superuser=True))
    return client


def _create(
    client: Client, headers: dict[str, str], prefix: str = "/"
) -> tuple[int, str]:
    """Register a model without a name: 400 for those who come so far."""
    answer = client.post(
        f"{prefix}{CREATE}", {}, content_type="application/json", headers=headers
    )
    return answer.status_code, answer.json()["error_code"]


@pytest.mark.parametrize("headers", PROOFS, ids=str)
def test_a_page_of_our_origin_may_change(
    db: None, browser: Client, headers: dict[str, str]
) -> None:
    assert _create(browser, headers) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("headers", NO_PROOFS, ids=str)
def test_a_cookie_alone_changes_nothing(
    db: None, browser: Client, headers: dict[str, str]
) -> None:
    assert _create(browser, headers) == (403, "PERMISSION_DENIED")


def test_the_refusal_says_what_is_missing(db: None, browser: Client) -> None:
    answer = browser.post(f"/{CREATE}", {}, content_type="application/json")

    message = answer.json()["message"]
    assert "`Sec-Fetch-Site` must be `same-origin`" in message
    assert f"`Origin` must be `{settings.ORIGIN}`" in message


def test_a_csrf_token_does_as_well(db: None, browser: Client) -> None:
    browser.get("/account/")
    token = browser.cookies["csrftoken"].value

    assert _create(browser, {"X-CSRFToken": token})[0] == 400


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/mlflow/registered-models/create",
        "/api/2.0/preview/mlflow/registered-models/create",
        "/api/2.0/mlflow/transition-requests/create",
        "/api/v1/requests",
    ],
)
def test_where_no_page_calls_the_origin_is_no_proof(
    db: None, browser: Client, path: str
) -> None:
    answer = browser.post(
        path,
        {},
        content_type="application/json",
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    assert answer.status_code == 403


def test_a_token_needs_no_origin(db: None) -> None:
    _, secret = make_token(user=make_user(is_superuser=True), scopes=list(Scope))
    headers = {"Authorization": f"Bearer {secret}", "Sec-Fetch-Site": "cross-site"}

    assert _create(Client(enforce_csrf_checks=True), headers)[0] == 400


def test_a_read_needs_no_proof(db: None, browser: Client) -> None:
    path = f"/{CREATE}".replace("create", "get")

    answer = browser.get(path, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 400  # without a name


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_proxy_hears_204_for_whoever_is_signed_in(
    db: None, browser: Client, method: str
) -> None:
    answer = browser.get(ASKED, headers={"X-Forwarded-Method": method})

    assert (answer.status_code, answer.content) == (200, b"")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
@pytest.mark.parametrize("headers", NO_PROOFS, ids=str)
def test_a_proxy_hears_403_for_a_change_by_a_cookie_alone(
    db: None, browser: Client, method: str, headers: dict[str, str]
) -> None:
    headers = {"X-Forwarded-Method": method, **headers}

    assert browser.get(ASKED, headers=headers).status_code == 403


@pytest.mark.parametrize("headers", PROOFS, ids=str)
def test_a_proxy_hears_204_for_a_change_from_our_pages(
    db: None, browser: Client, headers: dict[str, str]
) -> None:
    headers = {"X-Forwarded-Method": "POST", **headers}

    assert browser.get(ASKED, headers=headers).status_code == 200


def test_envoy_asks_with_the_method_and_the_path_themselves(
    db: None, browser: Client
) -> None:
    path = f"{ASKED}/mlflow/ajax-api/2.0/mlflow/runs/update"
    proof = {"Sec-Fetch-Site": "same-origin"}

    assert browser.post(path).status_code == 403
    assert browser.post(path, headers=proof).status_code == 200
    assert browser.get(path).status_code == 200


def test_a_proxy_hears_401_for_a_stranger(db: None) -> None:
    assert Client().get(ASKED).status_code == 401
    headers = {"X-Forwarded-Method": "POST", "Sec-Fetch-Site": "same-origin"}
    assert Client().get(ASKED, headers=headers).status_code == 401


def test_a_proxy_hears_of_tokens_too(requester: User) -> None:
    _, secret = make_token(user=requester)
    pair = b64encode(f"any:{secret}".encode()).decode()

    for said in (f"Bearer {secret}", f"Basic {pair}"):
        headers = {"Authorization": said, "X-Forwarded-Method": "POST"}
        assert Client().get(ASKED, headers=headers).status_code == 200
    assert Client().get(ASKED, headers={"Authorization": "Bearer x"}).status_code == 401


def test_a_proxy_hears_403_where_too_many_tokens_failed(db: None) -> None:
    client = Client(headers={"Authorization": "Bearer wrong"})
    found = {client.get(ASKED).status_code for _ in range(MOST_FAILURES + 1)}

    assert found == {401, 403}
