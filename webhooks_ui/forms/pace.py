"""In which order, and how fast, a webhook is to be told."""

from django import forms

from webhooks_ui.models.webhooks import MOST_PER_MINUTE


class PaceForm(forms.Form):
    """The folded part of the webhook's form."""

    in_order = forms.BooleanField(
        label="Send in order, one at a time",
        required=False,
        help_text="A delivery that fails holds up the ones behind it until it succeeds,"
        " has used up its attempts, or is skipped by a person.",
    )
    max_per_minute = forms.IntegerField(
        label="Most deliveries a minute",
        required=False,
        min_value=1,
        max_value=MOST_PER_MINUTE,
        help_text="What is more waits and goes out later. Empty: as many as there are.",
    )

    def opens_advanced(self) -> bool:
        """Is there anything in the part that is folded away?"""
        names = ("in_order", "max_per_minute")
        return any(self[name].errors or self[name].value() for name in names)
