"""Names of the events that a webhook can hear of; contracts, see docs/webhooks.md."""

from django.db import models


class EventName(models.TextChoices):
    """Databricks' twelve in their spelling, then ours in the same manner."""

    REGISTERED_MODEL_CREATED = "REGISTERED_MODEL_CREATED", "A model is created"
    MODEL_VERSION_CREATED = "MODEL_VERSION_CREATED", "A version is created"
    MODEL_VERSION_TAG_SET = "MODEL_VERSION_TAG_SET", "A tag of a version is set"
    COMMENT_CREATED = "COMMENT_CREATED", "A comment is written"
    TRANSITION_REQUEST_CREATED = (
        "TRANSITION_REQUEST_CREATED",
        "Any transition is requested",
    )
    TRANSITION_REQUEST_TO_STAGING_CREATED = (
        "TRANSITION_REQUEST_TO_STAGING_CREATED",
        "A transition to Staging is requested",
    )
    TRANSITION_REQUEST_TO_PRODUCTION_CREATED = (
        "TRANSITION_REQUEST_TO_PRODUCTION_CREATED",
        "A transition to Production is requested",
    )
    TRANSITION_REQUEST_TO_ARCHIVED_CREATED = (
        "TRANSITION_REQUEST_TO_ARCHIVED_CREATED",
        "A transition to Archived is requested",
    )
    MODEL_VERSION_TRANSITIONED_STAGE = (
        "MODEL_VERSION_TRANSITIONED_STAGE",
        "A version changes to any stage",
    )
    MODEL_VERSION_TRANSITIONED_TO_STAGING = (
        "MODEL_VERSION_TRANSITIONED_TO_STAGING",
        "A version enters Staging",
    )
    MODEL_VERSION_TRANSITIONED_TO_PRODUCTION = (
        "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION",
        "A version enters Production",
    )
    MODEL_VERSION_TRANSITIONED_TO_ARCHIVED = (
        "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED",
        "A version is archived",
    )

    TRANSITION_REQUEST_APPROVED = (
        "TRANSITION_REQUEST_APPROVED",
        "A request is approved",
    )
    TRANSITION_REQUEST_REJECTED = (
        "TRANSITION_REQUEST_REJECTED",
        "A request is rejected",
    )
    TRANSITION_REQUEST_CANCELLED = (
        "TRANSITION_REQUEST_CANCELLED",
        "A request is withdrawn",
    )
    TRANSITION_REQUEST_EXPIRED = (
        "TRANSITION_REQUEST_EXPIRED",
        "A request expires undecided",
    )
    TRANSITION_REQUEST_SUPERSEDED = (
        "TRANSITION_REQUEST_SUPERSEDED",
        "A request is overtaken by another one",
    )
    TRANSITION_REQUEST_APPLIED = (
        "TRANSITION_REQUEST_APPLIED",
        "An approved request is carried out",
    )
    TRANSITION_FAILED = "TRANSITION_FAILED", "An approved request fails"
    TRANSITION_UNDONE = "TRANSITION_UNDONE", "A failed request is undone"
    BREAK_GLASS_USED = "BREAK_GLASS_USED", "Somebody uses break-glass"
    BREAK_GLASS_REVIEW_OVERDUE = (
        "BREAK_GLASS_REVIEW_OVERDUE",
        "The review of a break-glass is overdue",
    )
    INCIDENT_OPENED = "INCIDENT_OPENED", "An incident is opened"
    INCIDENT_RESOLVED = "INCIDENT_RESOLVED", "An incident is resolved"
    MODEL_VERSION_ALIAS_SET = "MODEL_VERSION_ALIAS_SET", "An alias is new"
    MODEL_VERSION_ALIAS_MOVED = (
        "MODEL_VERSION_ALIAS_MOVED",
        "An alias moves to another version",
    )
    MODEL_VERSION_ALIAS_DELETED = "MODEL_VERSION_ALIAS_DELETED", "An alias is deleted"
    CHECK_REPORTED = "CHECK_REPORTED", "A check is reported"
    MODEL_VERSION_DELETED = "MODEL_VERSION_DELETED", "A version is deleted"
    REGISTERED_MODEL_RENAMED = "REGISTERED_MODEL_RENAMED", "A model is renamed"
    REGISTERED_MODEL_DELETED = "REGISTERED_MODEL_DELETED", "A model is deleted"
    POLICY_CHANGED = "POLICY_CHANGED", "A promotion policy changes"


DATABRICKS_EVENTS = tuple(EventName)[:12]
"""Those that Databricks' clients know; one of ours makes them raise."""

REGISTRY_WIDE_ONLY = frozenset(
    {EventName.REGISTERED_MODEL_CREATED, EventName.POLICY_CHANGED}
)
"""Told to no webhook of a single model: it cannot concern one that exists."""


def event_choices() -> list[tuple[str, str]]:
    """Return names and labels; a function, so that a new name needs no migration."""
    return EventName.choices
