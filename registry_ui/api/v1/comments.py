"""Comments: list, write, change, delete."""

from http import HTTPStatus

from ninja import Path, Router, Status

from registry_ui.actions.comments import create_comment, delete_comment, edit_comment
from registry_ui.api.authentication import ApiRequest, needs
from registry_ui.api.v1.descriptions import describe_comment, describe_comments
from registry_ui.api.v1.fields import REFUSALS
from registry_ui.api.v1.idempotency import idempotent
from registry_ui.api.v1.lookups import visible_comment_or_404, visible_request_or_404
from registry_ui.api.v1.schemas import (
    CommentIn,
    CommentList,
    CommentOut,
    CommentPath,
    RequestPath,
)
from registry_ui.models import Scope

router = Router(tags=["Comments"])
OF_REQUEST = "/requests/{number}/comments"
ONE = "/comments/{comment_id}"


@router.get(OF_REQUEST, response={200: CommentList, **REFUSALS}, summary="List")
@needs(Scope.READ)
def list_request_comments(request: ApiRequest, path: Path[RequestPath]) -> CommentList:
    """List the discussion of a request, oldest first; without deleted comments."""
    found = visible_request_or_404(request.auth, path.number)
    return CommentList(comments=describe_comments(found))


@router.post(OF_REQUEST, response={201: CommentOut, **REFUSALS}, summary="Comment")
@needs(Scope.REQUEST)
@idempotent
def create_request_comment(
    request: ApiRequest, path: Path[RequestPath], body: CommentIn
) -> Status[CommentOut]:
    """Write in the discussion of a request."""
    found = visible_request_or_404(request.auth, path.number)
    comment = create_comment(
        found.version, body.text, actor=request.auth, request=found
    )
    return Status(HTTPStatus.CREATED, describe_comment(comment))


@router.patch(ONE, response={200: CommentOut, **REFUSALS}, summary="Edit")
@needs(Scope.REQUEST)
def update_comment(
    request: ApiRequest, path: Path[CommentPath], body: CommentIn
) -> CommentOut:
    """Change what your comment says; what it said before stays on record.

    Comments on versions have ids too; this call takes any.
    """
    found = visible_comment_or_404(request.auth, path.comment_id)
    return describe_comment(edit_comment(found, body.text, actor=request.auth))


@router.delete(ONE, response={204: None, **REFUSALS}, summary="Delete")
@needs(Scope.REQUEST)
def remove_comment(request: ApiRequest, path: Path[CommentPath]) -> Status[None]:
    """Delete your comment, or with Can Manage on the model anybody's.

    The discussion goes on saying who deleted it when. The audit log is append-only and
    keeps what was written.
    """
    found = visible_comment_or_404(request.auth, path.comment_id)
    delete_comment(found, actor=request.auth)
    return Status(HTTPStatus.NO_CONTENT, None)
