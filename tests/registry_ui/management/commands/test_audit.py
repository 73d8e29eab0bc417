"""`manage.py audit verify`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from registry_ui.models import GENESIS, AuditEvent, chain_hash
from tests.factories import make_token, make_user

pytestmark = pytest.mark.django_db


def test_it_prints_the_count_and_the_head() -> None:
    make_token(user=make_user())
    stdout = StringIO()

    call_command("audit", "verify", stdout=stdout)

    head = AuditEvent.objects.get().hash
    assert stdout.getvalue() == f"1 event, in order.\nhead {head}\n"


def test_an_empty_log_is_in_order() -> None:
    stdout = StringIO()

    call_command("audit", "verify", stdout=stdout)

    assert stdout.getvalue() == f"0 events, all in order.\nhead {GENESIS}\n"


def test_the_first_bad_row_is_named() -> None:
    make_token(user=make_user())
    first = AuditEvent.objects.get()
    body = first.body.replace('"position":1', '"position":2')
    AuditEvent.objects.create(
        position=2,
        type=first.type,
        recorded_at=first.recorded_at,
        actor_name="mallory",
        body=body,
        previous_hash=first.hash,
        hash=chain_hash(first.hash, body),
    )

    with pytest.raises(CommandError, match=r"Row 2 differs .* in: actor_name\."):
        call_command("audit", "verify")


def test_a_verb_is_needed() -> None:
    with pytest.raises(CommandError, match="required"):
        call_command("audit")
