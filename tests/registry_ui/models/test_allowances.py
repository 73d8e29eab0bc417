"""How often a person may do something."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from registry_ui.models import Allowance
from tests.factories import make_user

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_so_many_uses_are_granted_within_a_minute_and_then_it_begins_anew() -> None:
    person, other = make_user(), make_user()

    def use(seconds: int, user: User | str = person) -> timedelta | None:
        return Allowance.objects.use(
            user,
            "test",
            most=2,
            now=NOW + timedelta(seconds=seconds),
        )

    granted = [
        use(0),
        use(10),
        use(20),
        use(59),
        use(20, other),
        use(20, "192.0.2.1"),
        use(60),
        use(61),
    ]

    left = [wait and wait.total_seconds() for wait in granted]
    assert left == [None, None, 40, 1, None, None, None, None]


@pytest.mark.django_db
def test_windows_that_are_over_are_forgotten_when_a_new_one_begins() -> None:
    def use(address: str, minutes: int) -> None:
        Allowance.objects.use(
            address,
            "failure",
            most=2,
            now=NOW + timedelta(minutes=minutes),
            window=timedelta(hours=1),
        )

    use("192.0.2.1", 0)
    use("192.0.2.2", 30)
    use("192.0.2.3", 60)

    assert {row.holder for row in Allowance.objects.all()} == {"192.0.2.2", "192.0.2.3"}
