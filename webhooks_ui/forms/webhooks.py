"""What a person says of a webhook, checked before an action sees it."""

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse_lazy

from registry_ui.models import Level, ModelPermission, RegisteredModel, registry_level
from webhooks_ui.forms.pace import PaceForm
from webhooks_ui.forms.webhook_jobs import KindForm
from webhooks_ui.models import (
    REGISTRY_WIDE_ONLY,
    EventName,
    PayloadFormat,
    Webhook,
)
from webhooks_ui.models.webhooks import (
    CREDENTIAL_LENGTH,
    DESCRIPTION_LENGTH,
    URL_LENGTH,
)
from webhooks_ui.permissions import may_manage_webhooks
from webhooks_ui.signing import generate_secret

EVENT_GROUPS: dict[str, list[EventName]] = {
    "Requests asked for": [
        EventName.TRANSITION_REQUEST_CREATED,
        EventName.TRANSITION_REQUEST_TO_STAGING_CREATED,
        EventName.TRANSITION_REQUEST_TO_PRODUCTION_CREATED,
        EventName.TRANSITION_REQUEST_TO_ARCHIVED_CREATED,
    ],
    "What becomes of requests": [
        EventName.TRANSITION_REQUEST_APPROVED,
        EventName.TRANSITION_REQUEST_REJECTED,
        EventName.TRANSITION_REQUEST_CANCELLED,
        EventName.TRANSITION_REQUEST_EXPIRED,
        EventName.TRANSITION_REQUEST_SUPERSEDED,
        EventName.TRANSITION_REQUEST_APPLIED,
        EventName.TRANSITION_FAILED,
        EventName.TRANSITION_UNDONE,
    ],
    "Stages": [
        EventName.MODEL_VERSION_TRANSITIONED_STAGE,
        EventName.MODEL_VERSION_TRANSITIONED_TO_STAGING,
        EventName.MODEL_VERSION_TRANSITIONED_TO_PRODUCTION,
        EventName.MODEL_VERSION_TRANSITIONED_TO_ARCHIVED,
    ],
    "Aliases": [
        EventName.MODEL_VERSION_ALIAS_SET,
        EventName.MODEL_VERSION_ALIAS_MOVED,
        EventName.MODEL_VERSION_ALIAS_DELETED,
    ],
    "Emergencies and incidents": [
        EventName.BREAK_GLASS_USED,
        EventName.BREAK_GLASS_REVIEW_OVERDUE,
        EventName.INCIDENT_OPENED,
        EventName.INCIDENT_RESOLVED,
    ],
    "Models and versions": [
        EventName.REGISTERED_MODEL_CREATED,
        EventName.REGISTERED_MODEL_RENAMED,
        EventName.REGISTERED_MODEL_DELETED,
        EventName.MODEL_VERSION_CREATED,
        EventName.MODEL_VERSION_DELETED,
        EventName.MODEL_VERSION_TAG_SET,
    ],
    "Comments, checks and policies": [
        EventName.COMMENT_CREATED,
        EventName.CHECK_REPORTED,
        EventName.POLICY_CHANGED,
    ],
}
"""Each event once, by what people look for."""
CHECKED_FIELDS = ("model_name", "url", "description", "secret", "authorization")
"""Fields that say while one types what will not do."""
_OF_ONE_STAGE = re.compile(r"_TO_(STAGING|PRODUCTION|ARCHIVED)(_|$)")
_SUGGESTED_MODELS = 20
_CHECK_URL = reverse_lazy("webhooks_ui:webhook_check")
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

    @property
    def is_of_one_stage(self) -> bool:
        """Does a more general event fire whenever it does?"""
        return is_of_one_stage(self.name)


@dataclass(frozen=True, slots=True)
class EventGroup:
    """The boxes of events that belong together, and the box for all of them."""

    name: str
    is_checked: bool
    choices: list[EventChoice]


