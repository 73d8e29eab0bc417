"""What a person typed, checked; nothing here saves."""

from registry_ui.forms.catalog import (
    EVENT_GROUPS,
    EventFilterForm,
    ModelFilterForm,
    TokenForm,
)
from registry_ui.forms.metadata import (
    DescriptionForm,
    ModelDeleteForm,
    RegistrationForm,
    RenameForm,
    TagDeleteForm,
    TagForm,
    VersionDeleteForm,
)
from registry_ui.forms.requests import (
    CancelForm,
    CommentForm,
    RequestForm,
    ReviewForm,
)

__all__ = [
    "EVENT_GROUPS",
    "CancelForm",
    "CommentForm",
    "DescriptionForm",
    "EventFilterForm",
    "ModelDeleteForm",
    "ModelFilterForm",
    "RegistrationForm",
    "RenameForm",
    "RequestForm",
    "ReviewForm",
    "TagDeleteForm",
    "TagForm",
    "TokenForm",
    "VersionDeleteForm",
]
