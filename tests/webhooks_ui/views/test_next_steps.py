"""What the page of a webhook says first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from webhooks_ui.models import Delivery, DeliveryAttempt, Webhook
from webhooks_ui.views.next_steps import next_step

LONG_AGO = "2026-01-05T09:00:00Z"


@pytest.mark.parametrize(
    ("columns", "test", "last", "waiting", "tone", "action", "text"),
    [
        ({"status": "ACTIVE"}, None, "failed", 0, "warn", "", "did not arrive"),
        ({"status": "ACTIVE"}, None, "succeeded", 0, "ok", "", "nothing waits"),
        ({}, None, "", 0, "info", "test", "Next: send a test."),
        ({}, 200, "", 0, "info", "activate", "Next: activate it."),
        ({}, 500, "", 0, "warn", "test", "The last test failed. HTTP 500 came"),
        ({}, 200, "pending", 3, "info", "activate", "3 deliveries wait until"),
        ({"status": "ACTIVE"}, None, "", 0, "ok", "", "the first event"),
        ({"status": "ACTIVE"}, None, "pending", 1, "ok", "", "1 delivery waits"),
        (
            {"status": "ACTIVE", "failing_since": LONG_AGO},
            None,
            "pending",
            2,
            "warn",
            "test",
            "2 deliveries wait and are tried again.",
        ),
        ({"status": "DISABLED"}, None, "pending", 0, "info", "activate", "by a person"),
        (
            {"status": "DISABLED", "disabled_reason": "It answered 410."},
            None,
            "pending",
            1,
            "bad",
            "activate",
            "It answered 410. 1 delivery waits until it is active again.",
        ),
    ],
)
def test_the_page_says_how_it_fares_and_what_to_do(
    columns: dict[str, str],
    test: int | None,
    last: str,
    waiting: int,
    tone: str,
    action: str,
    text: str,
) -> None:
    step = next_step(
        Webhook(**columns),
        test=DeliveryAttempt(status_code=test) if test else None,
        last=Delivery(status=last) if last else None,
        waiting_count=waiting,
    )

    assert (step.tone, step.action) == (tone, action)
    assert text in f"{step.title} {step.text}"


def test_a_rest_that_ends_within_the_minute_is_not_said_to_take_none() -> None:
    soon = timezone.now() + timedelta(seconds=20)
    held = Webhook(status="ACTIVE", held_until=soon, held_reason="It answered 429.")

    step = next_step(held, test=None, last=None, waiting_count=0)

    assert step.text == "It answered 429. It is called again in 1\xa0minute."
