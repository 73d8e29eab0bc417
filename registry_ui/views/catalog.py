"""The catalog: the list of models, a model, a version."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from registry_ui import permissions
from registry_ui.actions.alias_moves import may_move_aliases
from registry_ui.actions.comments import create_comment
from registry_ui.actions.evidence import read_again
from registry_ui.actions.facts import metric_choices
from registry_ui.actions.mentions import people_mentioned
from registry_ui.actions.watching import is_watched
from registry_ui.contradictions import contradictions
from registry_ui.errors import ActionError
from registry_ui.extensions import panels_of_model
from registry_ui.forms import CommentForm, VersionFilterForm
from registry_ui.htmx import render_page
from registry_ui.models import (
    AuditEvent,
    Comment,
    Incident,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from registry_ui.models.prepared import PreparedQuery
from registry_ui.views.addresses import (
    Head,
    address_of,
    edges_of,
    head_of,
    links_of,
    metric_head,
    redirect_if_blank,
)
from registry_ui.views.discussion import remarks_on
from registry_ui.views.evidence import evidence_view, run_url, version_url
from registry_ui.views.getters import (
    signed_in,
    visible_model_or_404,
    visible_version_or_404,
)
from registry_ui.views.incidents import phrases
from registry_ui.views.model_rows import PAGE_SIZE, model_rows
from registry_ui.views.model_search import ModelSearch
from registry_ui.views.panels import render_panels
from registry_ui.views.sentences import event_lines
from registry_ui.views.stage_board import Board, Standing, stage_board, standing_of
from registry_ui.views.version_table import columns_to_choose, version_table
from registry_ui.views.waiting import open_items

LIST = "registry_ui/model_list.html"
MODEL = "registry_ui/model_detail.html"
VERSION = "registry_ui/version_detail.html"
OPEN = TransitionRequest.Status.OPEN
RECENT_REQUESTS = 5
RECENT_EVENTS = 8
SHOWN_ALIASES = 20
SHOWN_COMMENTS = 100


@require_safe
def model_list(request: HttpRequest) -> HttpResponse:
    """Show the models that the user may read."""
    user = signed_in(request)
    search = ModelSearch.of(request)
    if tidy := redirect_if_blank(request, search.form):
        return tidy
    page = search.page(user, size=PAGE_SIZE)
    context = {
        **search.context(user, page),
        "rows": model_rows(page.rows, open_items(request)),
        "by_update": head_of(search.form, "-updated", "updated", descends=True),
        "may_create": permissions.may_create_model(user),
    }
    address = address_of(request, search.form)
    return render_page(request, LIST, context, partial="models", address=address)


@require_safe
def model_detail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one model: its stages, versions, requests and recent activity."""
    user = signed_in(request)
    model = visible_model_or_404(user, name)
    form = VersionFilterForm(request.GET)
    if tidy := redirect_if_blank(request, form, anchor="#versions"):
        return tidy
    open_requests, recent = _requests_for(model)
    standing = standing_of(model, open_requests)
    board = stage_board(model, standing)
    context = {
        **_model_context(user, model, standing),
        **_versions_context(request, model, form, board),
        "warnings": _warnings(board, standing),
        "recent_requests": recent,
    }
    address = address_of(request, form)
    return render_page(request, MODEL, context, partial="versions", address=address)


def _requests_for(
    model: RegisteredModel,
) -> tuple[list[TransitionRequest], list[TransitionRequest]]:
    """Return the open requests for a model's versions, and the last closed ones."""
    asked = {status for status, _ in _REQUESTS([model.pk])}
    requests = (
        TransitionRequest.objects.filter(version__model=model)
        .select_related("version__model", "requested_by")
        .order_by("-number")
    )
    closed = requests.exclude(status=OPEN)[:RECENT_REQUESTS]
    return (
        list(requests.open()) if OPEN in asked else [],
        list(closed) if asked - {OPEN} else [],
    )


def _model_context(
    user: User, model: RegisteredModel, standing: Standing
) -> dict[str, Any]:
    events = AuditEvent.objects.filter(model_pk=model.pk)[:RECENT_EVENTS]
    incident = model.incidents.filter(status=Incident.Status.OPEN).first()
    return {
        "model": model,
        "tags": list(model.tags.all()),
        "incident": incident,
        "incident_effects": phrases(incident.effects) if incident else [],
        "open_requests": standing.open_requests,
        "aliases": standing.aliases[:SHOWN_ALIASES],
        "has_more_aliases": len(standing.aliases) > SHOWN_ALIASES,
        "events": event_lines(events),
        "panels": render_panels(panels_of_model(user, model)),
        "is_watched": is_watched(model, user=user),
        "may_request": model.is_live and permissions.may_request(user, model),
        "may_edit": model.is_live and permissions.may_edit_model(user, model),
        "may_manage": model.is_live and permissions.may_manage_model(user, model),
        "may_move_aliases": model.is_live and may_move_aliases(user, model),
    }


