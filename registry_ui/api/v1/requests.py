"""Transition requests: list, ask, read, review, cancel, retry, undo."""

from http import HTTPStatus

from django.http import HttpResponse
from ninja import Path, Query, Router, Status

from registry_ui.actions.awaited import all_awaited_from
from registry_ui.actions.break_glass import break_glass
from registry_ui.actions.requests import (
    cancel_request,
    create_request,
    retry_request,
)
from registry_ui.actions.reviews import review_request
from registry_ui.actions.undo import undo_request
from registry_ui.api.authentication import ApiRequest, needs, require_scope
from registry_ui.api.v1.descriptions import (
    describe,
    describe_gates,
    request_url,
    summarise,
)
from registry_ui.api.v1.fields import REFUSALS, Error
from registry_ui.api.v1.idempotency import idempotent
from registry_ui.api.v1.lookups import (
    refuse_invisible_model,
    visible_request_or_404,
    visible_version_or_404,
)
from registry_ui.api.v1.paging import page_by
from registry_ui.api.v1.schemas import (
    CancelIn,
    GatesOut,
    RequestFilter,
    RequestIn,
    RequestList,
    RequestOut,
    RequestPath,
    ReviewIn,
)
from registry_ui.models import Scope, TransitionRequest

router = Router(tags=["Transition requests"])
PATH = "/requests/{number}"
NO_COMMENT = CancelIn()


@router.get("/requests", response={200: RequestList, **REFUSALS}, summary="List")
@needs(Scope.READ)
def list_requests(request: ApiRequest, filters: Query[RequestFilter]) -> RequestList:
    """List the requests about models that you may read, newest first."""
    found = TransitionRequest.objects.visible_to(request.auth).select_related(
        "version__model", "requested_by", "closed_by"
    )
    if filters.status is not None:
        found = found.filter(status=filters.status)
    if filters.model is not None:
        refuse_invisible_model(request.auth, filters.model)
        found = found.filter(version__model__name=filters.model)
    if filters.mine:
        found = found.filter(requested_by=request.auth)
    if filters.waiting_for_me:
        found = found.filter(pk__in=all_awaited_from(request.auth))
    page, cursor = page_by(found, filters, "-number")
    return RequestList(requests=[summarise(row) for row in page], next_cursor=cursor)


@router.post("/requests", response={201: RequestOut, **REFUSALS}, summary="Ask")
@needs(Scope.REQUEST)
@idempotent
def create_transition_request(
    request: ApiRequest, body: RequestIn, response: HttpResponse
) -> Status[RequestOut]:
    """Ask to put a version into a target.

    Needs Can Read on the model. One person has at most one open request for a version
    and target; a second one is refused with RESOURCE_ALREADY_EXISTS. `kind` is found,
    not chosen: going back to who held the target before is a rollback. A token that
    breaks the glass needs the scope `admin`, too.
    """
    version = visible_version_or_404(request.auth, body.model, body.version)
    archives = body.archive_existing_versions
    if body.break_glass:
        require_scope(request, Scope.ADMIN)
        created = break_glass(
            version,
            body.wanted_target,
            actor=request.auth,
            reason=body.comment,
            archive_existing_versions=archives,
        )
    else:
        created = create_request(
            version,
            body.wanted_target,
            actor=request.auth,
            comment=body.comment,
            archive_existing_versions=archives,
        )
    response["Location"] = request_url(created)
    return Status(HTTPStatus.CREATED, describe(created))


@router.get(PATH, response={200: RequestOut, **REFUSALS}, summary="Read")
@needs(Scope.READ)
def get_request(request: ApiRequest, path: Path[RequestPath]) -> RequestOut:
    """Read a request with its gates, plan, reviews, comments and outcome."""
    return describe(visible_request_or_404(request.auth, path.number))


@router.get(
    f"{PATH}/gates", response={200: GatesOut, **REFUSALS}, summary="Why blocked"
)
@needs(Scope.READ)
def get_gates(request: ApiRequest, path: Path[RequestPath]) -> GatesOut:
    """Tell why a request is not approved: its gates, and what would satisfy them."""
    return describe_gates(visible_request_or_404(request.auth, path.number))


@router.post(
    f"{PATH}/reviews",
    response={201: RequestOut, **REFUSALS, 409: Error},
    summary="Approve or reject",
)
@needs(Scope.REVIEW)
@idempotent
def create_review(
    request: ApiRequest, path: Path[RequestPath], body: ReviewIn
) -> Status[RequestOut]:
    """Decide on a request; answers the request as it is then.

    Needs the level that decides on the target. If this was the last approval missing,
    the request is `approved`, and a worker changes MLflow within moments: read the
    request again until it is `applied` or `failed`.
    """
    found = visible_request_or_404(request.auth, path.number)
    review_request(
        found,
        body.decision,
        actor=request.auth,
        seen=body.seen,
        comment=body.comment,
    )
    after = visible_request_or_404(request.auth, path.number)
    return Status(HTTPStatus.CREATED, describe(after))


@router.post(f"{PATH}/cancel", response={200: RequestOut, **REFUSALS}, summary="Cancel")
@needs(Scope.REQUEST)
def create_cancellation(
    request: ApiRequest, path: Path[RequestPath], body: CancelIn = NO_COMMENT
) -> RequestOut:
    """Withdraw an open request: one's own, or any with Can Manage on the model."""
    found = visible_request_or_404(request.auth, path.number)
    return describe(cancel_request(found, actor=request.auth, comment=body.comment))


@router.post(f"{PATH}/retry", response={200: RequestOut, **REFUSALS}, summary="Retry")
@needs(Scope.REVIEW)
def create_retry(request: ApiRequest, path: Path[RequestPath]) -> RequestOut:
    """Have the plan of a failed request tried again, as it was approved.

    Needs the level that decides on the target. A worker changes MLflow within moments:
    read the request again until it is `applied` or `failed`.
    """
    found = visible_request_or_404(request.auth, path.number)
    return describe(retry_request(found, actor=request.auth))


@router.post(f"{PATH}/undo", response={200: RequestOut, **REFUSALS}, summary="Undo")
@needs(Scope.REVIEW)
def create_undo(request: ApiRequest, path: Path[RequestPath]) -> RequestOut:
    """Have what came true of a failed request's plan taken back.

    Needs the level that decides on the target; a revert can only be tried again. A
    worker changes MLflow within moments: read the request again until it is `undone`
    or `failed`.
    """
    found = visible_request_or_404(request.auth, path.number)
    return describe(undo_request(found, actor=request.auth))
