"""The registry's addresses; contracts in docs/architecture.md."""

from django.urls import URLPattern, URLResolver, include, path

from registry_ui.api.authentication import SameOriginSession
from registry_ui.api.dialect import comments as dialect_comments
from registry_ui.api.dialect import databricks, transition_requests
from registry_ui.api.dialect import permissions as dialect_permissions
from registry_ui.api.dialect.operations import PREFIX, PREVIEW_PREFIX, addresses
from registry_ui.api.enforcement.page import enforcement
from registry_ui.api.forward_auth import forward_auth
from registry_ui.api.gateway.operations import AJAX_PREFIX
from registry_ui.api.gateway.table import registry_addresses, server_addresses
from registry_ui.api.v1.docs import api_docs
from registry_ui.views import (
    account,
    activity,
    aliases,
    break_glass,
    catalog,
    comments,
    comparison,
    hints,
    history,
    inbox,
    incidents,
    jump,
    metadata,
    metric_choices,
    metric_curves,
    metric_versions,
    metrics,
    overview,
    permissions,
    policies,
    requests,
    stage_matrix,
    tokens,
    watching,
)

app_name = "registry_ui"

_FROM_PAGES = {"session": SameOriginSession}
"""Where MLflow's own pages call, on our origin: docs/whole-server.md."""

_dialect: list[URLPattern | URLResolver] = [
    path(
        "mlflow/",
        include(
            addresses(
                *databricks.OPERATIONS,
                *transition_requests.OPERATIONS,
                *dialect_comments.OPERATIONS,
            )
        ),
    ),
    *addresses(*dialect_permissions.OPERATIONS),
]

