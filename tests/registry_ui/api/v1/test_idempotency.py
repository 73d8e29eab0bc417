"""A call that is sent twice with one key happens once."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.actions.kept_answers import KEPT_FOR
from registry_ui.models import Comment, KeptAnswer, ModelVersion, TransitionRequest
from tests.factories import make_transition_request, make_user
from tests.registry_ui.api.conftest import caller
from tests.threads import at_once

URL = "/api/v1/requests"
JSON = "application/json"
ASK = {"model": "churn", "version": 2, "stage": "Production", "comment": "Better."}


def _post(client: Client, body: Any = ASK, path: str = URL, key: str = "k1") -> Any:
    return client.post(path, body, content_type=JSON, headers={"Idempotency-Key": key})


def test_the_same_call_is_answered_as_before_and_done_once(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester)

    first, second = _post(client), _post(client)

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first["Location"] == second["Location"]
    assert first["Content-Type"] == second["Content-Type"]
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert TransitionRequest.objects.count() == 1


def test_an_answer_is_the_same_with_a_key_and_without(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester)

    created = _post(client)

    read = client.get(f"{URL}/{created.json()['number']}")
    assert created.json() == read.json()


def test_a_key_that_stands_for_another_call_is_refused(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester)
    number = _post(client).json()["number"]

    other_body = _post(client, ASK | {"comment": "Much better."})
    other_path = _post(client, {"text": "Why?"}, f"{URL}/{number}/comments")

    for answer in (other_body, other_path):
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("`Idempotency-Key`: 'k1' stands")
    assert not Comment.objects.exists()


def test_what_was_refused_may_be_sent_again_with_its_key(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester)
    refused = _post(client, ASK | {"comment": ""})

    assert refused.status_code == 400
    assert not KeptAnswer.objects.exists()
    assert _post(client).status_code == 201


def test_keys_are_ones_own_and_expire(
    requester: User, reviewer: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate)
    path, text = f"{URL}/{ask.number}/comments", {"text": "Why?"}

    _post(caller(requester), text, path)
    _post(caller(reviewer), text, path)
    for kept in KeptAnswer.objects.all():
        KeptAnswer.objects.filter(pk=kept.pk).update(
            created_at=kept.created_at - KEPT_FOR - timedelta(seconds=1)
        )
    again = _post(caller(requester), text, path)

    assert "Idempotency-Replayed" not in again
    assert Comment.objects.count() == 3


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\tb"])
def test_a_key_that_will_not_do_is_named(candidate: ModelVersion, key: str) -> None:
    answer = _post(caller(make_user(is_superuser=True)), key=key)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("`Idempotency-Key`: send 1 to 255")


@pytest.mark.usefixtures("committed_db")
def test_many_at_once_do_it_once() -> None:
    client = caller(make_user(is_superuser=True))
    path = f"{URL}/{make_transition_request().number}/comments"

    answers: list[Any] = at_once(*[lambda: _post(client, {"text": "Why?"}, path)] * 4)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Comment.objects.count() == 1
