"""The fields of a webhook: what a person may say of them, and how they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from registry_ui.errors import InvalidFieldError
from registry_ui.models import RegisteredModel
from webhooks_ui.actions.webhook_kinds import (
    OWN_FIELDS,
    check_authorization,
    check_kind,
    check_token,
)
from webhooks_ui.models import REGISTRY_WIDE_ONLY, EventName, PayloadFormat, Webhook
from webhooks_ui.models.webhooks import (
    CREDENTIAL_LENGTH,
    DESCRIPTION_LENGTH,
    MOST_PER_MINUTE,
    URL_LENGTH,
)

RECEIVER_FIELDS = frozenset({"kind", "url", "job_id", "workspace_url"})
"""With another one of these it is another receiver."""

_LENGTHS = {
    "url": URL_LENGTH,
    "description": DESCRIPTION_LENGTH,
    "secret": CREDENTIAL_LENGTH,
    "authorization": CREDENTIAL_LENGTH,
    "workspace_url": URL_LENGTH,
    "access_token": CREDENTIAL_LENGTH,
}
_ENCRYPTED = ("authorization", "access_token")
_CREDENTIALS = frozenset({"secret", *_ENCRYPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookInput:
    """What a person says of a webhook.

    The fields of the other kind are not heeded; what is stored of them is removed.
    `secret` and `authorization`: None leaves what is stored, an empty text removes it.
    `payload_format`: None leaves what is stored; a new one has Databricks' form.
    `access_token`: None leaves what is stored; a job cannot be started without one.
    A new secret takes the place of all others at once; `rotate_secret` leaves them a
    time.
    `in_order` and `max_per_minute`: None leaves what is stored; 0 a minute is no bound.
    """

    kind: str = Webhook.Kind.HTTP
    url: str = ""
    events: Sequence[str]
    description: str = ""
    enable_ssl_verification: bool = True
    secret: str | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)
    payload_format: str | None = None
    job_id: str = ""
    workspace_url: str = ""
    access_token: str | None = field(default=None, repr=False)
    in_order: bool | None = None
    max_per_minute: int | None = None


def check_input(given: WebhookInput, model: RegisteredModel | None) -> None:
    """Refuse what cannot be stored or would never be called.

    Raises:
        InvalidFieldError: the first field that will not do.
    """
    _check_choices(given, model)
    check_kind(given.kind, job_id=given.job_id, workspace_url=given.workspace_url)
    for name in _LENGTHS:
        check_text(name, getattr(given, name) or "")


def _check_choices(given: WebhookInput, model: RegisteredModel | None) -> None:
    if not given.events:
        raise InvalidFieldError("events", "Choose at least one event.")
    if unknown := sorted(set(given.events) - set(EventName.values)):
        raise InvalidFieldError("events", f"There is no event {unknown[0]!r}.")
    if model and (unheard := REGISTRY_WIDE_ONLY & set(given.events)):
        raise InvalidFieldError(
            "events", f"{min(unheard)} is told to registry-wide webhooks only."
        )
    if given.payload_format not in (None, *PayloadFormat.values):
        raise InvalidFieldError(
            "payload_format",
            f"There is no payload format {given.payload_format!r}. Choose one of"
            f" {', '.join(PayloadFormat.values)}.",
        )
    _check_pace(given)


def check_text(field: str, text: str) -> None:
    """Refuse a text that cannot be stored in the field, or would not be sent.

    Raises:
        InvalidFieldError: says what will not do.
    """
    most = _LENGTHS[field]
    if len(text) > most:
        raise InvalidFieldError(
            field, f"The {_named(field)} may have at most {most:,} characters."
        )
    # A line break would begin another header.
    is_plain = text.isascii() and (text.isprintable() or not text)
    if field in _CREDENTIALS and not is_plain:
        raise InvalidFieldError(
            field, f"The {_named(field)} may hold ASCII characters only, on one line."
        )


def _named(name: str) -> str:
    return name.replace("url", "URL").replace("_", " ")


def _check_pace(given: WebhookInput) -> None:
    if not 0 <= (given.max_per_minute or 0) <= MOST_PER_MINUTE:
        raise InvalidFieldError(
            "max_per_minute",
            f"At most {MOST_PER_MINUTE:,} a minute; leave it empty for no bound.",
        )


def fill(webhook: Webhook, given: WebhookInput) -> list[str]:
    """Put what was given into the webhook; return the names of what differs.

    Raises:
        InvalidFieldError: a stored credential was meant for another host.
    """
    check_token(webhook, given.kind, given.workspace_url, given.access_token)
    check_authorization(webhook, given.url, given.authorization)
    events = [name.value for name in EventName if name in given.events]
    plain = {
        "kind": given.kind,
        "url": given.url,
        "events": events,
        "description": given.description,
        "enable_ssl_verification": given.enable_ssl_verification,
        "payload_format": given.payload_format or webhook.payload_format,
        "job_id": given.job_id,
        "workspace_url": given.workspace_url.rstrip("/"),
    } | _pace(webhook, given)
    changed = [name for name, new in plain.items() if getattr(webhook, name) != new]
    for name in changed:
        setattr(webhook, name, plain[name])
    for name in _ENCRYPTED:
        new = getattr(given, name)
        if new is not None and (new or getattr(webhook, f"encrypted_{name}")):
            setattr(webhook, name, new)
            changed.append(name)
    if given.secret is not None and (given.secret or webhook.has_secret):
        changed.append("secret")  # stored by the caller, for it is rows of its own
    if {"kind", "job_id", "workspace_url"} & set(changed):
        webhook.parameter_form, webhook.parameter_form_read_at = "", None
    return changed


def of_its_kind(given: WebhookInput) -> WebhookInput:
    """Return what was given with all that belongs to the other kind removed."""
    return replace(
        given,
        **{
            name: empty
            for kind, fields in OWN_FIELDS.items()
            for name, empty in fields.items()
            if kind != given.kind
        },
    )


def told(webhook: Webhook) -> dict[str, Any]:
    """Return what the record may tell of each field, before and after a change.

    Of the URL the host, for a path may hold a token; of credentials, whether they
    are set.
    """
    return {
        "kind": webhook.kind,
        "url": "" if webhook.is_job else webhook.host,
        "job_id": webhook.job_id,
        "workspace_url": webhook.workspace_url,
        "events": webhook.events,
        "description": webhook.description,
        "enable_ssl_verification": webhook.enable_ssl_verification,
        "payload_format": webhook.payload_format,
        "access_token": bool(webhook.encrypted_access_token),
        "authorization": webhook.has_authorization,
        "secret": webhook.has_secret,
        "in_order": webhook.in_order,
        "max_per_minute": webhook.max_per_minute,
    }


def _pace(webhook: Webhook, given: WebhookInput) -> dict[str, Any]:
    """Return order and rate: as given, else as they are."""
    in_order, most = given.in_order, given.max_per_minute
    return {
        "in_order": webhook.in_order if in_order is None else in_order,
        "max_per_minute": webhook.max_per_minute if most is None else most or None,
    }


def columns_of(changed: list[str]) -> list[str]:
    """Return which columns hold the fields; the secret is in a table of its own."""
    return [
        *(
            f"encrypted_{name}" if name in _ENCRYPTED else name
            for name in changed
            if name != "secret"
        ),
        "parameter_form",
        "parameter_form_read_at",
    ]
