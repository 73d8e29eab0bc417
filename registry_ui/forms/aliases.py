"""What a person types to move or remove an alias."""

from django import forms

from registry_ui.forms.lines import LinesField
from registry_ui.models import COMMENT_LENGTH

_WHY = {"required": "Say why in a sentence; it goes on record with your name."}


class AliasForm(forms.Form):
    """Lets an alias point to a version."""

    alias = forms.CharField(
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "champion"}),
        error_messages={"required": "Name the alias."},
    )
    number = forms.IntegerField(
        label="Version",
        min_value=1,
        max_value=2**31 - 1,
        error_messages={"required": "Give the number of the version."},
    )
    comment = LinesField(
        label="Why",
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 2}),
        error_messages=_WHY,
    )


class AliasRemovalForm(forms.Form):
    """Removes an alias."""

    alias = forms.CharField(widget=forms.HiddenInput)
    comment = LinesField(
        label="Why",
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 2}),
        error_messages=_WHY,
    )
