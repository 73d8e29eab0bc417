"""What is stored, and what can never be false."""

from registry_ui.models.access import (
    NO_LEVEL,
    ApiToken,
    Level,
    ModelPermission,
    Scope,
    ServiceAccount,
    digest_of,
    levels_held,
    read_levels,
    readers,
    registry_level,
)
from registry_ui.models.allowances import Allowance
from registry_ui.models.audit import GENESIS, AuditBody, AuditEvent, chain_hash
from registry_ui.models.evidence import (
    Evidence,
    EvidenceState,
    MetricHistory,
    as_json_number,
    as_json_numbers,
)
from registry_ui.models.files import RequestFiles
from registry_ui.models.hints import Hint, MLflowWebhook
from registry_ui.models.incidents import Holding, Incident
from registry_ui.models.kept_answers import KeptAnswer
from registry_ui.models.mirror import (
    METRIC_KEY_LENGTH,
    NAME_LENGTH,
    TAG_KEY_LENGTH,
    Alias,
    MirrorState,
    ModelTag,
    ModelVersion,
    RegisteredModel,
    Stage,
    VersionTag,
)
from registry_ui.models.notifications import Notification
from registry_ui.models.policies import Policy, PolicyVersion
from registry_ui.models.registrations import Registration
from registry_ui.models.requests import (
    ALIAS_PREFIX,
    COMMENT_LENGTH,
    STAGE_PREFIX,
    Check,
    Comment,
    Review,
    TransitionRequest,
)
from registry_ui.models.watching import Subscription

__all__ = [
    "ALIAS_PREFIX",
    "COMMENT_LENGTH",
    "GENESIS",
    "METRIC_KEY_LENGTH",
    "NAME_LENGTH",
    "NO_LEVEL",
    "STAGE_PREFIX",
    "TAG_KEY_LENGTH",
    "Alias",
    "Allowance",
    "ApiToken",
    "AuditBody",
    "AuditEvent",
    "Check",
    "Comment",
    "Evidence",
    "EvidenceState",
    "Hint",
    "Holding",
    "Incident",
    "KeptAnswer",
    "Level",
    "MLflowWebhook",
    "MetricHistory",
    "MirrorState",
    "ModelPermission",
    "ModelTag",
    "ModelVersion",
    "Notification",
    "Policy",
    "PolicyVersion",
    "RegisteredModel",
    "Registration",
    "RequestFiles",
    "Review",
    "Scope",
    "ServiceAccount",
    "Stage",
    "Subscription",
    "TransitionRequest",
    "VersionTag",
    "as_json_number",
    "as_json_numbers",
    "chain_hash",
    "digest_of",
    "levels_held",
    "read_levels",
    "readers",
    "registry_level",
]
