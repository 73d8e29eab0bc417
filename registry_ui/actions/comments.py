"""Remarks on a version, in the discussion of a request or on its own."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.mentions import mentioned_in
from registry_ui.actions.metadata import StaleTextError, digest_of
from registry_ui.actions.requests import clean_comment
from registry_ui.errors import ActionError
from registry_ui.events import EventType, record_event
from registry_ui.models import Comment, ModelVersion, TransitionRequest

_EMPTY = "Write something first."


@transaction.atomic
def create_comment(
    version: ModelVersion,
    text: str,
    *,
    actor: User,
    request: TransitionRequest | None = None,
) -> Comment:
    """Store a comment.

    Raises:
        PermissionDenied: the actor may not read the model.
        ActionError: the text is empty or too long.
    """
    if not permissions.may_comment(actor, version.model):
        raise PermissionDenied
    text = clean_comment(text, required=_EMPTY)
    comment = Comment.objects.create(
        version=version, request=request, author=actor, text=text
    )
    record_event(
        EventType.COMMENT_CREATED,
        actor=actor,
        version=version,
        request=request,
        comment_id=comment.pk,
        comment=text,
        mentions=mentioned_in(text, version.model),
    )
    return comment


@transaction.atomic
def edit_comment(
    comment: Comment, text: str, *, seen: str | None = None, actor: User
) -> Comment:
    """Change what a comment says; what it said before goes on record.

    Args:
        comment: read again here under a row lock; the caller's copy may be stale.
        text: Markdown.
        seen: `digest_of` the text that the actor had before them; None where whatever
            it says is to be replaced.
        actor: its author.

    Raises:
        PermissionDenied: the actor did not write it, or may not read the model now.
        StaleTextError: it was changed meanwhile, in another tab for instance.
        ActionError: it is deleted, or the text is empty or too long.
    """
    comment = _locked(comment)
    if not permissions.may_edit_comment(actor, comment):
        raise PermissionDenied
    if comment.is_deleted:
        raise ActionError("This comment was deleted, so nothing was stored.")
    text = clean_comment(text, required=_EMPTY)
    before = comment.text
    if text == before:
        return comment
    if seen not in (None, digest_of(before)):
        raise StaleTextError(
            "This comment was changed since you opened this page. What it says now"
            " stands below; storing once more replaces it with yours."
        )
    comment.text = text
    comment.edited_at = timezone.now()
    comment.save(update_fields=["text", "edited_at", "updated_at"])
    record_event(
        EventType.COMMENT_UPDATED,
        actor=actor,
        version=comment.version,
        request=comment.request,
        comment_id=comment.pk,
        comment=text,
        before=before,
        mentions=mentioned_in(text, comment.version.model),
    )
    return comment


@transaction.atomic
def delete_comment(comment: Comment, *, actor: User) -> Comment:
    """Take back what a comment says; that it was there stays. Once is enough.

    The audit log is append-only: it keeps what the comment said.

    Args:
        comment: read again here under a row lock.
        actor: its author, or who manages the model.

    Raises:
        PermissionDenied: the actor is neither.
    """
    comment = _locked(comment)
    if not permissions.may_delete_comment(actor, comment):
        raise PermissionDenied
    if comment.is_deleted:
        return comment
    comment.text = ""
    comment.deleted_at = timezone.now()
    comment.deleted_by = actor
    comment.save(update_fields=["text", "deleted_at", "deleted_by", "updated_at"])
    record_event(
        EventType.COMMENT_DELETED,
        actor=actor,
        version=comment.version,
        request=comment.request,
        comment_id=comment.pk,
        author=comment.author.get_username(),
    )
    return comment


def _locked(comment: Comment) -> Comment:
    """Read the comment again, alone: PostgreSQL does not read joins after the wait."""
    return Comment.objects.select_for_update(no_key=True).get(pk=comment.pk)
