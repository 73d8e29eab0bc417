"""The kind of a webhook, and what is asked of one that starts a Databricks job."""

from typing import Any

from django import forms

from webhooks_ui.models import Webhook
from webhooks_ui.models.webhooks import CREDENTIAL_LENGTH, JOB_ID_DIGITS, URL_LENGTH

_PLAIN_TEXT = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
_FIELDS_OF = {
    Webhook.Kind.HTTP: ("url", "secret", "authorization", "enable_ssl_verification"),
    Webhook.Kind.JOB: ("job_id", "workspace_url", "access_token"),
}
_TOKEN_HELP = "Best that of a service principal that may run this job and nothing else."  # noqa: S105 - a help text


class KindForm(forms.Form):
    """Takes the kind; of the fields, only those of the chosen kind are heeded."""

    kind = forms.ChoiceField(
        choices=Webhook.Kind.choices,
        required=False,
        initial=Webhook.Kind.HTTP,
        widget=forms.RadioSelect,
    )
    job_id = forms.CharField(
        label="Job id",
        max_length=JOB_ID_DIGITS,
        help_text="The number on the job's page in Databricks.",
        widget=forms.TextInput(attrs=_PLAIN_TEXT | {"inputmode": "numeric"}),
    )
    workspace_url = forms.CharField(
        label="Workspace",
        max_length=URL_LENGTH,
        help_text="Its address, scheme and host alone, such as"
        " https://adb-1234567890.7.azuredatabricks.net.",
        widget=forms.TextInput(attrs=_PLAIN_TEXT | {"inputmode": "url"}),
    )
    access_token = forms.CharField(
        label="Access token",
        max_length=CREDENTIAL_LENGTH,
        help_text=f"{_TOKEN_HELP} It is stored encrypted and not shown again.",
        widget=forms.TextInput(attrs=_PLAIN_TEXT),
    )

    webhook: Webhook | None = None

    def settle_kind(self) -> None:
        """Leave the kind of a stored webhook as it is, and show what it has."""
        if self.webhook is None:
            return
        del self.fields["kind"]
        if self.webhook.is_job:
            token = self.fields["access_token"]
            token.required = False
            token.help_text = (
                "One is set. Leave empty to keep it; give one again where the workspace"
                f" changes. {_TOKEN_HELP}"
            )

    def clean(self) -> dict[str, Any]:
        """Overlook what is wrong with the fields of the other kind."""
        super().clean()
        for kind, names in _FIELDS_OF.items():
            for name in names if kind != self.chosen_kind else ():
                self.errors.pop(name, None)
                self.cleaned_data.setdefault(name, "")
        return self.cleaned_data

    @property
    def chosen_kind(self) -> str:
        """Return the kind that was posted, or is stored."""
        if self.webhook is not None:
            return self.webhook.kind
        return self.cleaned_data.get("kind") or Webhook.Kind.HTTP

    def given_of_kind(self) -> dict[str, Any]:
        """Return the fields of a `WebhookInput` that this form adds."""
        data = self.cleaned_data
        return {
            "kind": self.chosen_kind,
            "job_id": data["job_id"],
            "workspace_url": data["workspace_url"],
            "access_token": data["access_token"] or None,
        }
