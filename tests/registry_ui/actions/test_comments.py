"""Writing, editing and deleting comments."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from registry_ui.actions.comments import create_comment, delete_comment, edit_comment
from registry_ui.actions.metadata import StaleTextError, digest_of
from registry_ui.errors import ActionError
from registry_ui.models import AuditEvent, Comment, Level, ModelPermission, ModelVersion
from tests.factories import grant, make_transition_request, make_user, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> ModelVersion:
    return make_version()


@pytest.fixture
def author(version: ModelVersion) -> User:
    user = make_user(username="dana")
    grant(user, Level.CAN_READ, version.model)
    return user


@pytest.fixture
def comment(version: ModelVersion, author: User) -> Comment:
    request = make_transition_request(version=version)
    return create_comment(version, "Which data?", actor=author, request=request)


def last_event() -> AuditEvent:
    return AuditEvent.objects.latest("position")


# --- Writing ------------------------------------------------------------------------


def test_a_comment_is_stored_and_on_record(comment: Comment) -> None:
    event = last_event()

    assert (comment.text, comment.edited_at) == ("Which data?", None)
    assert event.type == "comment.created"
    assert event.request_number == comment.request_id
    assert event.details["comment_id"] == comment.pk
    assert event.details["comment"] == "Which data?"


def test_line_ends_of_browsers_become_plain(
    version: ModelVersion, author: User
) -> None:
    assert create_comment(version, " a\r\nb\r\n", actor=author).text == "a\nb"


def test_who_may_not_read_the_model_does_not_comment(version: ModelVersion) -> None:
    with pytest.raises(PermissionDenied):
        create_comment(version, "hi", actor=make_user())


# --- Editing ------------------------------------------------------------------------


def test_an_edited_comment_says_the_new_text_and_the_record_both(
    comment: Comment, author: User
) -> None:
    edited = edit_comment(comment, "Which *holdout* data?", actor=author)

    event = last_event()
    comment.refresh_from_db()
    assert comment.text == edited.text == "Which *holdout* data?"
    assert comment.edited_at is not None
    assert event.type == "comment.updated"
    assert event.request_number == comment.request_id
    assert event.details["comment_id"] == comment.pk
    assert event.details["before"] == "Which data?"
    assert event.details["comment"] == "Which *holdout* data?"


def test_storing_the_same_text_changes_nothing(comment: Comment, author: User) -> None:
    edit_comment(comment, " Which data?\r\n", seen="", actor=author)

    comment.refresh_from_db()
    assert comment.edited_at is None
    assert last_event().type == "comment.created"


@pytest.mark.parametrize("level", [Level.CAN_READ, Level.CAN_MANAGE])
def test_nobody_but_the_author_edits(comment: Comment, level: Level) -> None:
    with pytest.raises(PermissionDenied):
        edit_comment(comment, "I never said this.", actor=make_user(level=level))


def test_an_author_who_lost_the_model_neither_edits_nor_deletes(
    comment: Comment,
) -> None:
    ModelPermission.objects.all().delete()
    author = User.objects.get(username="dana")

    with pytest.raises(PermissionDenied):
        edit_comment(comment, "More.", actor=author)
    with pytest.raises(PermissionDenied):
        delete_comment(comment, actor=author)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" \n", "Write something"),
        ("\u200b\u2060\u00ad\u3164\u2800", "Write something"),
        ("x" * 70_000, "65,535 fit"),
    ],
)
def test_an_empty_or_endless_text_is_refused(
    comment: Comment, author: User, text: str, reason: str
) -> None:
    with pytest.raises(ActionError, match=reason):
        edit_comment(comment, text, actor=author)


def test_of_two_tabs_the_second_is_told_of_the_first(
    comment: Comment, author: User
) -> None:
    seen = digest_of(comment.text)
    edit_comment(comment, "First tab.", seen=seen, actor=author)

    with pytest.raises(StaleTextError):
        edit_comment(comment, "Second tab.", seen=seen, actor=author)

    comment.refresh_from_db()
    assert comment.text == "First tab."


# --- Deleting -----------------------------------------------------------------------


def test_a_deleted_comment_says_only_who_deleted_it(
    comment: Comment, author: User
) -> None:
    delete_comment(comment, actor=author)

    event = last_event()
    comment.refresh_from_db()
    assert (comment.text, comment.deleted_by) == ("", author)
    assert comment.deleted_at is not None
    assert event.type == "comment.deleted"
    assert event.details == {"comment_id": comment.pk, "author": "dana"}
    assert AuditEvent.objects.filter(body__contains="Which data?").count() == 1


def test_who_manages_the_model_deletes_too(comment: Comment) -> None:
    manager = make_user()
    grant(manager, Level.CAN_MANAGE, comment.version.model)

    assert delete_comment(comment, actor=manager).deleted_by == manager


def test_others_do_not_delete(comment: Comment) -> None:
    level = Level.CAN_MANAGE_PRODUCTION_VERSIONS

    with pytest.raises(PermissionDenied):
        delete_comment(comment, actor=make_user(level=level))


def test_deleting_twice_is_deleting_once(comment: Comment, author: User) -> None:
    delete_comment(comment, actor=author)
    delete_comment(comment, actor=make_user(level=Level.CAN_MANAGE))

    comment.refresh_from_db()
    assert comment.deleted_by == author
    assert AuditEvent.objects.filter(type="comment.deleted").count() == 1


def test_what_is_deleted_is_not_edited(comment: Comment, author: User) -> None:
    delete_comment(comment, actor=author)

    with pytest.raises(ActionError, match="was deleted"):
        edit_comment(comment, "But.", actor=author)


def test_the_database_keeps_no_text_of_a_deleted_comment(comment: Comment) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.update(deleted_at=comment.created_at)
