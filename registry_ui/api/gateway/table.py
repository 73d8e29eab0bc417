"""All that the gate serves: path, what it needs, how that is checked.

Source: MLflow's registry service (`model_registry.proto`, MLflow 3).
"""

from typing import Any

from registry_ui.api.dialect.operations import addresses
from registry_ui.api.gateway import reads
from registry_ui.api.gateway.operations import (
    Checked,
    GateOperation,
    Scope,
    in_workspace,
)
from registry_ui.api.gateway.parameters import (
    AliasName,
    LatestVersions,
    ModelName,
    Nothing,
    Search,
    VersionName,
)
from registry_ui.models import Level

_MODELS = "registered-models"
_VERSIONS = "model-versions"
_READ = (Level.CAN_READ, Checked.MODEL, Scope.READ)
_FIND = (Level.CAN_READ, Checked.FILTERED, Scope.READ)

_READS: tuple[GateOperation[Any], ...] = (
    GateOperation(
        "GET", f"{_MODELS}/get", ModelName, reads.of_model(f"{_MODELS}/get"), *_READ
    ),
    GateOperation(
        "GET", f"{_MODELS}/alias", AliasName, reads.of_model(f"{_MODELS}/alias"), *_READ
    ),
    *(
        GateOperation(
            method,
            f"{_MODELS}/get-latest-versions",
            LatestVersions,
            reads.of_model(f"{_MODELS}/get-latest-versions"),
            *_READ,
        )
        for method in ("GET", "POST")
    ),
    *(
        GateOperation("GET", path, VersionName, reads.of_version(path), *_READ)
        for path in (f"{_VERSIONS}/get", f"{_VERSIONS}/get-download-uri")
    ),
    GateOperation(
        "GET",
        f"{_MODELS}/search",
        Search,
        reads.search(f"{_MODELS}/search", "registered_models", 100),
        *_FIND,
    ),
    GateOperation(
        "GET",
        f"{_VERSIONS}/search",
        Search,
        reads.search(f"{_VERSIONS}/search", "model_versions", 200_000),
        *_FIND,
    ),
)

OPERATIONS: tuple[GateOperation[Any], ...] = _READS
"""Below `PREFIX`, `PREVIEW_PREFIX` and `AJAX_PREFIX`."""

SERVER_OPERATIONS: tuple[GateOperation[Any], ...] = (
    GateOperation(
        "GET",
        "server-info",
        Nothing,
        reads.server_info,
        level=None,
        checked=Checked.TOKEN,
        scope=Scope.READ,
    ),
)
"""Below `SERVER_PREFIXES`; of any workspace."""

registry_addresses = addresses(*map(in_workspace, OPERATIONS))
server_addresses = addresses(*SERVER_OPERATIONS)
