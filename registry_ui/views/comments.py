"""What becomes of a comment: edited, deleted, and what it said before."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from registry_ui import permissions
from registry_ui.actions.comments import delete_comment, edit_comment
from registry_ui.actions.mentions import people_mentioned
from registry_ui.actions.metadata import StaleTextError, digest_of
from registry_ui.errors import ActionError
from registry_ui.forms import CommentEditForm
from registry_ui.models import Comment
from registry_ui.views.discussion import wordings_of
from registry_ui.views.getters import signed_in, visible_comment_or_404
from registry_ui.views.metadata import takes_form


@takes_form
def comment_edit(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Change what one's comment says."""
    user = signed_in(request)
    comment = visible_comment_or_404(user, comment_id)
    if not permissions.may_edit_comment(user, comment):
        raise PermissionDenied
    is_sent = request.method == "POST"
    if comment.is_deleted and not is_sent:
        raise Http404
    form = CommentEditForm(
        request.POST if is_sent else None, initial={"text": comment.text}
    )
    if is_sent and _stored(form, comment, user):
        return redirect(comment)
    comment.refresh_from_db(fields=["text", "deleted_at"])
    seen = digest_of(comment.text)
    is_stale = is_sent and not comment.is_deleted and form.data.get("seen") != seen
    context = {
        "comment": comment,
        "form": form,
        "seen": seen,
        "theirs": comment.text if is_stale else None,
    }
    status = 422 if is_sent else 200
    return render(request, "registry_ui/comment_edit.html", context, status=status)


def _stored(form: CommentEditForm, comment: Comment, user: User) -> bool:
    """Hand the text on; False with the reason in the form where it was refused."""
    if not form.is_valid():
        return False
    try:
        edit_comment(comment, actor=user, **form.cleaned_data)
    except StaleTextError as error:
        form.add_error(None, str(error))  # above what it speaks of
        return False
    except ActionError as error:
        form.add_error("text", str(error))
        return False
    return True


@takes_form
def comment_delete(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Ask whether to delete a comment, and do it."""
    user = signed_in(request)
    comment = visible_comment_or_404(user, comment_id)
    if not permissions.may_delete_comment(user, comment):
        raise PermissionDenied
    if request.method == "POST":
        delete_comment(comment, actor=user)
    if request.method == "POST" or comment.is_deleted:
        return redirect(comment)
    mentioned = people_mentioned(comment.version.model, [comment.text])
    context = {
        "comment": comment,
        "mentioned": mentioned,
        "is_own": comment.author_id == user.pk,
    }
    return render(request, "registry_ui/comment_delete.html", context)


@require_safe
def comment_history(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Show what a comment said before it was edited."""
    comment = visible_comment_or_404(signed_in(request), comment_id)
    if comment.is_deleted:
        raise Http404
    wordings = wordings_of(comment)
    texts = [wording.text for wording in wordings]
    context = {
        "comment": comment,
        "wordings": wordings[::-1],
        "mentioned": people_mentioned(comment.version.model, texts),
    }
    return render(request, "registry_ui/comment_history.html", context)
