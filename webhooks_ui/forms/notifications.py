"""What a person says of how they want to be told."""

from typing import Any

from django import forms

from registry_ui.models import Notification
from webhooks_ui.models import NotificationPreference
from webhooks_ui.models.notices import CHAT_URL_LENGTH, DIGEST_HOUR, MOST_AN_HOUR

_Mail = NotificationPreference.Mail
_OFF = "off"
_ON = "at_once"


class NotificationForm(forms.Form):
    """Takes one person's preferences; the chat's address goes in, never out."""

    reasons = forms.MultipleChoiceField(
        label="Tell me when",
        choices=Notification.Reason.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one. To be told nothing, turn mail and chat"
            " off."
        },
    )
    mail = forms.ChoiceField(
        label="Mail",
        choices=[
            (
                _Mail.AT_ONCE.value,
                f"At once; more than {MOST_AN_HOUR} mails within an hour are held and"
                " come as one",
            ),
            (
                _Mail.DAILY.value,
                f"Once a day, at {DIGEST_HOUR:02}:00 UTC, all in one mail; reminders"
                " come at once",
            ),
            (_Mail.NEVER.value, "Never"),
        ],
        widget=forms.RadioSelect,
    )
    chat = forms.ChoiceField(
        label="Chat",
        choices=[(_ON, "At once"), (_OFF, "Off")],
        widget=forms.RadioSelect,
    )
    chat_url = forms.CharField(
        label="Address of your chat",
        required=False,
        max_length=CHAT_URL_LENGTH,
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "spellcheck": "false",
                "autocapitalize": "off",
                "inputmode": "url",
            }
        ),
    )
    removes_chat_url = forms.BooleanField(
        label="Remove the address of my chat", required=False
    )

    def __init__(self, data: Any = None, *, held: NotificationPreference) -> None:
        """Show what holds now.

        Args:
            data: what was posted; None shows the form for the first time.
            held: the preferences that hold now.
        """
        super().__init__(data, initial=_initial(held))
        if held.encrypted_chat_url:
            help_text = "One is stored, and not shown. Leave empty to keep it."
        else:
            del self.fields["removes_chat_url"]
            help_text = (
                "An incoming webhook that only you read, of Slack, Mattermost or"
                " whatever takes the same: https://hooks.slack.com/services/…"
            )
        self.fields["chat_url"].help_text = help_text

    def given(self) -> dict[str, Any]:
        """Return the fields of `Wishes`, once the form is valid."""
        data = self.cleaned_data
        removes = data.get("removes_chat_url")
        wanted = data["reasons"]
        return {
            "mail": data["mail"],
            "muted": [one for one in Notification.Reason.values if one not in wanted],
            "is_chat_on": data["chat"] == _ON,
            "chat_url": data["chat_url"] or ("" if removes else None),
        }


def _initial(held: NotificationPreference) -> dict[str, Any]:
    wanted = [one for one in Notification.Reason.values if one not in held.muted]
    chat = _ON if held.is_chat_on else _OFF
    return {"reasons": wanted, "mail": held.mail, "chat": chat}
