"""What a person typed, checked; nothing here saves."""

from registry_ui.forms.catalog import (
    EVENT_GROUPS,
    EventFilterForm,
    ModelFilterForm,
    TokenForm,
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
    "AnswerForm",
    "CancelForm",
    "CommentForm",
    "EventFilterForm",
    "InstantForm",
    "ModelFilterForm",
    "RequestForm",
    "ReviewForm",
    "TokenForm",
]
