"""The form that asks for a transition, and the decision page."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from registry_ui import permissions
from registry_ui.actions.apply import wait_until_settled
from registry_ui.actions.comments import create_comment
from registry_ui.actions.holdings import holding_before
from registry_ui.actions.requests import (
    cancel_request,
    create_request,
    retry_request,
    transition_directly,
)
from registry_ui.actions.reviews import review_request
from registry_ui.actions.undo import undo_request
from registry_ui.errors import ActionError
from registry_ui.fingerprint import Fingerprint
from registry_ui.forms import CancelForm, CommentForm, RequestForm, ReviewForm
from registry_ui.htmx import lead_to, render_page
from registry_ui.models import STAGE_PREFIX, Review, Stage, TransitionRequest
from registry_ui.views.decision import decision_context
from registry_ui.views.getters import (
    signed_in,
    visible_model_or_404,
    visible_request_or_404,
    visible_version_or_404,
)
from registry_ui.views.proposals import proposal, stage_choices

CREATE = "registry_ui/request_create.html"
DETAIL = "registry_ui/request_detail.html"


def request_create(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask for a transition, or make it directly where the policy lets one."""
    user = signed_in(request)
    version = visible_version_or_404(user, name, number)
    form = RequestForm(request.POST or None, initial=proposal(request, version))
    if request.method == "POST" and form.is_valid():
        is_direct = request.POST.get("how") == "now"
        act = transition_directly if is_direct else create_request
        try:
            ask = act(
                version,
                form.target,
                actor=user,
                comment=form.cleaned_data["comment"],
                archive_existing_versions=form.archives,
            )
        except ActionError as error:
            form.add_error(getattr(error, "field", None), str(error))
        else:
            if is_direct:
                wait_until_settled(ask, seconds=settings.APPLY_PATIENCE_SECONDS)
            return lead_to(request, ask)
    stages = stage_choices(user, version)
    context = {
        "version": version,
        "form": form,
        "stages": stages,
        "aliases": version.model.aliases.select_related("version"),
        "may_move": any(s["is_direct"] and not s["is_current"] for s in stages),
        "may_break_glass": permissions.may_break_glass(user, version.model),
    }
    status = 422 if form.errors else 200
    return render_page(request, CREATE, context, partial="ask", status=status)


@require_safe
def request_roll_back(request: HttpRequest, name: str) -> HttpResponse:
    """Lead to the form that asks for the version that was in Production before."""
    model = visible_model_or_404(signed_in(request), name)
    before = holding_before(model, f"{STAGE_PREFIX}{Stage.PRODUCTION}")
    if before is None:
        messages.info(
            request,
            "There is no version to go back to: none that was in Production before is"
            " on record and still in MLflow.",
        )
        return redirect(model)
    form = reverse("registry_ui:request_create", args=[name, before.version.number])
    return redirect(f"{form}?stage={Stage.PRODUCTION}")


@require_safe
def request_detail(request: HttpRequest, number: int) -> HttpResponse:
    """Show the decision page."""
    user = signed_in(request)
    ask = visible_request_or_404(user, number)
    return render_page(request, DETAIL, decision_context(user, ask), partial="page")


def request_review(request: HttpRequest, number: int) -> HttpResponse:
    """Take a reviewer's decision."""
    user = signed_in(request)
    ask = visible_request_or_404(user, number)
    if request.method != "POST":
        return redirect(ask)  # where a sign-in in between leads back to
    form = ReviewForm(request.POST)
    if form.is_valid() and _reviewed(form, ask, user):
        if form.cleaned_data["decision"] == Review.Decision.APPROVE:
            wait_until_settled(ask, seconds=settings.APPLY_PATIENCE_SECONDS)
        return redirect(ask)
    ask.refresh_from_db()
    context = decision_context(user, ask, review_form=form)
    return render_page(request, DETAIL, context, partial="page", status=422)


def _reviewed(form: ReviewForm, ask: TransitionRequest, user: User) -> bool:
    """Hand the decision on; False with the reason in the form where it was refused."""
    try:
        review_request(
            ask,
            form.cleaned_data["decision"],
            actor=user,
            seen=Fingerprint.parse(form.cleaned_data["seen"]),
            comment=form.cleaned_data["comment"],
        )
    except ActionError as error:
        form.add_error(None, str(error))
        return False
    return True


def request_comment(request: HttpRequest, number: int) -> HttpResponse:
    """Take a remark into the discussion."""
    user = signed_in(request)
    ask = visible_request_or_404(user, number)
    if request.method != "POST":
        return redirect(ask)
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            create_comment(
                ask.version, form.cleaned_data["text"], actor=user, request=ask
            )
        except ActionError as error:
            form.add_error("text", str(error))
        else:
            return redirect(f"{ask.get_absolute_url()}#discussion")
    context = decision_context(user, ask, comment_form=form)
    return render_page(request, DETAIL, context, partial="page", status=422)


def request_cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Withdraw the request."""
    user = signed_in(request)
    ask = visible_request_or_404(user, number)
    if request.method != "POST":
        return redirect(ask)
    form = CancelForm(request.POST)
    if form.is_valid():
        try:
            cancel_request(ask, actor=user, comment=form.cleaned_data["comment"])
        except ActionError as error:
            form.add_error(None, str(error))
        else:
            return redirect(ask)
    ask.refresh_from_db()
    context = decision_context(user, ask, cancel_form=form)
    return render_page(request, DETAIL, context, partial="page", status=422)


@require_POST
def request_retry(request: HttpRequest, number: int) -> HttpResponse:
    """Let a failed plan be tried again."""
    user = signed_in(request)
    ask = visible_request_or_404(user, number)
    try:
        retry_request(ask, actor=user)
    except ActionError as error:
        messages.error(request, str(error))
    else:
        wait_until_settled(ask, seconds=settings.APPLY_PATIENCE_SECONDS)
    return redirect(ask)


@require_POST
def request_undo(request: HttpRequest, number: int) -> HttpResponse:
    """Have what came true of a failed plan taken back."""
    user = signed_in(request)
    ask = visible_request_or_404(user, number)
    try:
        undo_request(ask, actor=user)
    except ActionError as error:
        messages.error(request, str(error))
    else:
        wait_until_settled(ask, seconds=settings.APPLY_PATIENCE_SECONDS)
    return redirect(ask)


@require_safe
def request_status(request: HttpRequest, number: int) -> HttpResponse:
    """Tell a page that waits for a worker whether there is news: 204 if not."""
    ask = visible_request_or_404(signed_in(request), number)
    if ask.status == request.GET.get("was"):
        return HttpResponse(status=204)
    response = HttpResponse(status=200)
    response["HX-Refresh"] = "true"
    return response
