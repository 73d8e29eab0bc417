"""What a person chooses for the metrics of a model, and how curves are drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from registry_ui.comparison import (
    Direction,
    MetricChoices,
    direction_of,
    headline_metric,
)
from registry_ui.forms.catalog import FilterForm
from registry_ui.models import METRIC_KEY_LENGTH

_WORDS = {
    Direction.HIGHER: "Higher is better",
    Direction.LOWER: "Lower is better",
    Direction.UNKNOWN: "Neither: never judged",
}
_OF_DIRECTION = "better:"


class MetricChoicesForm(forms.Form):
    """Chooses the headline metric, and which way each metric is better."""

    headline = forms.ChoiceField(
        required=False,
        label="Headline metric",
        help_text="It speaks for a version on boards and lists and leads comparisons.",
    )

    def __init__(
        self, data: QueryDict | None, *, names: Sequence[str], choices: MetricChoices
    ) -> None:
        """Make a field a metric.

        Args:
            data: what was sent; None for a form that is only looked at.
            names: of the metrics.
            choices: what is chosen now.
        """
        initial = {"headline": choices.headline} | {
            f"{_OF_DIRECTION}{name}": str(chosen)
            for name, chosen in choices.directions.items()
        }
        super().__init__(data, initial=initial)
        by_rule = headline_metric(names) or "none"
        self.fields["headline"].choices = [  # type: ignore[attr-defined] # a ChoiceField
            ("", f"By the rule ({by_rule})"),
            *((name, name) for name in names),
        ]
        for name in names:
            inferred = _WORDS[direction_of(name)].partition(":")[0].lower()
            self.fields[f"{_OF_DIRECTION}{name}"] = forms.ChoiceField(
                required=False,
                label=name,
                choices=[("", f"By its name ({inferred})"), *_WORDS.items()],
            )

    def directions(self) -> list[forms.BoundField]:
        """Return the fields of the metrics."""
        return [field for field in self if field.name.startswith(_OF_DIRECTION)]

    def chosen(self) -> Mapping[str, Any]:
        """Return what a valid form says, as `choose_metrics` takes it."""
        directions = {
            key.removeprefix(_OF_DIRECTION): Direction(value)
            for key, value in self.cleaned_data.items()
            if key.startswith(_OF_DIRECTION) and value
        }
        return {"headline": self.cleaned_data["headline"], "directions": directions}


class AgainstForm(FilterForm):
    """Says what a metric of the versions of a model is held against."""

    against = forms.CharField(
        required=False, strip=False, max_length=len("metric:") + METRIC_KEY_LENGTH
    )


class CurvesForm(FilterForm):
    """Says which metric is drawn by step, and how."""

    key = forms.CharField(required=False, strip=False, max_length=METRIC_KEY_LENGTH)
    smooth = forms.ChoiceField(
        required=False,
        choices=[("", "Not smoothed"), ("0.6", "Smoothed"), ("0.9", "Smoothed well")],
    )
    scale = forms.ChoiceField(
        required=False, choices=[("", "Linear"), ("log", "Logarithmic")]
    )
