"""What a person typed, checked; nothing here saves."""

from registry_ui.forms.aliases import AliasForm, AliasRemovalForm
from registry_ui.forms.catalog import (
    EVENT_GROUPS,
    IN_BOTH,
    MOST_COLUMNS,
    EventFilterForm,
    FilterForm,
    ModelFilterForm,
    VersionFilterForm,
)
from registry_ui.forms.inbox import (
    ANY_ALIAS,
    KINDS,
    TABS,
    RequestFilterForm,
    statuses_of,
    target_as_stored,
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
from registry_ui.forms.permissions import GrantForm, RevocationForm, holders_called
from registry_ui.forms.policies import PoliciesForm
from registry_ui.forms.requests import (
    ALIAS_CHOICE,
    BreakGlassForm,
    CancelForm,
    CommentEditForm,
    CommentForm,
    RequestForm,
    ReviewForm,
)
from registry_ui.forms.tokens import ServiceTokenForm, TokenFilterForm, TokenForm

__all__ = [
    "ALIAS_CHOICE",
    "ANY_ALIAS",
    "EVENT_GROUPS",
    "IN_BOTH",
    "KINDS",
    "MOST_COLUMNS",
    "TABS",
    "AgainstForm",
    "AliasForm",
    "AliasRemovalForm",
    "AnswerForm",
    "BreakGlassForm",
    "CancelForm",
    "CommentEditForm",
    "CommentForm",
    "CurvesForm",
    "DescriptionForm",
    "EventFilterForm",
    "FilterForm",
    "GrantForm",
    "InstantForm",
    "MetricChoicesForm",
    "ModelDeleteForm",
    "ModelFilterForm",
    "PoliciesForm",
    "RegistrationForm",
    "RenameForm",
    "RequestFilterForm",
    "RequestForm",
    "ReviewForm",
    "RevocationForm",
    "ServiceTokenForm",
    "TagDeleteForm",
    "TagForm",
    "TokenFilterForm",
    "TokenForm",
    "VersionDeleteForm",
    "VersionFilterForm",
    "holders_called",
    "statuses_of",
    "target_as_stored",
]
