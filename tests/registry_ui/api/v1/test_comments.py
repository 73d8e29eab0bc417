"""The discussion of a request over REST."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import AuditEvent, Comment, Level, TransitionRequest
from tests.factories import make_comment, make_transition_request, make_user
from tests.registry_ui.api.conftest import caller

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def author() -> User:
    return make_user(username="dana", level=Level.CAN_READ)


@pytest.fixture
def ask() -> TransitionRequest:
    return make_transition_request()


@pytest.fixture
def comment(ask: TransitionRequest, author: User) -> Comment:
    return make_comment(version=ask.version, request=ask, author=author)


def listed(client: Client, ask: TransitionRequest) -> Any:
    """Return the discussion, which the request's own answer holds as well."""
    address = f"/api/v1/requests/{ask.number}"
    comments = client.get(f"{address}/comments").json()["comments"]
    assert client.get(address).json()["comments"] == comments
    return comments


def patch(client: Client, comment: Comment, text: str) -> Any:
    address = f"/api/v1/comments/{comment.pk}"
    return client.patch(address, {"text": text}, content_type=JSON)


def delete(client: Client, comment: Comment) -> Any:
    return client.delete(f"/api/v1/comments/{comment.pk}")


def test_the_discussion_is_listed_oldest_first(
    ask: TransitionRequest, comment: Comment, author: User
) -> None:
    make_comment(version=ask.version, request=ask, text="The second.")
    make_comment(version=ask.version, text="Of the version alone.")

    comments = listed(caller(author), ask)

    assert [item["text"] for item in comments] == ["Which data?", "The second."]
    assert (comments[0]["id"], comments[0]["author"]) == (comment.pk, "dana")
    assert comments[0]["edited_at"] is None


def test_its_author_edits_a_comment(
    ask: TransitionRequest, comment: Comment, author: User
) -> None:
    client = caller(author)

    answer = patch(client, comment, "Which holdout?")

    assert answer.status_code == 200
    assert answer.json()["text"] == "Which holdout?"
    assert answer.json()["edited_at"]
    assert listed(client, ask) == [answer.json()]
    assert AuditEvent.objects.get(type="comment.updated").actor_name == "dana"


@pytest.mark.parametrize(
    ("text", "reason"), [(" ", "Write something first."), ("x" * 70_000, "65,535 fit")]
)
def test_a_text_that_will_not_do_is_refused(
    comment: Comment, author: User, text: str, reason: str
) -> None:
    answer = patch(caller(author), comment, text)

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert reason in answer.json()["message"]


def test_a_deleted_comment_is_gone_from_all_answers(
    ask: TransitionRequest, comment: Comment, author: User
) -> None:
    client = caller(author)

    answer = delete(client, comment)

    assert (answer.status_code, answer.content) == (204, b"")
    assert listed(client, ask) == []
    for again in (patch(client, comment, "But."), delete(client, comment)):
        assert again.status_code == 404
        assert again.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_who_manages_the_model_deletes_and_does_not_edit(comment: Comment) -> None:
    client = caller(make_user(level=Level.CAN_MANAGE))

    assert patch(client, comment, "I never said this.").status_code == 403
    assert delete(client, comment).status_code == 204


def test_others_do_neither(comment: Comment) -> None:
    client = caller(make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS))

    for answer in (patch(client, comment, "Mine."), delete(client, comment)):
        assert answer.status_code == 403
        assert answer.json()["error_code"] == "PERMISSION_DENIED"


def test_what_one_may_not_read_is_not_there(
    ask: TransitionRequest, comment: Comment
) -> None:
    client = caller(make_user())

    answers = [patch(client, comment, "Mine."), delete(client, comment)]
    answers.append(client.get(f"/api/v1/requests/{ask.number}/comments"))

    assert [answer.status_code for answer in answers] == [404, 404, 404]
