"""`comments/*`: one's own are changed, and what is gone is not there."""

import pytest
from django.contrib.auth.models import User

from registry_ui.models import AuditEvent, Comment, ModelVersion
from tests.factories import make_comment
from tests.registry_ui.api.dialect.conftest import By, caller, message, refusal

AT = "mlflow/comments"
BOTH = ["EDIT_COMMENT", "DELETE_COMMENT"]


def test_a_comment_lives_from_create_to_delete(
    by: By, reader: User, candidate: ModelVersion
) -> None:
    calls = by(reader)

    made = calls.call(
        "POST", f"{AT}/create", name="churn", version="2", comment="Which data?"
    )["comment"]
    changed = calls.call("PATCH", f"{AT}/update", id=made["id"], comment="Whose data?")
    gone = calls.query("DELETE", f"{AT}/delete", id=made["id"])

    assert made["creation_timestamp"] == made.pop("last_updated_timestamp")
    assert made == {
        "id": str(Comment.objects.get().pk),
        "activity_type": "NEW_COMMENT",
        "user_id": "rosa",
        "comment": "Which data?",
        "creation_timestamp": made["creation_timestamp"],
        "available_actions": BOTH,
    }
    assert changed["comment"]["comment"] == "Whose data?"
    assert (
        changed["comment"]["last_updated_timestamp"]
        > changed["comment"]["creation_timestamp"]
    )
    assert gone == {}
    told = AuditEvent.objects.order_by("position").values_list("type", flat=True)
    assert [one for one in told if one.startswith("comment.")] == [
        "comment.created",
        "comment.updated",
        "comment.deleted",
    ]


def test_a_manager_deletes_what_somebody_else_wrote(
    manager: User, candidate: ModelVersion
) -> None:
    comment = make_comment(version=candidate)

    assert caller(manager).call("DELETE", f"{AT}/delete", id=str(comment.pk)) == {}


def test_what_somebody_else_wrote_is_theirs(
    reviewer: User, manager: User, candidate: ModelVersion
) -> None:
    comment = make_comment(version=candidate)
    given = {"id": str(comment.pk)}

    answers = [
        caller(manager).send("PATCH", f"{AT}/update", **given, comment="Mine."),
        caller(reviewer).send("PATCH", f"{AT}/update", **given, comment="Mine."),
        caller(reviewer).send("DELETE", f"{AT}/delete", **given),
    ]

    assert {refusal(one) for one in answers} == {(403, "PERMISSION_DENIED")}
    comment.refresh_from_db()
    assert comment.text == "Which data?"


def test_what_one_may_not_read_answers_like_what_is_not_there(
    stranger: User, manager: User, candidate: ModelVersion
) -> None:
    comment = make_comment(version=candidate)
    hidden = caller(stranger)

    answers = [
        hidden.send("POST", f"{AT}/create", name="churn", version="2", comment="Hi."),
        hidden.send("PATCH", f"{AT}/update", id=str(comment.pk), comment="Hi."),
        hidden.send("DELETE", f"{AT}/delete", id=str(comment.pk)),
        caller(manager).send("DELETE", f"{AT}/delete", id=str(comment.pk + 1)),
    ]

    assert {refusal(one) for one in answers} == {(404, "RESOURCE_DOES_NOT_EXIST")}
    assert message(answers[2]).replace(str(comment.pk), str(comment.pk + 1)) == message(
        answers[3]
    )


@pytest.mark.parametrize("nonsense", ["", "abc", "²", "-1", "9" * 30, "0", "1.5"])
def test_an_id_that_can_be_none_is_not_found(
    nonsense: str, manager: User, candidate: ModelVersion
) -> None:
    answer = caller(manager).send("DELETE", f"{AT}/delete", id=nonsense)

    assert refusal(answer) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_comment_is_deleted_once(manager: User, candidate: ModelVersion) -> None:
    calls, comment = caller(manager), make_comment(version=candidate)
    calls.call("DELETE", f"{AT}/delete", id=str(comment.pk))

    again = calls.send("DELETE", f"{AT}/delete", id=str(comment.pk))

    assert refusal(again) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    ("text", "said"), [(" ", "`comment`: This is empty"), ("x" * 65_536, "fit")]
)
def test_a_text_has_a_length(
    text: str, said: str, reader: User, candidate: ModelVersion
) -> None:
    answer = caller(reader).send(
        "POST", f"{AT}/create", name="churn", version="2", comment=text
    )

    assert refusal(answer) == (400, "INVALID_PARAMETER_VALUE")
    assert said in message(answer)