class WebhookForm(PaceForm, KindForm):
    """Takes a new webhook, or changes of one; credentials go in and never come out."""

    model_name = forms.CharField(
        label="Model",
        required=False,
        max_length=256,
        help_text="Its exact name. Leave empty to hear of all models.",
        widget=forms.TextInput(attrs=_PLAIN_TEXT | {"placeholder": "All models"}),
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
        required=False,
    )
    groups = forms.MultipleChoiceField(
        choices=[(name, name) for name in EVENT_GROUPS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Everything in a group; each event is told once, so the events of"
        " one stage are left to the general one.",
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
    payload_format = forms.ChoiceField(
        label="Payload",
        choices=[
            (PayloadFormat.DATABRICKS.value, "Databricks' JSON, which Slack takes too"),
            (PayloadFormat.CLOUDEVENTS.value, "CloudEvents 1.0, for event buses"),
        ],
        initial=PayloadFormat.DATABRICKS,
        widget=forms.RadioSelect,
    )
    enable_ssl_verification = forms.BooleanField(
        label="Verify the receiver's certificate",
        required=False,
        initial=True,
        help_text="Turn off only for a self-signed receiver that you run yourself.",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        user: User,
        webhook: Webhook | None = None,
        model_name: str = "",
        source: Webhook | None = None,
    ) -> None:
        """Offer what is there to choose.

        Args:
            data: what was posted; None shows the form for the first time.
            user: who fills it in.
            webhook: the one to change; None for a new one.
            model_name: what a new one is meant for, from the page one came from.
            source: the one that a new one is a copy of; credentials are not copied.
        """
        super().__init__(data, initial=_initial(webhook, model_name, source))
        self.user = user
        self.webhook = webhook
        self.model: RegisteredModel | None = webhook.model if webhook else None
        if webhook:
            del self.fields["model_name"], self.fields["status"]
        elif not user.is_superuser:
            self.fields["model_name"].required = True
            self.fields["model_name"].help_text = "The exact name of one you manage."
            del self.fields["model_name"].widget.attrs["placeholder"]
        if data is not None and "payload_format" not in data:
            # A program that leaves it out keeps what is stored.
            del self.fields["payload_format"]
        self._explain_credentials()
        self.settle_kind()
        self._check_while_typing()

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

    def clean(self) -> dict[str, Any]:
        """Add what whole groups stand for to the single events."""
        data = super().clean() or {}
        names = set(data.get("events", ()))
        for group in data.get("groups", ()):
            names |= {name.value for name in EVENT_GROUPS[group] if self._fits(name)}
        if not names and not self.has_error("events"):
            self.add_error("events", "Choose at least one event.")
        return data | {"events": [name for name in EventName.values if name in names]}

    def error_of(self, name: str) -> str:
        """Return what is wrong with a single field as it was posted; empty if nothing.

        Only what can be said by the field alone, before any action sees it.
        """
        try:
            self.fields[name].clean(self.data.get(name, ""))
        except forms.ValidationError as error:
            return str(error.messages[0])
        return ""

    def given(self) -> dict[str, Any]:
        """Return the fields of a `WebhookInput`, once the form is valid."""
        data = self.cleaned_data
        plain = ("url", "events", "description", "enable_ssl_verification")
        return {
            **{name: data[name] for name in plain},
            "in_order": data["in_order"],
            "max_per_minute": data["max_per_minute"] or 0,
            "payload_format": data.get("payload_format"),
            **self.given_of_kind(),
            "secret": _credential(
                data["secret"], is_removed=data.get("removes_secret")
            ),
            "authorization": _credential(
                data["authorization"], is_removed=data.get("removes_authorization")
            ),
        }

    def event_groups(self) -> list[EventGroup]:
        """Return the boxes of the events, by group."""
        checked = set(self["events"].value() or [])
        whole = set(self["groups"].value() or [])
        return [
            EventGroup(
                group,
                group in whole,
                [EventChoice(name, name.value in checked) for name in names],
            )
            for group, names in EVENT_GROUPS.items()
        ]

    def suggested_models(self) -> list[str]:
        """Return names to choose from: of models one manages, by what was typed."""
        typed = self["model_name"].value() if "model_name" in self.fields else ""
        return suggested_models(self.user, str(typed or ""))

    def _fits(self, name: EventName) -> bool:
        """Is the event meant by "everything" of its group, for this scope?"""
        is_heard = self.model is None or name not in REGISTRY_WIDE_ONLY
        return is_heard and not is_of_one_stage(name)

    def _check_while_typing(self) -> None:
        """Have htmx ask what is wrong with a field once one pauses typing.

        The answer goes below the field, which itself is never touched.
        """
        for name in CHECKED_FIELDS:
            if name in self.fields:
                self.fields[name].widget.attrs |= {
                    "hx-post": f"{_CHECK_URL}?field={name}",
                    "hx-trigger": "input changed delay:600ms",
                    "hx-params": name,
                    "hx-target": f"#id_{name}_check",
                    "hx-swap": "innerHTML",
                    "hx-sync": "this:replace",
                }
        if "model_name" in self.fields:
            self.fields["model_name"].widget.attrs["list"] = "model-names"

    def _explain_credentials(self) -> None:
        """Say what is stored, without showing it."""
        secret, authorization = self.fields["secret"], self.fields["authorization"]
        if self.webhook and self.webhook.has_secret:
            secret.help_text = (
                "One is set. Leave empty to keep it; another one takes its place at"
                " once."
            )
        else:
            del self.fields["removes_secret"]
            secret.help_text = (
                "Signs each delivery. Copy it to the receiver now: it is not shown"
                " again. Empty: deliveries are not signed."
            )
        if self.webhook and self.webhook.has_authorization:
            authorization.help_text = "One is set. Leave empty to keep it."
        else:
            del self.fields["removes_authorization"]
            authorization.help_text = (
                "Value of the Authorization header, such as Bearer … or Basic …"
            )


class EventFilterForm(forms.Form):
    """Looks for events in the catalogue."""

    q = forms.CharField(required=False, max_length=100)

    def words(self) -> list[str]:
        """Return what is looked for, without regard to case; none for all."""
        text = self.cleaned_data["q"] if self.is_valid() else ""
        return str(text).casefold().split()


def is_of_one_stage(name: str) -> bool:
    """Does a more general event fire whenever this one does?"""
    return _OF_ONE_STAGE.search(name) is not None


def manageable_models(user: User) -> QuerySet[RegisteredModel]:
    """Return the models that the user may have webhooks of."""
    models = RegisteredModel.objects.live()
    if registry_level(user) == Level.CAN_MANAGE:
        return models
    grants = ModelPermission.objects.held_by(user).filter(level=Level.CAN_MANAGE)
    return models.filter(pk__in=grants.values("model"))


def suggested_models(user: User, typed: str) -> list[str]:
    """Return up to 20 names of models one manages that hold what was typed, sorted."""
    if "\0" in typed:  # PostgreSQL refuses it
        return []
    models = manageable_models(user).filter(name__icontains=typed).order_by("name")
    return list(models.values_list("name", flat=True)[:_SUGGESTED_MODELS])


def _initial(
    webhook: Webhook | None, model_name: str, source: Webhook | None
) -> dict[str, Any]:
    """Return what a form shows at first: of a new one, a fresh secret."""
    if webhook is not None:
        return _plain_fields(webhook)
    initial = {"model_name": model_name, "secret": generate_secret()}
    if source is None:
        return initial
    name = source.model.name if source.model else ""
    return {**_plain_fields(source), **initial, "model_name": name}


def _plain_fields(webhook: Webhook) -> dict[str, Any]:
    """Return what may be shown of a webhook: all but its credentials."""
    return {
        "kind": webhook.kind,
        "url": webhook.url,
        "job_id": webhook.job_id,
        "workspace_url": webhook.workspace_url,
        "events": webhook.events,
        "description": webhook.description,
        "enable_ssl_verification": webhook.enable_ssl_verification,
        "in_order": webhook.in_order,
        "max_per_minute": webhook.max_per_minute,
        "payload_format": webhook.payload_format,
    }


def _credential(text: str, *, is_removed: bool | None) -> str | None:
    """Return the new credential, "" to remove it, or None to keep what is stored."""
    return text or ("" if is_removed else None)