urlpatterns = [
    # First what programs call all the time: each address before it is looked at, too.
    path(PREFIX, include((registry_addresses, "gate"))),
    path(PREVIEW_PREFIX, include((registry_addresses, "gate_preview"))),
    path(AJAX_PREFIX, include((registry_addresses, "gate_ajax")), _FROM_PAGES),
    path("api/3.0/mlflow/", include((server_addresses, "gate_server"))),
    path("ajax-api/3.0/mlflow/", include((server_addresses, "gate_ajax_server"))),
    path("api/2.0/", include((_dialect, "databricks"))),
    path(
        "api/2.0/preview/",
        include((_dialect, "databricks_preview")),
        {"is_preview": True},
    ),
    path("", overview.overview, name="overview"),
    path("mirror/", overview.overview_mirror, name="overview_mirror"),
    path("models/", catalog.model_list, name="model_list"),
    path("stages/", stage_matrix.stage_matrix, name="stage_matrix"),
    path("jump/", jump.model_jump, name="model_jump"),
    path("models/<str:name>/", catalog.model_detail, name="model_detail"),
    # Below /models/ it would be the page of a model that is called so.
    path("register/", metadata.model_create, name="model_create"),
    path(
        "models/<str:name>/description/", metadata.model_describe, name="model_describe"
    ),
    path("models/<str:name>/watch/", watching.model_watch, name="model_watch"),
    path("models/<str:name>/tags/", metadata.model_tags, name="model_tags"),
    path(
        "models/<str:name>/tags/delete/",
        metadata.model_tag_delete,
        name="model_tag_delete",
    ),
    path("models/<str:name>/aliases/", aliases.model_aliases, name="model_aliases"),
    path(
        "models/<str:name>/permissions/",
        permissions.model_permissions,
        name="model_permissions",
    ),
    path("permissions/", permissions.registry_permissions, name="registry_permissions"),
    path("models/<str:name>/rename/", metadata.model_rename, name="model_rename"),
    path("models/<str:name>/delete/", metadata.model_delete, name="model_delete"),
    path(
        "models/<str:name>/metrics/",
        metric_choices.model_metrics,
        name="model_metrics",
    ),
    path(
        "models/<str:name>/metrics/<path:key>/",
        metric_versions.metric_versions,
        name="metric_versions",
    ),
    path("models/<str:name>/compare/", comparison.model_compare, name="model_compare"),
    path(
        "models/<str:name>/versions/<int:number>/",
        catalog.version_detail,
        name="version_detail",
    ),
    path(
        "models/<str:name>/versions/<int:number>/comment/",
        catalog.version_comment,
        name="version_comment",
    ),
    path(
        "models/<str:name>/versions/<int:number>/description/",
        metadata.version_describe,
        name="version_describe",
    ),
    path(
        "models/<str:name>/versions/<int:number>/tags/",
        metadata.version_tags,
        name="version_tags",
    ),
    path(
        "models/<str:name>/versions/<int:number>/tags/delete/",
        metadata.version_tag_delete,
        name="version_tag_delete",
    ),
    path(
        "models/<str:name>/versions/<int:number>/delete/",
        metadata.version_delete,
        name="version_delete",
    ),
    path(
        "models/<str:name>/versions/<int:number>/read-again/",
        catalog.version_read_again,
        name="version_read_again",
    ),
    path(
        "models/<str:name>/versions/<int:number>/metrics/<path:key>/",
        metrics.metric_detail,
        name="metric_detail",
    ),
    path(
        "models/<str:name>/versions/<int:number>/request/",
        requests.request_create,
        name="request_create",
    ),
    path(
        "models/<str:name>/roll-back/",
        requests.request_roll_back,
        name="request_roll_back",
    ),
    path(
        "models/<str:name>/versions/<int:number>/break-glass/",
        break_glass.request_break_glass,
        name="request_break_glass",
    ),
    path("compare/", comparison.version_compare, name="version_compare"),
    path("compare/metric/", metric_curves.metric_compare, name="metric_compare"),
    path("compare/csv/", comparison.version_compare_csv, name="version_compare_csv"),
    path("requests/", inbox.request_list, name="request_list"),
    path("requests/<int:number>/", requests.request_detail, name="request_detail"),
    path(
        "requests/<int:number>/review/", requests.request_review, name="request_review"
    ),
    path(
        "requests/<int:number>/comment/",
        requests.request_comment,
        name="request_comment",
    ),
    path(
        "requests/<int:number>/cancel/", requests.request_cancel, name="request_cancel"
    ),
    path("requests/<int:number>/retry/", requests.request_retry, name="request_retry"),
    path("requests/<int:number>/undo/", requests.request_undo, name="request_undo"),
    path(
        "requests/<int:number>/status/", requests.request_status, name="request_status"
    ),
    path("policies/", policies.policy_list, name="policy_list"),
    # No policy's name begins with a hyphen.
    path("policies/-/edit/", policies.policies_edit, name="policies_edit"),
    path("policies/<str:name>/", policies.policy_detail, name="policy_detail"),
    path("comments/<int:comment_id>/edit/", comments.comment_edit, name="comment_edit"),
    path(
        "comments/<int:comment_id>/delete/",
        comments.comment_delete,
        name="comment_delete",
    ),
    path(
        "comments/<int:comment_id>/history/",
        comments.comment_history,
        name="comment_history",
    ),
    path("models/<str:name>/history/", history.model_history, name="model_history"),
    path("hints/mlflow/", hints.mlflow_hint, name="mlflow_hint"),
    path("incidents/", incidents.incident_list, name="incident_list"),
    path("incidents/<int:number>/", incidents.incident_detail, name="incident_detail"),
    path(
        "incidents/<int:number>/answer/",
        incidents.incident_answer,
        name="incident_answer",
    ),
    path("enforcement/", enforcement, name="enforcement"),
    path("api/v1/docs", api_docs, name="api_docs"),
    path("audit/", activity.event_list, name="event_list"),
    path("audit/<int:position>/", activity.event_detail, name="event_detail"),
    path("account/", account.account, name="account"),
    path("account/tokens/", account.token_create, name="token_create"),
    path("account/tokens/<int:pk>/revoke/", account.token_revoke, name="token_revoke"),
    path("tokens/", tokens.token_list, name="token_list"),
    path("tokens/<int:pk>/revoke/", tokens.token_withdraw, name="token_withdraw"),
    path("api/forward-auth", forward_auth, name="gate_forward_auth"),
    # Envoy puts the path that it asks about behind this one.
    path("api/forward-auth/<path:asked>", forward_auth, name="gate_forward_auth_of"),
]
