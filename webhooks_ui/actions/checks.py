"""Checking one field while it is typed: nothing is stored, little is looked up."""

from django.contrib.auth.models import User
from django.utils import timezone

from registry_ui.errors import InvalidFieldError
from registry_ui.models import Allowance
from webhooks_ui.actions.webhook_fields import check_text
from webhooks_ui.http_client import check_destination, check_url

LOOK_UP = "look_up"
LOOK_UPS_A_MINUTE = 60


def check_field(field: str, text: str, *, actor: User) -> str:
    """Tell what is wrong with a text meant for a field of a webhook.

    A URL that is refused as it stands is not looked up. The name in any other is, up
    to 60 times a minute a person, so that the form is no free way to ask a name
    server; beyond that the URL is checked in full when it is saved.

    Args:
        field: `url`, `description`, `secret` or `authorization`.
        text: what was typed.
        actor: who types.

    Returns:
        What is wrong, as a sentence; empty if nothing is.
    """
    try:
        check_text(field, text)
        if field == "url":
            check_url(text)
            if _may_look_up(actor):
                check_destination(text)
    except InvalidFieldError as error:
        return str(error)
    return ""


def _may_look_up(actor: User) -> bool:
    wait = Allowance.objects.use(
        actor, LOOK_UP, most=LOOK_UPS_A_MINUTE, now=timezone.now()
    )
    return wait is None
