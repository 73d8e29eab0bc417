"""What a person says of a webhook, checked before an action sees it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import User

from registry_ui.models import RegisteredModel
from webhooks_ui.models import Delivery, EventName, Webhook
from webhooks_ui.models.webhooks import (
    CREDENTIAL_LENGTH,
    DESCRIPTION_LENGTH,
    MOST_PER_MINUTE,
    REGISTRY_WIDE_ONLY,
    URL_LENGTH,
)
from webhooks_ui.permissions import may_manage_webhooks
from webhooks_ui.signing import generate_secret

EVENT_GROUPS: dict[str, list[EventName]] = {
    "Requests": [
        EventName.TRANSITION_REQUEST_CREATED,
        EventName.TRANSITION_REQUEST_TO_STAGING_CREATED,
        EventName.TRANSITION_REQUEST_TO_PRODUCTION_CREATED,
        EventName.TRANSITION_REQUEST_TO_ARCHIVED_CREATED,
    ],
    "Stages": [
        EventName.MODEL_VERSION_TRANSITIONED_STAGE,
        EventName.MODEL_VERSION_TRANSITIONED_TO_STAGING,
        EventName.MODEL_VERSION_TRANSITIONED_TO_PRODUCTION,
        EventName.MODEL_VERSION_TRANSITIONED_TO_ARCHIVED,
    ],
    "Models and versions": [
        EventName.REGISTERED_MODEL_CREATED,
        EventName.MODEL_VERSION_CREATED,
        EventName.MODEL_VERSION_TAG_SET,
        EventName.COMMENT_CREATED,
    ],
}
_PLAIN_TEXT = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


@dataclass(frozen=True, slots=True)
class EventChoice:
    """One box of the form's events."""

    name: EventName
    is_checked: bool

    @property
    def is_registry_wide(self) -> bool:
        """Is it never told to a webhook of one model?"""
        return self.name in REGISTRY_WIDE_ONLY


