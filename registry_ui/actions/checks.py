"""Verdicts that outside systems report on a version."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.clock import lock_open_requests, settle_all
from registry_ui.errors import ActionError
from registry_ui.events import EventType, record_event
from registry_ui.models import COMMENT_LENGTH, Check, ModelVersion

NAME_LENGTH = 100
LINK_LENGTH = 2000

_refuse_other_than_web = URLValidator(schemes=["http", "https"])


@transaction.atomic
def report_check(
    version: ModelVersion,
    name: str,
    verdict: Check.Verdict,
    *,
    actor: User,
    link: str = "",
    text: str = "",
) -> Check:
    """Store the newest verdict of one check on a version; the log keeps older ones.

    Open requests about the version that lacked just this are approved at once.

    Args:
        version: what was checked.
        name: of the check, up to 100 characters; a later report replaces this one.
        verdict: what came out.
        actor: who reports it.
        link: an http(s) address with the details; may be empty.
        text: what was found; may be empty.

    Raises:
        PermissionDenied: the actor may not report checks on this model.
        ActionError: the version is gone, or name, link or text will not do.
    """
    if not permissions.may_report_check(actor, version.model):
        raise PermissionDenied
    if not version.is_live:
        raise ActionError(f"{version} was deleted in MLflow. Check another version.")
    name = _clean_name(name)
    link = _clean_link(link)
    text = _clean_text(text)
    requests = lock_open_requests(version)
    check, _ = Check.objects.update_or_create(
        version=version,
        name=name,
        defaults={
            "verdict": verdict,
            "link": link,
            "text": text,
            "reported_by": actor,
            "reported_at": timezone.now(),
        },
    )
    record_event(
        EventType.CHECK_REPORTED,
        actor=actor,
        version=version,
        check=name,
        verdict=verdict.value,
        link=link,
        text=text,
    )
    settle_all(requests)
    return check


def _clean_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise ActionError(f"Give the check a name of 1 to {NAME_LENGTH} characters.")
    return name


def _clean_link(link: str) -> str:
    """Let no link through that a page should not offer, such as `javascript:`."""
    link = link.strip()
    try:
        if link:
            _refuse_other_than_web(link)
    except ValidationError:
        raise ActionError("The link must be an http:// or https:// address.") from None
    if len(link) > LINK_LENGTH:
        raise ActionError(
            f"The link has {len(link):,} characters; {LINK_LENGTH:,} fit."
        )
    return link


def _clean_text(text: str) -> str:
    text = text.strip()
    if len(text) > COMMENT_LENGTH:
        raise ActionError(
            f"The text has {len(text):,} characters; {COMMENT_LENGTH:,} fit. Store the"
            " report elsewhere and give its link."
        )
    return text
