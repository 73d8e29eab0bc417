"""What a person types to find models and events, and to name a token."""

from typing import Any

from django import forms

from registry_ui.models import Stage

EVENT_GROUPS: dict[str, tuple[str, ...]] = {
    "Stages and aliases": ("model_version.transitioned", "model_version_alias."),
    "Requests": ("transition_request.", "review."),
    "Incidents": ("incident.",),
    "Comments": ("comment.",),
    "Checks": ("check.",),
    "Models and versions": (
        "mirror.",
        "registered_model.",
        "model_version.created",
        "model_version.updated",
        "model_version.deleted",
    ),
    "Tags": ("registered_model_tag.", "model_version_tag."),
    "Access": ("permission.", "user.", "group.", "api_token."),
    "Webhooks": ("webhook.",),
}
"""What people look for in the activity, and the beginnings of the event types."""


class FilterForm(forms.Form):
    """Reads a query string; what is wrong in it counts as not given."""

    def chosen(self) -> dict[str, Any]:
        """Return each field's value, an empty one where nothing usable was given."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class ModelFilterForm(FilterForm):
    """Finds models in the list."""

    q = forms.CharField(required=False, max_length=256)
    stage = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any stage"),
            *((stage, f"Has {stage}") for stage in Stage.values if stage != Stage.NONE),
        ],
    )
    sort = forms.ChoiceField(
        required=False, choices=[("", "By name"), ("updated", "Recently updated")]
    )


class EventFilterForm(FilterForm):
    """Finds events."""

    kind = forms.ChoiceField(
        required=False,
        choices=[("", "Everything"), *((group, group) for group in EVENT_GROUPS)],
    )
    model = forms.CharField(required=False, max_length=256)
    person = forms.CharField(required=False, max_length=150)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    after = forms.IntegerField(required=False, min_value=1, max_value=2**62)


class TokenForm(forms.Form):
    """Names a new token and says how long it works."""

    name = forms.CharField(
        max_length=100,
        label="What is it for?",
        widget=forms.TextInput({"placeholder": "CI of churn", "autocomplete": "off"}),
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=3650,
        initial=90,
        label="Days it works",
        help_text="Empty: until you revoke it.",
    )
