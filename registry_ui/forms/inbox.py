"""What a person says to find requests."""

from collections.abc import Mapping
from typing import Any

from django import forms

from registry_ui.forms.catalog import FilterForm
from registry_ui.models import (
    ALIAS_PREFIX,
    NAME_LENGTH,
    STAGE_PREFIX,
    Stage,
    TransitionRequest,
)

Status = TransitionRequest.Status

TABS = {
    "waiting": "Waiting for me",
    "mine": "Mine",
    "watching": "Watching",
    "open": "Open",
    "done": "Done",
}
_FORMER = {"decided": "done"}
"""Names that older addresses have."""
ANY_ALIAS = "@"
KINDS = [("", "Any kind"), *TransitionRequest.Kind.choices]
_ORDERS = {"oldest": "Oldest first", "newest": "Newest first"}


class RequestFilterForm(FilterForm):
    """Finds requests.

    What is wrong in it counts as not given, and `left_out` says so.
    """

    NO_CONDITIONS = FilterForm.NO_CONDITIONS | {"show"}

    show = forms.CharField(required=False, max_length=20)
    q = forms.CharField(
        required=False,
        max_length=NAME_LENGTH,
        label="Model or number",
        error_messages={
            "max_length": "A model's name has at most 256 characters; that text was"
            " left out.",
        },
    )
    target = forms.CharField(required=False, max_length=NAME_LENGTH + 1)
    by = forms.CharField(
        required=False,
        max_length=150,
        label="Asked by",
        error_messages={
            "max_length": "A person's name has at most 150 characters; that one was"
            " left out.",
        },
    )
    status = forms.ChoiceField(
        required=False,
        choices=[("", "Any status"), *Status.choices],
        error_messages={"invalid_choice": "There is no such status; it was left out."},
    )
    kind = forms.ChoiceField(
        required=False,
        choices=KINDS,
        error_messages={"invalid_choice": "There is no such kind; it was left out."},
    )
    sort = forms.ChoiceField(
        required=False,
        choices=[("", "In the usual order"), *_ORDERS.items()],
        error_messages={"invalid_choice": "There is no such order; it was left out."},
    )

    def __init__(self, data: Mapping[str, Any], *, usual: str) -> None:
        """Read a query string.

        Args:
            data: its parameters.
            usual: the list that is shown if none is chosen.
        """
        super().__init__(data)
        self._usual = usual

    def clean_show(self) -> str:
        """Take a tab, by an older name too, or all of them."""
        show: str = self.cleaned_data["show"]
        show = _FORMER.get(show, show)
        if show and show != "all" and show not in TABS:
            raise forms.ValidationError("There is no such list; this is another one.")
        return show

    def clean_target(self) -> str:
        """Take `Production`, `@champion`, or `@` for any alias."""
        target: str = self.cleaned_data["target"]
        if target and target not in Stage.values and not target.startswith(ANY_ALIAS):
            raise forms.ValidationError(
                "A target is a stage, such as Production, or an alias, such as"
                " @champion; that one was left out."
            )
        return target

    def clean(self) -> dict[str, Any]:
        """Choose the usual list if there is no other; leave out what it has not."""
        super().clean()
        show = self.cleaned_data.get("show") or self._usual
        self.cleaned_data["show"] = show
        status = self.cleaned_data.get("status")
        if status and status not in dict(statuses_of(show)):
            self.add_error(
                "status", "No request in this list has that status; it was left out."
            )
        return self.cleaned_data

    def left_out(self) -> list[str]:
        """Say what was given and means nothing, a sentence each."""
        return [str(error) for errors in self.errors.values() for error in errors]

    def orders(self, usual: str) -> list[tuple[str, str]]:
        """Return the choices of an order; the usual one comes first and is empty."""
        (other,) = _ORDERS.keys() - {usual}
        return [("", _ORDERS[usual]), (other, _ORDERS[other])]

    def _in_words(self, name: str, value: str) -> str:
        if name == "target":
            return f"To {target_in_words(value)}"
        return super()._in_words(name, value)


def target_in_words(target: str) -> str:
    """Return a target as people say it: `Production`, `@champion`, `any alias`."""
    return "any alias" if target == ANY_ALIAS else target


def target_as_stored(target: str) -> str:
    """Return what requests store: `stage:Production`, `alias:champion`."""
    if target.startswith(ANY_ALIAS):
        return f"{ALIAS_PREFIX}{target.removeprefix(ANY_ALIAS)}"
    return f"{STAGE_PREFIX}{target}"


def statuses_of(show: str) -> list[tuple[Any, str]]:
    """Return the choices of a status in a list; none where all requests are open."""
    if show in ("waiting", "open"):
        return []
    found = [one for one in Status.choices if show != "done" or one[0] != Status.OPEN]
    return [("", "Any status"), *found]
