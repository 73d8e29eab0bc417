"""What a person types when asking for a transition or deciding on one."""

from typing import Any

from django import forms

from registry_ui.forms.lines import LinesField
from registry_ui.models import (
    ALIAS_PREFIX,
    COMMENT_LENGTH,
    STAGE_PREFIX,
    Review,
    Stage,
)

ALIAS_CHOICE = "alias"

_HINT = "Markdown; @name marks a person who may read this model."


class RequestForm(forms.Form):
    """Asks for a stage or an alias. Which make sense is the action's to say."""

    stage = forms.ChoiceField(
        choices=[*Stage.choices, (ALIAS_CHOICE, "An alias")], label="Move to"
    )
    alias = forms.CharField(
        required=False,
        max_length=270,
        widget=forms.TextInput(
            {"placeholder": "champion", "autocomplete": "off", "list": "known-aliases"}
        ),
    )
    comment = LinesField(
        label="Why",
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(
            {"rows": 4, "placeholder": "What is better, and how do you know?"}
        ),
        error_messages={
            "required": "Say why in a sentence: reviewers read it first.",
        },
    )
    archive_existing_versions = forms.BooleanField(
        required=False,
        label="Archive the versions that are there now",
        help_text="Goes with Staging and Production.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse an alias without a name."""
        typed = super().clean() or self.cleaned_data
        if typed.get("stage") == ALIAS_CHOICE and not typed.get("alias", "").strip():
            self.add_error("alias", "Name the alias, such as champion.")
        return typed

    @property
    def target(self) -> str:
        """Return what is asked for: `stage:Production`, `alias:champion`."""
        stage: str = self.cleaned_data["stage"]
        if stage == ALIAS_CHOICE:
            return f"{ALIAS_PREFIX}{self.cleaned_data['alias'].strip()}"
        return f"{STAGE_PREFIX}{stage}"

    @property
    def archives(self) -> bool:
        """Shall the versions that are there be archived? With a stage only."""
        chosen: bool = self.cleaned_data["archive_existing_versions"]
        return chosen and self.cleaned_data["stage"] != ALIAS_CHOICE


class BreakGlassForm(RequestForm):
    """Puts a version into a target at once; the reason is mandatory."""

    understood = forms.BooleanField(
        label="I take it on myself, and somebody else will review it",
        error_messages={"required": "Say that you know what this means."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask for the emergency instead of what is better."""
        super().__init__(*args, **kwargs)
        reason = self.fields["comment"]
        reason.label = "Reason"
        reason.widget.attrs["placeholder"] = "What is broken, and what happens else?"
        reason.error_messages["required"] = (
            "Say what the emergency is; it goes on record with your name."
        )


class ReviewForm(forms.Form):
    """A decision with a comment; carries the fingerprint of what was on the page."""

    seen = forms.CharField(widget=forms.HiddenInput)
    decision = forms.TypedChoiceField(
        choices=Review.Decision.choices,
        coerce=Review.Decision,
        error_messages={"required": "Press Approve or Reject."},
    )
    comment = LinesField(
        required=False,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 3, "placeholder": "Needed when you reject"}),
    )


class CommentForm(forms.Form):
    """A remark."""

    text = LinesField(
        label="Comment",
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(
            {"rows": 3, "placeholder": "Ask, answer, or point something out"}
        ),
        help_text=_HINT,
        error_messages={"required": "Write something first."},
    )


class CommentEditForm(forms.Form):
    """A remark, changed; carries the digest of what it said on the page."""

    text = LinesField(
        label="Comment",
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 8, "autofocus": True}),
        help_text=_HINT,
        error_messages={"required": "Write something first."},
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_seen(self) -> str | None:
        """Take a form without it for one that replaces whatever is there."""
        seen: str = self.cleaned_data["seen"]
        return seen or None


class CancelForm(forms.Form):
    """Withdraws a request."""

    comment = LinesField(
        label="Why",
        required=False,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(
            {
                "id": "id_cancel_comment",  # the reviewer's comment is on the page, too
                "rows": 3,
                "placeholder": "For the record, if you like",
            }
        ),
    )
