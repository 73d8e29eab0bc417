"""What a person types to find models, versions and events, and to name a token."""

import re
from typing import Any
from urllib.parse import urlencode

from django import forms

from registry_ui.models import NAME_LENGTH, Stage
from registry_ui.models.text import MetricValue

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
    "Prompts": (
        "prompt.",
        "prompt_tag.",
        "prompt_version.",
        "prompt_version_tag.",
        "prompt_version_alias.",
    ),
    "Policies": ("policy.",),
    "Access": ("permission.", "user.", "group.", "api_token.", "sign_in."),
    "Webhooks": ("webhook.", "mlflow_webhook."),
}
"""What people look for in the activity, and the beginnings of the event types."""


IN_BOTH = "both"
"""Stands for the stages Staging and Production at once."""
MOST_COLUMNS = 12
_COLUMN = re.compile(r"(?:metric|param|tag):.{1,500}", re.DOTALL)


class FilterForm(forms.Form):
    """Reads a query string; what is wrong in it counts as not given."""

    NO_CONDITIONS = frozenset({"sort", "col"})
    """Fields that say how to show what is found."""

    def chosen(self) -> dict[str, Any]:
        """Return each field's value, an empty one where nothing usable was given."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}

    def query(self, **changes: Any) -> str:
        """Return what was chosen as the query of an address, as short as it can be.

        Args:
            changes: other values for some fields, or more parameters; empty ones are
                left out.

        Returns:
            `?q=churn&stage=Staging`; `.`, the page itself, where nothing was chosen.
        """
        given = self.chosen() | changes
        pairs = {name: value for name, value in given.items() if value}
        return "?" + urlencode(pairs, doseq=True, safe=":/@=,") if pairs else "."

    def conditions(self) -> list[tuple[str, str]]:
        """Return each condition in words, with the query that lacks it."""
        chosen = self.chosen()
        return [
            (self._in_words(name, chosen[name]), self.query(**{name: ""}))
            for name in self.fields
            if chosen[name] and name not in self.NO_CONDITIONS
        ]

    def _in_words(self, name: str, value: str) -> str:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            labels: dict[str, str] = dict(field.choices)  # type: ignore[arg-type] # pairs, all of them
            return labels[value]
        return f"{field.label or name.capitalize()}: {value}"


class ModelFilterForm(FilterForm):
    """Finds models in the list."""

    q = forms.CharField(required=False, max_length=NAME_LENGTH, label="Name")
    stage = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any stage"),
            *((stage, f"Has {stage}") for stage in Stage.values if stage != Stage.NONE),
            (IN_BOTH, "Has Staging and Production"),
        ],
    )
    requests = forms.ChoiceField(
        required=False, choices=[("", "Any"), ("open", "Has an open request")]
    )
    incident = forms.ChoiceField(
        required=False, choices=[("", "Any"), ("open", "Has an incident")]
    )
    owner = forms.CharField(required=False, max_length=NAME_LENGTH)
    tag = forms.CharField(required=False, max_length=6000)
    alias = forms.CharField(required=False, max_length=NAME_LENGTH)
    since = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Updated at any time"),
            ("7", "Updated in the last 7 days"),
            ("30", "Updated in the last 30 days"),
            ("90", "Updated in the last 90 days"),
        ],
    )
    sort = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Name, A to Z"),
            ("-name", "Name, Z to A"),
            ("-updated", "Latest update first"),
            ("updated", "Oldest update first"),
        ],
    )


class ColumnsField(forms.Field):
    """Takes `metric:…`, `param:…` and `tag:…`; leaves out anything else."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        """Return each column once, in the order given."""
        usable = (
            one for one in value or [] if _COLUMN.fullmatch(one) and "\0" not in one
        )
        return list(dict.fromkeys(usable))[:MOST_COLUMNS]


class VersionFilterForm(FilterForm):
    """Finds versions of one model, and says which columns their table has."""

    q = forms.CharField(required=False, max_length=NAME_LENGTH, label="Text")
    alias = forms.CharField(required=False, max_length=NAME_LENGTH)
    stage = forms.ChoiceField(required=False, choices=[("", "All"), *Stage.choices])
    sort = forms.CharField(required=False, max_length=600)
    col = ColumnsField(required=False)

    def clean_sort(self) -> str:
        """Take `number`, which is the oldest first, `metric:…` and `-metric:…`."""
        sort: str = self.cleaned_data["sort"]
        kind, _, name = sort.removeprefix("-").partition(":")
        is_metric = kind == "metric" and MetricValue.can_read(name)
        return sort if sort == "number" or is_metric else ""


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
