"""Who may go on where somebody else held the lease."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from registry_ui.actions.leases import take_lease
from registry_ui.models import MirrorState

pytestmark = pytest.mark.django_db


def number_of_one_that_is_gone() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def held_by(number: int | None = None, *, processes: str | None = None) -> str:
    """Let the lease be held, as by another process; return its token."""
    mine = take_lease(MirrorState)
    assert mine is not None
    ours, own, rest = mine.split(":")
    token = f"{processes or ours}:{number or own}:{rest}"
    MirrorState.objects.update(lease_token=token)
    return token


def test_while_somebody_works_nobody_else_does() -> None:
    token = held_by()

    assert take_lease(MirrorState) is None
    assert MirrorState.load().lease_token == token


def test_of_one_that_was_killed_nobody_waits_for_the_end() -> None:
    held_by(number_of_one_that_is_gone())

    assert take_lease(MirrorState) is not None


def test_of_another_machine_nobody_knows_who_was_killed() -> None:
    held_by(number_of_one_that_is_gone(), processes="0123456789abcdef")

    assert take_lease(MirrorState) is None
    MirrorState.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert take_lease(MirrorState) is not None


def test_a_lease_of_before_says_nothing_of_its_holder() -> None:
    held_by()
    MirrorState.objects.update(lease_token="f" * 32)

    assert take_lease(MirrorState) is None
