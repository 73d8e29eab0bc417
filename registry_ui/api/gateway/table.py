"""All that the gate serves: path, what it needs, how that is checked.

Source: MLflow's registry service (`model_registry.proto`, MLflow 3).
"""

from collections.abc import Callable
from typing import Any, TypeVar

from registry_ui.api.dialect.operations import addresses
from registry_ui.api.gateway import moves, reads, webhooks, writes
from registry_ui.api.gateway import parameters as takes
from registry_ui.api.gateway.operations import Checked, GateOperation, in_workspace
from registry_ui.api.gateway.writes import on_model, on_version
from registry_ui.models import Level, Scope

_MODELS = "registered-models"
_VERSIONS = "model-versions"
_ALIAS = f"{_MODELS}/alias"
_LATEST = f"{_MODELS}/get-latest-versions"
_P = TypeVar("_P", bound=takes.Given)
Operations = tuple[GateOperation[Any], ...]


def _read(
    path: str,
    parameters: type[_P],
    run: Callable[..., Any],
    *,
    method: str = "GET",
    checked: Checked = Checked.MODEL,
) -> GateOperation[_P]:
    return GateOperation(
        method, path, parameters, run, Scope.READ, Level.CAN_READ, checked
    )


def _change(
    method: str,
    path: str,
    parameters: type[_P],
    run: Callable[..., Any],
    level: Level,
    checked: Checked = Checked.MODEL,
    scope: Scope = Scope.ADMIN,
) -> GateOperation[_P]:
    if checked is not Checked.REGISTRY:  # which is what there is not yet
        run = on_model(method, path, level, run)
    return GateOperation(method, path, parameters, run, scope, level, checked)


def _administered(
    method: str, path: str, parameters: type[_P], run: Callable[..., Any]
) -> GateOperation[_P]:
    return GateOperation(
        method, path, parameters, run, Scope.ADMIN, None, Checked.ADMINISTRATOR
    )


_READS: Operations = (
    _read(f"{_MODELS}/get", takes.ModelName, reads.of_model(f"{_MODELS}/get")),
    _read(_ALIAS, takes.AliasName, reads.of_model(_ALIAS)),
    _read(_LATEST, takes.LatestVersions, reads.of_model(_LATEST)),
    _read(_LATEST, takes.LatestVersions, reads.of_model(_LATEST), method="POST"),
    _read(
        f"{_MODELS}/search",
        takes.Search,
        reads.search(f"{_MODELS}/search", "registered_models", 100),
        checked=Checked.FILTERED,
    ),
    # Gone from MLflow 3, and still a call of databricks-sdk.
    _read(
        f"{_MODELS}/list",
        takes.Search,
        reads.search(f"{_MODELS}/search", "registered_models", 100),
        checked=Checked.FILTERED,
    ),
    _read(f"{_VERSIONS}/get", takes.VersionName, reads.of_version(f"{_VERSIONS}/get")),
    _read(
        f"{_VERSIONS}/get-download-uri",
        takes.VersionName,
        reads.of_version(f"{_VERSIONS}/get-download-uri"),
    ),
    _read(
        f"{_VERSIONS}/search",
        takes.Search,
        reads.search(f"{_VERSIONS}/search", "model_versions", 200_000),
        checked=Checked.FILTERED,
    ),
)