def _versions_context(
    request: HttpRequest,
    model: RegisteredModel,
    form: VersionFilterForm,
    board: Board,
) -> dict[str, Any]:
    chosen = form.chosen()
    table = version_table(model, board, chosen, edges_of(request))

    def head(metric: str) -> Head:
        return metric_head(form, metric, board.choices.direction_of(metric))

    return {
        "board": board,
        "chosen": chosen,
        "table": table,
        "links": links_of(form, table.page),
        "conditions": form.conditions(),
        "stages": [
            (label, form.query(stage=value), value == chosen["stage"])
            for value, label in [("", "All"), *Stage.choices]
        ],
        "by_number": head_of(form, "", "number", descends=True),
        "by_headline": head(board.metric) if board.metric else None,
        "heads": [
            (column, head(column.name) if column.is_sortable else None)
            for column in table.columns
        ],
        # Read by the whole page alone.
        "column_choices": partial(columns_to_choose, model, chosen["col"]),
    }


def _warnings(board: Board, standing: Standing) -> tuple[str, ...]:
    """Return what cannot all be meant of the model's stages and aliases."""
    served = board.column(Stage.PRODUCTION)
    newest = [line.version.number for line in served.tiles]
    return contradictions(standing.aliases, newest, served.more_count)


_REQUESTS = PreparedQuery(
    lambda pks: (
        TransitionRequest.objects.filter(version__model__in=pks)
        .order_by()
        .values_list("status")
        .annotate(count=Count("pk"))
    ),
    most=1,
)


@require_safe
def version_detail(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Show one version with its evidence, requests and comments."""
    user = signed_in(request)
    version = visible_version_or_404(user, name, number)
    context = _version_context(user, version, CommentForm())
    return render_page(request, VERSION, context, partial="comments")


def version_comment(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Take a remark on a version."""
    user = signed_in(request)
    version = visible_version_or_404(user, name, number)
    if request.method != "POST":
        return redirect(version)  # where a sign-in in between leads back to
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            create_comment(version, form.cleaned_data["text"], actor=user)
        except ActionError as error:
            form.add_error("text", str(error))
        else:
            return redirect(f"{version.get_absolute_url()}#comments")
    context = _version_context(user, version, form)
    return render_page(request, VERSION, context, partial="comments", status=422)


@require_POST
def version_read_again(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Have the run and the files of a version read again."""
    user = signed_in(request)
    version = visible_version_or_404(user, name, number)
    try:
        read_again(version, actor=user)
    except ActionError as error:
        messages.error(request, str(error))
    return redirect(version)


def _version_context(
    user: User, version: ModelVersion, form: forms.Form
) -> dict[str, Any]:
    evidence = getattr(version, "evidence", None)
    requests = TransitionRequest.objects.filter(version=version)
    comments, has_more_comments = _newest_comments(version)
    return {
        "version": version,
        "model": version.model,
        "evidence": evidence,
        "shown": evidence_view(evidence, metric_choices(version.model)),
        "run_url": run_url(version, evidence),
        "version_url": version_url(version),
        "run_link": version.run_link if _is_web_link(version.run_link) else "",
        "checks": [
            (check, check.link if _is_web_link(check.link) else "")
            for check in version.checks.select_related("reported_by")
        ],
        "requests": list(requests.select_related("requested_by")),
        "remarks": remarks_on(user, version, comments),
        "comment_count": sum(not comment.is_deleted for comment in comments),
        "has_more_comments": has_more_comments,
        "mentioned": people_mentioned(version.model, [c.text for c in comments]),
        "form": form,
        "incumbent": _incumbent(version),
        "metric_urls": f"{version.get_absolute_url()}metrics/",
        "may_comment": permissions.may_comment(user, version.model),
        "may_edit": version.is_live and permissions.may_edit_model(user, version.model),
        "may_manage": version.is_live
        and permissions.may_manage_model(user, version.model),
        "may_request": version.is_live and permissions.may_request(user, version.model),
    }


def _newest_comments(version: ModelVersion) -> tuple[list[Comment], bool]:
    """Return the newest comments, oldest first, and whether there are older ones."""
    comments = version.comments.select_related("author", "deleted_by")
    newest = list(comments.order_by("-created_at", "-pk")[: SHOWN_COMMENTS + 1])
    return newest[:SHOWN_COMMENTS][::-1], len(newest) > SHOWN_COMMENTS


def _incumbent(version: ModelVersion) -> ModelVersion | None:
    """Return the newest other version in Production."""
    holders: Any = ModelVersion.objects.filter(
        model=version.model_id, stage=Stage.PRODUCTION, deleted_at=None
    )
    found: ModelVersion | None = holders.exclude(pk=version.pk).first()
    if found is not None:
        found.model = version.model
    return found


def _is_web_link(address: str) -> bool:
    """May a browser be sent there? What others wrote may be a script."""
    return address.startswith(("https://", "http://"))
