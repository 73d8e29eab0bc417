"""What is typed about API tokens."""

from django import forms
from django.contrib.auth.models import User

from registry_ui.forms.catalog import FilterForm
from registry_ui.models import Scope

_DAYS = 90


class TokenForm(forms.Form):
    """Names a new token and says how long it works, and for what."""

    name = forms.CharField(
        max_length=100,
        label="What is it for?",
        widget=forms.TextInput({"placeholder": "CI of churn", "autocomplete": "off"}),
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=3650,
        initial=_DAYS,
        label="Days it works",
        help_text="Empty: until it is revoked.",
    )
    scopes = forms.MultipleChoiceField(
        label="Good for",
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text="Never for more than its owner may do.",
        error_messages={"required": "Choose at least one."},
    )
    opens_requests = forms.BooleanField(
        required=False,
        label="Ask where a move needs a request",
        help_text="A refused move opens the request in the same call. For MLflow's"
        " clients, which cannot send X-Signoff-Request. Needs the scope request.",
    )


class ServiceTokenForm(TokenForm):
    """The same of a service account, which is made where there is none of the name."""

    account = forms.CharField(
        max_length=150,
        label="Service account",
        widget=forms.TextInput({"placeholder": "ci-bot", "autocomplete": "off"}),
        validators=[User.username_validator],
        help_text="One that exists, or a new name. It signs in with tokens alone.",
    )
    field_order = ["account", "name", "days", "scopes", "opens_requests"]


class TokenFilterForm(FilterForm):
    """Finds tokens."""

    q = forms.CharField(required=False, max_length=150)
