"""How a webhook fares and what its owner does next, as one sentence and one button."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.timesince import timeuntil

from webhooks_ui.models import Delivery, DeliveryAttempt, Webhook


@dataclass(frozen=True, slots=True)
class NextStep:
    """What stands on top of a webhook's page.

    Attributes:
        tone: "ok", "info", "warn" or "bad".
        title: how it fares.
        text: what that means and what to do.
        action: what the button does: "test", "activate", "resume", or "" for none.
    """

    tone: str
    title: str
    text: str = ""
    action: str = ""


def next_step(
    webhook: Webhook,
    *,
    test: DeliveryAttempt | None,
    last: Delivery | None,
    waiting_count: int,
) -> NextStep:
    """Return what the page says first.

    Args:
        webhook: whose page it is.
        test: its last test.
        last: its last delivery of a real event.
        waiting_count: how many deliveries wait to be sent.
    """
    if webhook.is_active:
        return _of_active(webhook, last, waiting_count)
    if webhook.status == Webhook.Status.DISABLED:
        return _of_disabled(webhook, waiting_count)
    return _of_new(test, waiting_count, is_job=webhook.is_job)


def _of_active(webhook: Webhook, last: Delivery | None, waiting: int) -> NextStep:
    if webhook.is_paused or webhook.is_held or webhook.failing_since:
        return _of_failing(webhook, waiting)
    if last is None:
        return NextStep("ok", "Active.", "It waits for the first event.")
    if waiting:
        return NextStep("ok", "Active.", f"{_waiting(waiting)} to be sent.")
    if last.status == Delivery.Status.FAILED:
        text = "It was given up. Look at what came back, and send it again."
        return NextStep("warn", "The last event did not arrive.", text)
    return NextStep("ok", "Active.", "The last event arrived, and nothing waits.")


def _of_failing(webhook: Webhook, waiting: int) -> NextStep:
    rest = f" {_waiting(waiting)}." if waiting else ""
    if webhook.is_paused:
        text = f"{webhook.pause_reason} Nothing is sent; events are stored.{rest}"
        return NextStep("bad", "Paused automatically.", text, "resume")
    if webhook.is_held and webhook.held_until:
        now = timezone.now()
        again_at = max(webhook.held_until, now + timedelta(minutes=1))
        wait = timeuntil(again_at, now, depth=1)
        text = f"{webhook.held_reason} It is called again in {wait}.{rest}"
        return NextStep("warn", "The receiver is left alone for a while.", text)
    text = "Look at what came back, or send a test."
    if waiting:
        text = f"{_waiting(waiting)} and {_are(waiting)} tried again. {text}"
    return NextStep("warn", "The receiver does not take what we send.", text, "test")


def _of_disabled(webhook: Webhook, waiting: int) -> NextStep:
    text = f"{_waiting(waiting)} until it is active again." if waiting else ""
    if webhook.disabled_reason:
        text = f"{webhook.disabled_reason} {text}".strip()
        return NextStep("bad", "Disabled automatically.", text, "activate")
    text = text or "What happens meanwhile is not sent to it later."
    return NextStep("info", "Disabled by a person.", text, "activate")


def _of_new(test: DeliveryAttempt | None, waiting: int, *, is_job: bool) -> NextStep:
    rest = f" {_waiting(waiting)} until it is active." if waiting else ""
    if test is None and is_job:
        text = (
            "It starts a real run, and shows the request and what the workspace"
            f" answers; then activate.{rest}"
        )
        return NextStep("info", "Next: start a test run.", text, "test")
    if test is None:
        text = (
            f"It shows the request and what the receiver answers; then activate.{rest}"
        )
        return NextStep("info", "Next: send a test.", text, "test")
    if test.has_succeeded:
        text = f"The receiver took the last test (HTTP {test.status_code}).{rest}"
        return NextStep("info", "Next: activate it.", text, "activate")
    cause = f"HTTP {test.status_code} came back" if test.status_code else "No answer"
    text = f"{cause}: see below, correct it and test again.{rest}"
    return NextStep("warn", "The last test failed.", text, "test")


def _waiting(count: int) -> str:
    return f"{count:,} deliver{'y waits' if count == 1 else 'ies wait'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
