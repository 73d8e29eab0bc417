"""The editor of policies."""

from django import forms

from registry_ui.policies import (
    LONGEST_DOCUMENT,
    DocumentError,
    PolicyDefinition,
    Problem,
    parse_document,
)


class PoliciesForm(forms.Form):
    """All policies as one document; carries which ones were on the page.

    `definitions` is what a valid one says; `problems` what is wrong with another.
    """

    text = forms.CharField(
        label="Policies",
        strip=False,
        required=False,
        max_length=LONGEST_DOCUMENT,
        widget=forms.Textarea(
            {"rows": 26, "spellcheck": "false", "autocapitalize": "off"}
        ),
    )
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    definitions: tuple[PolicyDefinition, ...] = ()
    problems: tuple[Problem, ...] = ()

    def clean_text(self) -> str:
        """Read the document."""
        text: str = self.cleaned_data["text"]
        try:
            self.definitions = parse_document(text)
        except DocumentError as error:
            self.problems = error.problems
            raise forms.ValidationError(
                "Nothing was changed: the text cannot be used as it is."
            ) from None
        return text
