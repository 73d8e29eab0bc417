"""How often a person may do something."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import make_user
from webhooks_ui.models import Allowance

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_so_many_uses_are_granted_within_a_minute_and_then_it_begins_anew() -> None:
    person, other = make_user(), make_user()

    def use(seconds: int, user: object = person) -> timedelta | None:
        return Allowance.objects.use(
            user,  # type: ignore[arg-type] # a user
            Allowance.Purpose.TEST,
            most=2,
            now=NOW + timedelta(seconds=seconds),
        )

    granted = [use(0), use(10), use(20), use(59), use(20, other), use(60), use(61)]

    left = [wait and wait.total_seconds() for wait in granted]
    assert left == [None, None, 40, 1, None, None, None]
