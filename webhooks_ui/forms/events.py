"""The events that a webhook may be told of, as people choose and look for them."""

import re
from dataclasses import dataclass

from django import forms

from webhooks_ui.models import REGISTRY_WIDE_ONLY, EventName

EVENT_GROUPS: dict[str, list[EventName]] = {
    "Requests asked for": [
        EventName.TRANSITION_REQUEST_CREATED,
        EventName.TRANSITION_REQUEST_TO_STAGING_CREATED,
        EventName.TRANSITION_REQUEST_TO_PRODUCTION_CREATED,
        EventName.TRANSITION_REQUEST_TO_ARCHIVED_CREATED,
    ],
    "What becomes of requests": [
        EventName.TRANSITION_REQUEST_APPROVED,
        EventName.TRANSITION_REQUEST_REJECTED,
        EventName.TRANSITION_REQUEST_CANCELLED,
        EventName.TRANSITION_REQUEST_EXPIRED,
        EventName.TRANSITION_REQUEST_SUPERSEDED,
        EventName.TRANSITION_REQUEST_APPLIED,
        EventName.TRANSITION_FAILED,
        EventName.TRANSITION_UNDONE,
    ],
    "Stages": [
        EventName.MODEL_VERSION_TRANSITIONED_STAGE,
        EventName.MODEL_VERSION_TRANSITIONED_TO_STAGING,
        EventName.MODEL_VERSION_TRANSITIONED_TO_PRODUCTION,
        EventName.MODEL_VERSION_TRANSITIONED_TO_ARCHIVED,
    ],
    "Aliases": [
        EventName.MODEL_VERSION_ALIAS_SET,
        EventName.MODEL_VERSION_ALIAS_MOVED,
        EventName.MODEL_VERSION_ALIAS_DELETED,
    ],
    "Emergencies and incidents": [
        EventName.BREAK_GLASS_USED,
        EventName.BREAK_GLASS_REVIEW_OVERDUE,
        EventName.INCIDENT_OPENED,
        EventName.INCIDENT_RESOLVED,
    ],
    "Models and versions": [
        EventName.REGISTERED_MODEL_CREATED,
        EventName.REGISTERED_MODEL_RENAMED,
        EventName.REGISTERED_MODEL_DELETED,
        EventName.MODEL_VERSION_CREATED,
        EventName.MODEL_VERSION_DELETED,
        EventName.MODEL_VERSION_TAG_SET,
    ],
    "Comments, checks and policies": [
        EventName.COMMENT_CREATED,
        EventName.CHECK_REPORTED,
        EventName.POLICY_CHANGED,
    ],
}
"""Each event once, by what people look for."""
_OF_ONE_STAGE = re.compile(r"_TO_(STAGING|PRODUCTION|ARCHIVED)(_|$)")


@dataclass(frozen=True, slots=True)
class EventChoice:
    """One box of the form's events."""

    name: EventName
    is_checked: bool

    @property
    def is_registry_wide(self) -> bool:
        """Is it never told to a webhook of one model?"""
        return self.name in REGISTRY_WIDE_ONLY

    @property
    def is_of_one_stage(self) -> bool:
        """Does a more general event fire whenever it does?"""
        return is_of_one_stage(self.name)


@dataclass(frozen=True, slots=True)
class EventGroup:
    """The boxes of events that belong together, and the box for all of them."""

    name: str
    is_checked: bool
    choices: list[EventChoice]


def is_of_one_stage(name: str) -> bool:
    """Does a more general event fire whenever this one does?"""
    return _OF_ONE_STAGE.search(name) is not None


class EventFilterForm(forms.Form):
    """Looks for events in the catalogue."""

    q = forms.CharField(required=False, max_length=100)

    def words(self) -> list[str]:
        """Return what is looked for, without regard to case; none for all."""
        text = self.cleaned_data["q"] if self.is_valid() else ""
        return str(text).casefold().split()
