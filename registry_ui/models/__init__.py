"""What is stored, and what can never be false."""

from registry_ui.models.access import ApiToken, Level, ModelPermission
from registry_ui.models.audit import GENESIS, AuditEvent, chain_hash
from registry_ui.models.incidents import Holding, Incident
from registry_ui.models.mirror import (
    NAME_LENGTH,
    Alias,
    Evidence,
    MirrorState,
    ModelTag,
    ModelVersion,
    RegisteredModel,
    Stage,
    VersionTag,
    as_json_numbers,
)
from registry_ui.models.requests import (
    ALIAS_PREFIX,
    COMMENT_LENGTH,
    STAGE_PREFIX,
    Check,
    Comment,
    Review,
    TransitionRequest,
)

__all__ = [
    "ALIAS_PREFIX",
    "COMMENT_LENGTH",
    "GENESIS",
    "NAME_LENGTH",
    "STAGE_PREFIX",
    "Alias",
    "ApiToken",
    "AuditEvent",
    "Check",
    "Comment",
    "Evidence",
    "Holding",
    "Incident",
    "Level",
    "MirrorState",
    "ModelPermission",
    "ModelTag",
    "ModelVersion",
    "RegisteredModel",
    "Review",
    "Stage",
    "TransitionRequest",
    "VersionTag",
    "as_json_numbers",
    "chain_hash",
]
