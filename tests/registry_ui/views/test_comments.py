"""Comments on the pages of versions and requests, edited and deleted (comments.py)."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from registry_ui.actions.comments import create_comment, delete_comment, edit_comment
from registry_ui.actions.metadata import digest_of
from registry_ui.actions.reviews import review_request
from registry_ui.models import (
    COMMENT_LENGTH,
    AuditEvent,
    Comment,
    Level,
    Review,
    TransitionRequest,
)
from tests.factories import make_alias, make_comment, make_user
from tests.registry_ui.views.reading import browser, query_count, text

pytestmark = pytest.mark.django_db

HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(2)>
[a](javascript:alert(3)) ![b](https://elsewhere.example/pixel.png) **bold** `code`"""
PAGES = ["edit", "delete", "history"]


def url(act: str, comment: Comment) -> str:
    return reverse(f"registry_ui:comment_{act}", args=[comment.pk])


@pytest.fixture
def comment(ask: TransitionRequest, requester: User) -> Comment:
    """Return what the requester, Dana, said in the discussion of their request."""
    return create_comment(ask.version, "Which *data*?", actor=requester, request=ask)


@pytest.fixture
def dana(requester: User) -> Client:
    return browser(requester)


@pytest.fixture
def manager() -> Client:
    return browser(make_user(full_name="Ada Lind", level=Level.CAN_MANAGE))


@pytest.fixture
def reader() -> Client:
    return browser(make_user(full_name="Maya Sol", level=Level.CAN_READ))


def both_pages(client: Client, comment: Comment) -> list[str]:
    """Return the page of the request and the one of the version."""
    assert comment.request is not None
    pages = (comment.request, comment.version)
    return [text(client, page.get_absolute_url()) for page in pages]


# --- Markdown -----------------------------------------------------------------------


def test_comments_are_markdown_wherever_they_are_shown(
    comment: Comment, reader: Client
) -> None:
    for page in [*both_pages(reader, comment), text(reader, url("history", comment))]:
        assert "Which <em>data</em>?" in page