class WebhookForm(forms.Form):
    """Takes a new webhook, or changes of one; credentials go in and never come out."""

    model_name = forms.CharField(
        label="Model",
        required=False,
        max_length=256,
        help_text="Its exact name. Leave empty to hear of all models.",
        widget=forms.TextInput(attrs=_PLAIN_TEXT),
    )
    url = forms.CharField(
        label="URL",
        max_length=URL_LENGTH,
        help_text="Where events are sent with POST, such as"
        " https://receiver.example.com/hooks/mlflow.",
        widget=forms.TextInput(attrs=_PLAIN_TEXT | {"inputmode": "url"}),
    )
    events = forms.MultipleChoiceField(
        choices=EventName.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one event."},
    )
    description = forms.CharField(
        required=False,
        max_length=DESCRIPTION_LENGTH,
        help_text="What is it for, and who looks after it?",
    )
    status = forms.ChoiceField(
        choices=[
            (Webhook.Status.TEST_MODE.value, "Test mode: only tests are sent"),
            (Webhook.Status.ACTIVE.value, "Active: every event is sent"),
        ],
        initial=Webhook.Status.TEST_MODE,
        widget=forms.RadioSelect,
    )
    secret = forms.CharField(
        required=False,
        max_length=CREDENTIAL_LENGTH,
        widget=forms.TextInput(attrs=_PLAIN_TEXT),
    )
    removes_secret = forms.BooleanField(label="Remove the secret", required=False)
    authorization = forms.CharField(
        required=False,
        max_length=CREDENTIAL_LENGTH,
        widget=forms.TextInput(attrs=_PLAIN_TEXT),
    )
    removes_authorization = forms.BooleanField(
        label="Remove the Authorization header", required=False
    )
    enable_ssl_verification = forms.BooleanField(
        label="Verify the receiver's certificate",
        required=False,
        initial=True,
        help_text="Turn off only for a self-signed receiver that you run yourself.",
    )
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

    def __init__(
        self,
        data: Any = None,
        *,
        user: User,
        webhook: Webhook | None = None,
        model_name: str = "",
    ) -> None:
        """Offer what is there to choose.

        Args:
            data: what was posted; None shows the form for the first time.
            user: who fills it in.
            webhook: the one to change; None for a new one.
            model_name: what a new one is meant for, from the page one came from.
        """
        super().__init__(data, initial=_initial(webhook, model_name))
        self.user = user
        self.webhook = webhook
        self.model: RegisteredModel | None = webhook.model if webhook else None
        if webhook:
            del self.fields["model_name"], self.fields["status"]
        elif not user.is_superuser:
            self.fields["model_name"].required = True
            self.fields["model_name"].help_text = "The exact name of one you manage."
        self._explain_credentials()

    def clean_model_name(self) -> str:
        """Find the model; one that may not be managed is as good as none."""
        name: str = self.cleaned_data["model_name"]
        if name:
            models = RegisteredModel.objects.live().visible_to(self.user)
            self.model = models.filter(name=name).first()
            if not self.model or not may_manage_webhooks(self.user, self.model):
                raise forms.ValidationError(
                    "You manage no model of this name. Check its spelling."
                )
        return name

    def given(self) -> dict[str, Any]:
        """Return the fields of a `WebhookInput`, once the form is valid."""
        data = self.cleaned_data
        plain = ("url", "events", "description", "enable_ssl_verification")
        return {
            **{name: data[name] for name in plain},
            "in_order": data["in_order"],
            "max_per_minute": data["max_per_minute"] or 0,
            "secret": _credential(
                data["secret"], is_removed=data.get("removes_secret")
            ),
            "authorization": _credential(
                data["authorization"], is_removed=data.get("removes_authorization")
            ),
        }

    def opens_advanced(self) -> bool:
        """Is there anything in the part that is folded away?"""
        names = ("in_order", "max_per_minute")
        return any(self[name].errors or self[name].value() for name in names)

    def event_groups(self) -> dict[str, list[EventChoice]]:
        """Return the boxes of the events, by group."""
        checked = set(self["events"].value() or [])
        return {
            group: [EventChoice(name, name.value in checked) for name in names]
            for group, names in EVENT_GROUPS.items()
        }

    def _explain_credentials(self) -> None:
        """Say what is stored, without showing it."""
        secret, authorization = self.fields["secret"], self.fields["authorization"]
        if self.webhook and self.webhook.encrypted_secret:
            secret.help_text = "One is set. Leave empty to keep it."
        else:
            del self.fields["removes_secret"]
            secret.help_text = (
                "Signs each delivery. Copy it to the receiver now: it is not shown"
                " again. Empty: deliveries are not signed."
            )
        if self.webhook and self.webhook.encrypted_authorization:
            authorization.help_text = "One is set. Leave empty to keep it."
        else:
            del self.fields["removes_authorization"]
            authorization.help_text = (
                "Value of the Authorization header, such as Bearer … or Basic …"
            )


class DeliveryFilterForm(forms.Form):
    """Chooses which deliveries are listed; what is unknown chooses all."""

    status = forms.ChoiceField(choices=Delivery.Status.choices, required=False)

    def chosen(self) -> str:
        """Return a status, or an empty text for all."""
        return str(self.cleaned_data["status"]) if self.is_valid() else ""


def _initial(webhook: Webhook | None, model_name: str) -> dict[str, Any]:
    """Return what a form shows at first: of a new one, a fresh secret."""
    if webhook is None:
        return {"model_name": model_name, "secret": generate_secret()}
    return {
        "url": webhook.url,
        "events": webhook.events,
        "description": webhook.description,
        "enable_ssl_verification": webhook.enable_ssl_verification,
        "in_order": webhook.in_order,
        "max_per_minute": webhook.max_per_minute,
    }


def _credential(text: str, *, is_removed: bool | None) -> str | None:
    """Return the new credential, "" to remove it, or None to keep what is stored."""
    return text or ("" if is_removed else None)
