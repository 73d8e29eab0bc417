"""How the secret of a webhook is rotated."""

from datetime import timedelta

from django import forms

_HOUR, _DAY = 3600, 86_400


class RotateSecretForm(forms.Form):
    """Takes how long the old secrets still sign, and which page was seen."""

    grace = forms.TypedChoiceField(
        label="The old secret still signs",
        choices=[
            (0, "not at all: it stops now"),
            (_HOUR, "for one hour"),
            (_DAY, "for 24 hours"),
            (7 * _DAY, "for 7 days"),
            (30 * _DAY, "for 30 days"),
        ],
        coerce=int,
        initial=_DAY,
        help_text="Meanwhile each delivery has a signature of both, and the receiver"
        " may check either.",
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**62)

    @property
    def grace_given(self) -> timedelta:
        """Return the grace, once the form is valid."""
        return timedelta(seconds=self.cleaned_data["grace"])
