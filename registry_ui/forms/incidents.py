"""What a person types to answer an incident, or to look at the past."""

from django import forms

from registry_ui.forms.lines import LinesField
from registry_ui.models import COMMENT_LENGTH


class AnswerForm(forms.Form):
    """One of three answers; carries the digest of what was on the page."""

    seen = forms.CharField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(
        choices=[("revert", "Revert"), ("accept", "Accept"), ("ask", "Ask")],
        error_messages={"required": "Press one of the three buttons."},
    )
    text = LinesField(
        label="Reason",
        required=False,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(
            {"rows": 3, "placeholder": "Needed to accept it, or to ask reviewers"}
        ),
    )


def _instant(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
        error_messages={
            "invalid": "Give a date and time such as 2026-03-01T12:00, in UTC."
        },
    )


class InstantForm(forms.Form):
    """One instant or two, in ISO 8601; without a zone they are UTC."""

    at = _instant("At")
    later = _instant("Compared with")
