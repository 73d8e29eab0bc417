"""Remarks on a version, in the discussion of a request or on its own."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from registry_ui import permissions
from registry_ui.actions.requests import clean_comment
from registry_ui.events import EventType, record_event
from registry_ui.models import Comment, ModelVersion, TransitionRequest


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
    text = clean_comment(text, required="Write something first.")
    comment = Comment.objects.create(
        version=version, request=request, author=actor, text=text
    )
    record_event(
        EventType.COMMENT_CREATED,
        actor=actor,
        version=version,
        request=request,
        comment=text,
    )
    return comment