_EDITS: Operations = (
    _change(
        "POST",
        f"{_MODELS}/create",
        takes.NewModel,
        writes.create_model,
        Level.CAN_EDIT,
        Checked.REGISTRY,
    ),
    _change(
        "POST",
        f"{_VERSIONS}/create",
        takes.NewVersion,
        writes.create_version,
        Level.CAN_EDIT,
    ),
    _change(
        "PATCH",
        f"{_MODELS}/update",
        takes.ModelDescription,
        writes.describe_model,
        Level.CAN_EDIT,
    ),
    _change(
        "PATCH",
        f"{_VERSIONS}/update",
        takes.VersionDescription,
        on_version(writes.describe_version),
        Level.CAN_EDIT,
    ),
    _change(
        "POST",
        f"{_MODELS}/set-tag",
        takes.ModelTag,
        writes.set_model_tag,
        Level.CAN_EDIT,
    ),
    _change(
        "POST",
        f"{_VERSIONS}/set-tag",
        takes.VersionTag,
        on_version(writes.set_version_tag),
        Level.CAN_EDIT,
    ),
    _change(
        "DELETE",
        f"{_MODELS}/delete-tag",
        takes.ModelTag,
        writes.delete_model_tag,
        Level.CAN_EDIT,
    ),
    _change(
        "DELETE",
        f"{_VERSIONS}/delete-tag",
        takes.VersionTag,
        on_version(writes.delete_version_tag),
        Level.CAN_EDIT,
    ),
)

_MANAGEMENT: Operations = (
    _change(
        "POST",
        f"{_MODELS}/rename",
        takes.NewName,
        writes.rename_model,
        Level.CAN_MANAGE,
    ),
    _change(
        "DELETE",
        f"{_MODELS}/delete",
        takes.ModelName,
        writes.delete_model,
        Level.CAN_MANAGE,
        Checked.USES,
    ),
    _change(
        "DELETE",
        f"{_VERSIONS}/delete",
        takes.VersionName,
        on_version(writes.delete_version),
        Level.CAN_MANAGE,
        Checked.USES,
    ),
)

_MOVES: Operations = (
    # The scope of who asks: a policy may grant at once what is asked for. The level is
    # the least; into or out of Production it is that for Production.
    _change(
        "POST",
        f"{_VERSIONS}/transition-stage",
        takes.Transition,
        moves.transition,
        Level.CAN_MANAGE_STAGING_VERSIONS,
        Checked.TARGET,
        Scope.REQUEST,
    ),
    _change(
        "POST",
        _ALIAS,
        takes.AliasMove,
        moves.set_alias,
        Level.CAN_MANAGE_PRODUCTION_VERSIONS,
        Checked.TARGET,
        Scope.REQUEST,
    ),
    _change(
        "DELETE",
        _ALIAS,
        takes.AliasName,
        moves.delete_alias,
        Level.CAN_MANAGE_PRODUCTION_VERSIONS,
        Checked.TARGET,
        Scope.REQUEST,
    ),
)

_WEBHOOK = "webhooks/<str:webhook_id>"
_WEBHOOKS: Operations = (
    _administered("GET", "webhooks", takes.Search, webhooks.list_webhooks),
    _administered("POST", "webhooks", takes.Webhook, webhooks.change("POST")),
    _administered("GET", _WEBHOOK, takes.WebhookId, webhooks.get_webhook),
    _administered("PATCH", _WEBHOOK, takes.WebhookChange, webhooks.change("PATCH")),
    _administered("DELETE", _WEBHOOK, takes.WebhookId, webhooks.change("DELETE")),
    _administered(
        "POST",
        f"{_WEBHOOK}/test",
        takes.WebhookChange,
        webhooks.test,
    ),
)

OPERATIONS: Operations = (*_READS, *_EDITS, *_MANAGEMENT, *_MOVES, *_WEBHOOKS)
"""Below `PREFIX`, `PREVIEW_PREFIX` and `AJAX_PREFIX`."""

SERVER_OPERATIONS: Operations = (
    GateOperation(
        "GET",
        "server-info",
        takes.Nothing,
        reads.server_info,
        Scope.READ,
        level=None,
        checked=Checked.TOKEN,
    ),
)
"""Below `api/3.0/mlflow/` and `ajax-api/3.0/mlflow/`; of any workspace."""

registry_addresses = addresses(*map(in_workspace, OPERATIONS))
server_addresses = addresses(*SERVER_OPERATIONS)
