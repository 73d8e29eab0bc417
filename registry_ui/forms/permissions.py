"""What a person types to grant a permission level, or to take one back."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, User

from registry_ui.models import Level, ModelPermission

HOLDER_LENGTH = 200
"""A user name has at most 150 characters, as has a group's; `group:` comes before."""


class GrantForm(forms.Form):
    """Lets a user or a group hold a level; cleaned, `holder` is one of these."""

    holder = forms.CharField(
        label="User or group",
        max_length=HOLDER_LENGTH,
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
                "list": "holders",
            }
        ),
        help_text="By user name, or by the name of a group.",
        error_messages={
            "required": "Name a user or a group, such as dana.",
            "max_length": "No user or group has so long a name. Check its spelling.",
        },
    )
    level = forms.TypedChoiceField(
        choices=[("", "Choose…"), *Level.choices],
        coerce=lambda value: Level(int(value)),
        error_messages={
            "required": "Choose a level.",
            "invalid_choice": "There is no such level. Choose one of the list.",
        },
    )
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_holder(self) -> User | Group:
        """Find who is meant; where a user and a group share the name, ask which."""
        text: str = self.cleaned_data["holder"]
        found = holders_called(text)
        if not found:
            raise forms.ValidationError(
                f"No user and no group is called “{text}”. Check the spelling;"
                " administrators make accounts and groups."
            )
        if len(found) > 1:
            raise forms.ValidationError(
                f"“{text}” is a user and a group. Write user:{text} or group:{text}."
            )
        holder = found[0]
        if isinstance(holder, User) and not holder.is_active:
            raise forms.ValidationError(
                f"The account {text} is not active. An administrator can activate it"
                " first, or name somebody else."
            )
        return holder


class RevocationForm(forms.Form):
    """Takes a grant back."""

    grant = forms.ModelChoiceField(
        ModelPermission.objects.none(),
        widget=forms.HiddenInput,
        error_messages={
            "required": "Say which level is to be removed: choose it in the table.",
            "invalid_choice": "This was removed already. Nothing was done.",
        },
    )
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, grants: Any, **options: Any) -> None:
        """Offer what may be taken back.

        Args:
            data: what was posted; None asks whether to.
            grants: a queryset, those of the one model or of the registry.
            options: of any form, such as `initial`.
        """
        super().__init__(data, **options)
        self.fields["grant"].queryset = grants  # type: ignore[attr-defined] # a ModelChoiceField


def holders_called(text: str) -> list[User | Group]:
    """Return who bears the name; `user:` or `group:` before it says which is meant."""
    kind, _, name = text.partition(":")
    if kind == "user" and (users := User.objects.filter(username=name)):
        return [*users]
    if kind == "group" and (groups := Group.objects.filter(name=name)):
        return [*groups]
    return [*User.objects.filter(username=text), *Group.objects.filter(name=text)]
