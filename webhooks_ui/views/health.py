"""How a receiver fares: the charts of a webhook, and its health in a list."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from registry_ui.charts import Column, columns
from registry_ui.views.getters import signed_in
from webhooks_ui.forms import HealthForm
from webhooks_ui.models import Webhook
from webhooks_ui.models.health import Health, Stretch, Summary, health_of, summaries_of
from webhooks_ui.views.getters import manageable_webhook_or_404

PART = "webhooks_ui/_webhook_health.html"


@dataclass(frozen=True, slots=True)
class _Period:
    """How a period is cut, and which stretches have their time written below."""

    step: timedelta
    steps: int
    tick: str
    has_tick: Callable[[datetime], bool]


_PERIODS = {
    "": _Period(
        timedelta(minutes=30),
        48,
        "%H:%M",
        lambda at: at.hour % 6 == 0 and at.minute == 0,
    ),
    "7d": _Period(timedelta(hours=2), 84, "%a", lambda at: at.hour == 0),
    "30d": _Period(
        timedelta(hours=12),
        60,
        "%-d %b",
        lambda at: at.hour == 0 and at.toordinal() % 6 == 0,
    ),
}


@require_safe
def webhook_health(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Swap the charts for those of another period; without htmx, show the page."""
    webhook = manageable_webhook_or_404(signed_in(request), webhook_id)
    if "HX-Request" not in request.headers:
        form = HealthForm(request.GET)
        page = webhook.get_absolute_url() + form.query().removeprefix(".")
        return redirect(f"{page}#health")
    return render(request, PART, health_context(request, webhook))


def health_context(request: HttpRequest, webhook: Webhook) -> dict[str, Any]:
    """Return what `_webhook_health.html` shows of the period that is asked for."""
    form = HealthForm(request.GET)
    chosen = form.chosen()["period"]
    period = _PERIODS[chosen]
    health = health_of(
        webhook, now=timezone.now(), step=period.step, steps=period.steps
    )
    return {
        "webhook": webhook,
        "health": health,
        "health_charts": _charts(health, period) if health.total.total else [],
        "health_tabs": [
            (label, form.query(period=value).removeprefix("."), value == chosen)
            for value, label in form.fields["period"].choices  # type: ignore[attr-defined] # a choice field
        ],
        "kept_days": settings.DELIVERY_RETENTION_DAYS,
    }


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook in a list, with how it fares.

    Attributes:
        day: its attempts of the last day.
        waiting_count: deliveries that are still to be sent.
    """

    webhook: Webhook
    day: Summary
    waiting_count: int


def with_health(
    webhooks: Iterable[Webhook], waiting_counts: Mapping[str, int]
) -> list[WebhookRow]:
    """Return the rows of a list; one query for all of them."""
    webhooks = list(webhooks)
    days = summaries_of(webhooks, since=timezone.now() - timedelta(days=1))
    return [
        WebhookRow(one, days.get(one.pk, Summary()), waiting_counts.get(one.pk, 0))
        for one in webhooks
    ]


def _charts(health: Health, period: _Period) -> list[SafeString]:
    total = health.total
    counted = columns(
        [
            Column(
                _counts_in_words(one),
                (one.tally.failed, one.tally.succeeded),
                _tick_of(one, period),
            )
            for one in health.stretches
        ],
        ("Failed", "Succeeded"),
        ("bad", "ok"),
        chart_id="attempts-chart",
        title="Delivery attempts",
        words=f"{total.succeeded:,} succeeded, {total.failed:,} failed",
        is_stacked=True,
    )
    if total.median is None:
        return [counted]
    answered = columns(
        [
            Column(
                _durations_in_words(one),
                (one.tally.median, one.tally.slow),
                _tick_of(one, period),
            )
            for one in health.stretches
        ],
        ("Median", "95 of 100"),
        ("s1", "s1 pale"),
        chart_id="latency-chart",
        title="Time to answer in ms",
        words=f"median {total.median:,} ms, 95 of 100 within {total.slow:,} ms",
        is_stacked=False,
    )
    return [counted, answered]


def _tick_of(one: Stretch, period: _Period) -> str:
    return f"{one.begins_at:{period.tick}}" if period.has_tick(one.begins_at) else ""


def _counts_in_words(one: Stretch) -> str:
    return (
        f"{_when(one)}: {one.tally.succeeded:,} succeeded, {one.tally.failed:,} failed"
    )


def _durations_in_words(one: Stretch) -> str:
    if one.tally.median is None:
        return f"{_when(one)}: no answers"
    return (
        f"{_when(one)}: median {one.tally.median:,} ms,"
        f" 95 of 100 within {one.tally.slow:,} ms"
    )


def _when(one: Stretch) -> str:
    return f"{one.begins_at:%-d %B, %H:%M} to {one.ends_at:%H:%M} UTC"
