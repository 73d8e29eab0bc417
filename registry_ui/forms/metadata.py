"""What a person types to register, describe, tag, rename or delete.

How long a thing may be, and which names MLflow takes, is the actions' to say: they
answer whoever calls.
"""

from django import forms

_DESCRIPTION = forms.Textarea(
    {"rows": 10, "placeholder": "What is it for, and what should one know about it?"}
)
_MARKDOWN = "Markdown: lists, links, tables, code."


class RegistrationForm(forms.Form):
    """Registers a model."""

    name = forms.CharField(
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
        help_text="As callers will load it: models:/name/1. No slash, no colon.",
        error_messages={"required": "Give the model a name."},
    )
    description = forms.CharField(
        required=False, strip=False, widget=_DESCRIPTION, help_text=_MARKDOWN
    )


class DescriptionForm(forms.Form):
    """Describes a model or a version."""

    description = forms.CharField(
        required=False, strip=False, widget=_DESCRIPTION, help_text=_MARKDOWN
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class TagForm(forms.Form):
    """Sets a tag of a model or a version."""

    key = forms.CharField(
        label="Name",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Give the tag a name."},
    )
    value = forms.CharField(
        required=False, strip=False, widget=forms.Textarea({"rows": 2})
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class TagDeleteForm(forms.Form):
    """Names the tag to remove."""

    key = forms.CharField()
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class RenameForm(forms.Form):
    """Gives a model another name."""

    name = forms.CharField(
        label="New name",
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give the model a name."},
    )


class ModelDeleteForm(forms.Form):
    """Deletes a model, once its name is typed."""

    confirmation = forms.CharField(
        label="Type the name of the model",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Type the name of the model to delete it."},
    )


class VersionDeleteForm(forms.Form):
    """Deletes a version: there is nothing to type."""
