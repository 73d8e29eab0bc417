"""Who calls: tokens in both forms, and the browser's session."""

from base64 import b64encode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.actions.failed_tokens import MOST_FAILURES
from registry_ui.actions.tokens import revoke_token
from registry_ui.models import Level, ModelVersion, TransitionRequest
from tests.factories import make_token, make_user
from tests.registry_ui.api.conftest import caller

LIST = "/api/v1/requests"


def _ask(candidate: ModelVersion) -> dict[str, object]:
    return {
        "model": candidate.model.name,
        "version": candidate.number,
        "stage": "Production",
        "comment": "Better.",
    }


def _basic(password: str) -> dict[str, str]:
    pair = b64encode(f"anybody:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def test_a_call_without_credentials_is_refused_in_json(db: None) -> None:
    answer = Client().get(LIST)

    assert answer.status_code == 401
    assert answer.json()["error_code"] == "UNAUTHENTICATED"
    assert "Authorization: Bearer" in answer.json()["message"]
    assert answer["WWW-Authenticate"] == 'Bearer realm="Signoff"'


def test_a_change_without_credentials_is_told_about_tokens(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        LIST, {}, content_type="application/json"
    )

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "Bearer signoff_no-such-token",
        "Bearer ",
        "Bearer",
        "Basic bm90LWEtcGFpcg==",
        "Basic !!!",
        "Digest x",
        "Bearer ÿ",
    ],
)
def test_a_bad_token_is_refused(db: None, header: str) -> None:
    answer = Client(headers={"Authorization": header}).get(LIST)

    assert answer.status_code == 401


def test_a_token_works_as_password_of_basic(requester: User) -> None:
    _, secret = make_token(user=requester)

    assert Client(headers=_basic(secret)).get(LIST).status_code == 200
    assert Client(headers=_basic("secret")).get(LIST).status_code == 401


def test_a_revoked_token_is_refused(requester: User) -> None:
    token, secret = make_token(user=requester)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get(LIST).status_code == 200

    revoke_token(token, actor=requester)

    assert client.get(LIST).status_code == 401


def test_an_expired_token_is_refused(requester: User) -> None:
    token, secret = make_token(user=requester, days=1)
    token.expires_at = token.created_at
    token.save(update_fields=["expires_at"])

    client = Client(headers={"Authorization": f"Bearer {secret}"})

    assert client.get(LIST).status_code == 401


def test_the_token_of_somebody_who_left_is_refused(requester: User) -> None:
    client = caller(requester)
    requester.is_active = False
    requester.save(update_fields=["is_active"])

    assert client.get(LIST).status_code == 401


def test_a_session_reads_without_a_token(requester: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(requester)

    assert client.get(LIST).status_code == 200


def test_a_session_changes_nothing_without_the_csrf_token(
    requester: User, candidate: ModelVersion
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(requester)

    answer = client.post(LIST, _ask(candidate), content_type="application/json")

    assert answer.status_code == 403
    assert answer.json()["error_code"] == "PERMISSION_DENIED"
    assert "X-CSRFToken" in answer.json()["message"]
    assert not TransitionRequest.objects.exists()


def test_a_session_with_the_csrf_token_changes_things(
    requester: User, candidate: ModelVersion
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(requester)
    client.cookies["csrftoken"] = secret = "c" * 32

    answer = client.post(
        LIST,
        _ask(candidate),
        content_type="application/json",
        headers={"X-CSRFToken": secret},
    )

    assert answer.status_code == 201


def test_a_token_needs_no_csrf_token(requester: User, candidate: ModelVersion) -> None:
    _, secret = make_token(user=requester)
    client = Client(enforce_csrf_checks=True)

    answer = client.post(
        LIST,
        _ask(candidate),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )

    assert answer.status_code == 201


def test_a_bad_token_is_refused_whatever_session_comes_with_it(
    requester: User,
) -> None:
    client = Client(headers={"Authorization": "Bearer nonsense"})
    client.force_login(requester)

    assert client.get(LIST).status_code == 401


def test_a_token_acts_for_its_owner_and_not_for_the_session(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester)
    client.force_login(make_user(level=Level.CAN_READ))

    answer = client.post(LIST, _ask(candidate), content_type="application/json")

    assert answer.json()["requested_by"] == "rita"


def test_too_many_bad_tokens_are_told_to_wait_and_a_valid_one_is_not(
    requester: User,
) -> None:
    bad = Client(headers={"Authorization": "Bearer nonsense"})
    for _ in range(MOST_FAILURES):
        assert bad.get(LIST).status_code == 401

    answer = bad.get(LIST)

    assert answer.status_code == 429
    assert answer.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    assert 1 <= int(answer["Retry-After"]) <= 3600
    assert caller(requester).get(LIST).status_code == 200


def test_below_databricks_prefix_no_client_tries_a_bad_token_again(db: None) -> None:
    bad = Client(headers={"Authorization": "Bearer nonsense"})
    webhooks = "/api/2.0/mlflow/registry-webhooks/list"

    statuses = [bad.get(webhooks).status_code for _ in range(MOST_FAILURES + 1)]

    assert statuses == [401] * MOST_FAILURES + [400]
