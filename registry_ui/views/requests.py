"""The inbox, the form that asks for a transition, and the decision page."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from registry_ui import permissions
from registry_ui.actions.apply import wait_until_settled
from registry_ui.actions.comments import create_comment
from registry_ui.actions.decisions import holdings_around
from registry_ui.actions.policies import policies_in_force, policy_of
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
from registry_ui.htmx import render_page
from registry_ui.models import (
    STAGE_PREFIX,
    ModelVersion,
    Review,
    Stage,
    TransitionRequest,
)
from registry_ui.views.decision import decision_context
from registry_ui.views.getters import (
    signed_in,
    visible_request_or_404,
    visible_version_or_404,
)
from registry_ui.views.waiting import open_items, what_waits

LIST = "registry_ui/request_list.html"
CREATE = "registry_ui/request_create.html"
DETAIL = "registry_ui/request_detail.html"
PAGE_SIZE = 25
SHOWN = {
    "waiting": "Waiting for me",
    "open": "Open",
    "mine": "Asked by me",
    "decided": "Decided",
    "all": "All",
}


@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    """Show requests, by default those that wait for this person, else all open ones."""
    user = signed_in(request)
    waiting = what_waits(user, open_items(request)).requests
    show = request.GET.get("show", "")
    if show not in SHOWN:
        show = "waiting" if waiting else "open"
    asks = TransitionRequest.objects.visible_to(user).select_related(
        "version__model", "requested_by", "closed_by"
    )
    page = Paginator(_shown(asks, show, user, waiting), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "show": show,
        "tabs": SHOWN,
        "heading": SHOWN[show],
        "counts": {"waiting": len(waiting), "open": asks.open().count()},
    }
    return render_page(request, LIST, context, partial="requests")


def _shown(
    asks: QuerySet[TransitionRequest], show: str, user: User, waiting: list[int]
) -> QuerySet[TransitionRequest]:
    is_open = Q(status=TransitionRequest.Status.OPEN)
    filters = {
        "waiting": Q(pk__in=waiting),
        "open": is_open,
        "mine": Q(requested_by=user),
        "decided": ~is_open,
        "all": Q(),
    }
    return asks.filter(filters[show])


def request_create(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask for a transition, or make it directly where the policy lets one."""
    user = signed_in(request)
    version = visible_version_or_404(user, name, number)
    form = RequestForm(request.POST or None, initial=_proposal(request, version))
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
            return redirect(ask)
    stages = _stages(user, version)
    context = {
        "version": version,
        "form": form,
        "stages": stages,
        "aliases": version.model.aliases.select_related("version"),
        "may_move": any(s["is_direct"] and not s["is_current"] for s in stages),
    }
    status = 422 if form.errors else 200
    return render_page(request, CREATE, context, partial="ask", status=status)


def _proposal(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """Propose the next stage, and to archive who is there, as people mostly want."""
    follows = {Stage.NONE: Stage.STAGING, Stage.STAGING: Stage.PRODUCTION}
    stage = request.GET.get("stage", "")
    if stage not in Stage.values or stage == version.stage:
        stage = follows.get(Stage(version.stage), Stage.PRODUCTION)
    if stage == version.stage:
        stage = Stage.ARCHIVED
    return {"stage": stage, "archive_existing_versions": stage == Stage.PRODUCTION}


def _stages(user: User, version: ModelVersion) -> list[dict[str, Any]]:
    """Say of each stage who is there, and whether this person may move directly."""
    stages = []
    policies = policies_in_force()
    for stage in Stage.values:
        target = f"{STAGE_PREFIX}{stage}"
        holders = holdings_around(version, target).holders(target)
        policy = policy_of(version.model.name, target, policies=policies)
        is_direct = policy.definition.direct and permissions.may_decide(
            user, version.model, from_stage=version.stage, target=target
        )
        stages.append(
            {
                "name": stage,
                "holders": holders,
                "is_current": stage == version.stage,
                "is_direct": is_direct,
                "level": permissions.level_to_decide(
                    from_stage=version.stage, target=target
                ).label,
                "four_eyes": policy.definition.excludes_requester,
            }
        )
    return stages


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


@require_POST
def request_cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Withdraw the request."""
    user = signed_in(request)
    ask = visible_request_or_404(user, number)
    form = CancelForm(request.POST)
    if form.is_valid():
        try:
            cancel_request(ask, actor=user, comment=form.cleaned_data["comment"])
        except ActionError as error:
            messages.error(request, str(error))
    return redirect(ask)


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
