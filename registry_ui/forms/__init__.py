"""What a person typed, checked; nothing here saves."""

from registry_ui.forms.catalog import (
    EVENT_GROUPS,
    MOST_COLUMNS,
    EventFilterForm,
    FilterForm,
    ModelFilterForm,
    TokenForm,
    VersionFilterForm,
)
from registry_ui.forms.incidents import AnswerForm, InstantForm
from registry_ui.forms.requests import (
    CancelForm,
    CommentForm,
    RequestForm,
    ReviewForm,
)

__all__ = [
    "EVENT_GROUPS",
    "MOST_COLUMNS",
    "AnswerForm",
    "CancelForm",
    "CommentForm",
    "EventFilterForm",
    "FilterForm",
    "InstantForm",
    "ModelFilterForm",
    "RequestForm",
    "ReviewForm",
    "TokenForm",
    "VersionFilterForm",
]