def test_the_end_of_a_line_counts_as_one_character_as_in_browsers(
    comment: Comment, dana: Client
) -> None:
    assert comment.request is not None
    address = reverse("registry_ui:request_comment", args=[comment.request.number])
    longest = "x\r\n" * (COMMENT_LENGTH // 2)

    response = dana.post(address, {"text": longest + "y"})

    assert response.status_code == 302
    assert Comment.objects.latest("pk").text == "x\n" * (COMMENT_LENGTH // 2) + "y"


def test_rows_quote_a_comment_as_it_was_typed(comment: Comment, reader: Client) -> None:
    assert "“Which *data*?”" in text(reader, "/audit/")


def test_nothing_in_a_comment_acts_or_loads(
    ask: TransitionRequest, requester: User, reviewer: User, manager: Client
) -> None:
    comment = create_comment(ask.version, HOSTILE, actor=requester, request=ask)
    edit_comment(comment, f"{HOSTILE} again", actor=requester)
    review_request(
        ask, Review.Decision.REJECT, actor=reviewer, seen=None, comment=HOSTILE
    )

    pages = both_pages(manager, comment)
    pages += [text(manager, url(act, comment)) for act in ("delete", "history")]
    pages += [text(browser(requester), url("edit", comment))]

    for page in pages:
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page
        assert 'src="https://elsewhere' not in page
        assert "<strong>bold</strong>" in page or 'name="seen"' in page


# --- Mentions -----------------------------------------------------------------------


def test_who_may_read_the_model_is_marked_and_nobody_else(
    ask: TransitionRequest, requester: User, reviewer: User, reader: Client
) -> None:
    make_user(username="stranger", full_name="Sam Stranger")
    make_user(username="gone", level=Level.CAN_READ, is_active=False)
    said = "@rui, @stranger, @gone, @nobody, `@dana` and @champion"
    make_user(username="champion", full_name="Cham Pion", level=Level.CAN_READ)
    make_alias(version=ask.version, name="champion")
    comment = create_comment(ask.version, said, actor=requester, request=ask)
    reject = Review.Decision.REJECT
    review_request(ask, reject, actor=reviewer, seen=None, comment="No, @dana.")

    decision_page, version_page = both_pages(reader, comment)

    for page in (decision_page, version_page):
        assert '<span class="mention" title="Rui Tanaka">@rui</span>' in page
        assert "@stranger, @gone, @nobody, <code>@dana</code> and @champion" in page
        assert "Sam Stranger" not in page
    assert '<span class="mention" title="Dana Okafor">@dana</span>' in decision_page


def test_the_reason_of_a_request_marks_people_too(
    ask: TransitionRequest, reviewer: User, reader: Client
) -> None:
    TransitionRequest.objects.update(comment="@rui, look")

    page = text(reader, ask.get_absolute_url())

    assert page.count('<span class="mention" title="Rui Tanaka">@rui</span>') == 1


def test_mentions_take_the_same_queries_for_few_and_many(
    ask: TransitionRequest, reviewer: User, dana: Client
) -> None:
    make_comment(version=ask.version, request=ask, text="@rui")
    addresses = [ask.get_absolute_url(), ask.version.get_absolute_url()]
    few = [query_count(dana, address) for address in addresses]
    for number in range(9):
        someone = make_user(username=f"u{number}", level=Level.CAN_READ)
        make_comment(
            version=ask.version, request=ask, author=someone, text=f"@u{number} @rui"
        )

    assert [query_count(dana, address) for address in addresses] == few


# --- Who may what -------------------------------------------------------------------


def test_the_author_is_offered_to_edit_and_delete(
    comment: Comment, dana: Client
) -> None:
    for page in both_pages(dana, comment):
        assert url("edit", comment) in page
        assert url("delete", comment) in page


def test_who_manages_the_model_is_offered_to_delete(
    comment: Comment, manager: Client
) -> None:
    for page in both_pages(manager, comment):
        assert url("edit", comment) not in page
        assert url("delete", comment) in page
    assert manager.get(url("edit", comment)).status_code == 403


def test_others_are_offered_nothing_and_refused(
    comment: Comment, reader: Client
) -> None:
    for page in both_pages(reader, comment):
        assert url("edit", comment) not in page
        assert url("delete", comment) not in page
    for act in ("edit", "delete"):
        assert reader.get(url(act, comment)).status_code == 403
        assert reader.post(url(act, comment), {"text": "x"}).status_code == 403
    comment.refresh_from_db()
    assert comment.text == "Which *data*?"


@pytest.mark.parametrize("act", PAGES)
def test_a_comment_on_a_model_that_one_may_not_read_is_not_there(
    comment: Comment, act: str
) -> None:
    stranger = browser(make_user())

    assert stranger.get(url(act, comment)).status_code == 404
    if act != "history":
        assert stranger.post(url(act, comment), {"text": "x"}).status_code == 404


@pytest.mark.parametrize("act", PAGES)
def test_a_comment_that_never_was_is_not_there(manager: Client, act: str) -> None:
    assert manager.get(f"/comments/999/{act}/").status_code == 404
    assert manager.get(f"/comments/{2**70}/{act}/").status_code == 404


# --- Editing ------------------------------------------------------------------------


def test_an_edited_comment_says_so_and_what_it_said_before(
    comment: Comment, dana: Client, reader: Client
) -> None:
    form = text(dana, url("edit", comment))
    assert "Which *data*?" in form
    seen = digest_of(comment.text)
    assert f'name="seen" value="{seen}"' in form

    typed = {"text": "Which **holdout**?", "seen": seen}
    response = dana.post(url("edit", comment), typed)

    assert (
        response["Location"] == f"/requests/{comment.request_id}/#comment-{comment.pk}"
    )
    for page in both_pages(reader, comment):
        assert "Which <strong>holdout</strong>?" in page
        assert "Which <em>data</em>?" not in page
        assert url("history", comment) in page
    history = text(reader, url("history", comment))
    assert history.index("<strong>holdout</strong>") < history.index("<em>data</em>")


def test_a_comment_on_a_version_alone_leads_back_to_it(
    ask: TransitionRequest, requester: User, dana: Client
) -> None:
    comment = create_comment(ask.version, "Hm.", actor=requester)

    response = dana.post(url("edit", comment), {"text": "Hm?"})

    assert response["Location"] == (
        f"{ask.version.get_absolute_url()}#comment-{comment.pk}"
    )
    assert "v2" in text(dana, url("edit", comment))


@pytest.mark.parametrize(
    ("typed", "reason"), [(" ", "Write something first."), ("x" * 70_000, "at most")]
)
def test_what_will_not_do_stays_in_the_form(
    comment: Comment, dana: Client, typed: str, reason: str
) -> None:
    response = dana.post(url("edit", comment), {"text": typed})

    page = response.content.decode()
    assert response.status_code == 422
    assert reason in page
    assert typed in page
    assert not AuditEvent.objects.filter(type="comment.updated").exists()


def test_of_two_tabs_the_second_sees_what_the_first_stored(
    comment: Comment, dana: Client
) -> None:
    seen = digest_of(comment.text)
    dana.post(url("edit", comment), {"text": "The first tab's.", "seen": seen})

    typed = {"text": "The second tab's.", "seen": seen}
    response = dana.post(url("edit", comment), typed)

    page = response.content.decode()
    assert response.status_code == 422
    assert "was changed since you opened this page" in page
    assert "The first tab&#x27;s." in page
    assert "The second tab&#x27;s." in page
    typed["seen"] = digest_of("The first tab's.")
    assert f'value="{typed["seen"]}"' in page
    assert dana.post(url("edit", comment), typed).status_code == 302
    comment.refresh_from_db()
    assert comment.text == "The second tab's."


def test_what_is_typed_is_kept_where_the_comment_was_deleted_meanwhile(
    comment: Comment, requester: User, dana: Client
) -> None:
    delete_comment(comment, actor=requester)

    response = dana.post(
        url("edit", comment), {"text": "Typed at length.", "seen": "x"}
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert "This comment was deleted" in page
    assert "Typed at length." in page
    assert "As it stands now" not in page


def test_a_comment_that_was_never_edited_has_a_short_history(
    comment: Comment, reader: Client
) -> None:
    assert text(reader, url("history", comment)).count('class="comment"') == 1
    for page in both_pages(reader, comment):
        assert url("history", comment) not in page


def test_a_history_is_of_one_comment_alone(
    comment: Comment, requester: User, reader: Client
) -> None:
    other = create_comment(comment.version, "Other.", actor=requester)
    edit_comment(other, "Others.", actor=requester)
    edit_comment(comment, "Mine.", actor=requester)

    page = text(reader, url("history", comment))

    assert "Mine." in page
    assert "Other" not in page


# --- Deleting -----------------------------------------------------------------------


def test_a_deleted_comment_leaves_who_and_when_and_no_text(
    comment: Comment, requester: User, dana: Client, reader: Client
) -> None:
    edit_comment(comment, "Which *secret*?", actor=requester)
    assert "The audit log keeps" in text(dana, url("delete", comment))

    response = dana.post(url("delete", comment))

    assert response.status_code == 302
    for page in both_pages(reader, comment):
        assert "<b>Dana Okafor</b> deleted a comment <time" in page
    for page in (
        *both_pages(reader, comment),
        text(reader, "/"),
        text(reader, "/audit/"),
    ):
        assert "Which" not in page
        assert url("edit", comment) not in page
    assert "Dana Okafor deleted a comment on churn v2" in text(reader, "/audit/")


def test_the_record_keeps_what_was_written(
    comment: Comment, requester: User, reader: Client
) -> None:
    event = AuditEvent.objects.get(type="comment.created")
    delete_comment(comment, actor=requester)

    assert "Which *data*?" in text(reader, f"/audit/{event.position}/")


def test_a_comment_that_a_manager_deleted_says_whose_it_was(
    comment: Comment, manager: Client
) -> None:
    manager.post(url("delete", comment))

    for page in both_pages(manager, comment):
        assert "<b>Ada Lind</b> deleted a comment of Dana Okafor <time" in page


def test_a_deleted_comment_has_no_page_to_edit_and_no_history(
    comment: Comment, requester: User, dana: Client
) -> None:
    delete_comment(comment, actor=requester)

    assert dana.get(url("edit", comment)).status_code == 404
    assert dana.get(url("history", comment)).status_code == 404
    for response in (
        dana.get(url("delete", comment)),
        dana.post(url("delete", comment)),
    ):
        assert response["Location"] == comment.get_absolute_url()
    assert AuditEvent.objects.filter(type="comment.deleted").count() == 1


def test_a_version_counts_what_is_still_said(
    comment: Comment, requester: User, reader: Client
) -> None:
    make_comment(version=comment.version)
    delete_comment(comment, actor=requester)

    page = text(reader, comment.version.get_absolute_url())

    assert '<span class="count">1</span>' in page
