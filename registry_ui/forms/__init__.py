"""What a person typed, checked; nothing here saves."""

from registry_ui.forms.aliases import AliasForm, AliasRemovalForm
from registry_ui.forms.catalog import (
    EVENT_GROUPS,
    IN_BOTH,
    MOST_COLUMNS,
    EventFilterForm,
    FilterForm,
    ModelFilterForm,
    TokenForm,
    VersionFilterForm,
)
from registry_ui.forms.incidents import AnswerForm, InstantForm
from registry_ui.forms.metadata import (
    DescriptionForm,
    ModelDeleteForm,
    RegistrationForm,
    RenameForm,
    TagDeleteForm,
    TagForm,
    VersionDeleteForm,
)
from registry_ui.forms.metrics import AgainstForm, CurvesForm, MetricChoicesForm
from registry_ui.forms.requests import (
    CancelForm,
    CommentEditForm,
    CommentForm,
    RequestForm,
    ReviewForm,
)

__all__ = [
    "EVENT_GROUPS",
    "IN_BOTH",
    "MOST_COLUMNS",
    "AgainstForm",
    "AliasForm",
    "AliasRemovalForm",
    "AnswerForm",
    "CancelForm",
    "CommentEditForm",
    "CommentForm",
    "CurvesForm",
    "DescriptionForm",
    "EventFilterForm",
    "FilterForm",
    "InstantForm",
    "MetricChoicesForm",
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
    "VersionFilterForm",
]
