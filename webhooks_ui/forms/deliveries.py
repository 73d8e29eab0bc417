"""Which deliveries somebody wants to see, or to have sent again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from registry_ui.forms import FilterForm
from webhooks_ui.models import Delivery, EventName, Selection, Which

PERIODS = {
    "hour": ("The last hour", timedelta(hours=1)),
    "day": ("The last day", timedelta(days=1)),
    "week": ("The last week", timedelta(days=7)),
}
SEARCH_LENGTH = 300
_WRITTEN = "%Y-%m-%dT%H:%M"


def _instant(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, _WRITTEN),
        error_messages={
            "invalid": "Give a date and time such as 2026-03-01T12:00, in UTC."
        },
    )


class PeriodForm(FilterForm):
    """A period: the last hour, day or week, or from one moment to another, in UTC."""

    event = forms.ChoiceField(
        required=False, choices=[("", "Any event"), *EventName.choices]
    )
    period = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any time"),
            *((name, label) for name, (label, _) in PERIODS.items()),
        ],
    )
    start = _instant("From")
    end = _instant("To")

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins: nothing can lie in it."""
        given = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if start and end and end <= start:
            self.add_error("end", "Choose an end that lies after the start.")
        return given

    def chosen(self) -> dict[str, Any]:
        """Return each field's value as an address has it."""
        return {
            name: f"{value.astimezone(UTC):{_WRITTEN}}"
            if isinstance(value, datetime)
            else value
            for name, value in super().chosen().items()
        }

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return from when on, and until when; None for no such bound.

        The narrower one counts where both a period and a moment are given.
        """
        self.is_valid()
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if (period := self.cleaned_data.get("period")) in PERIODS:
            recent = now - PERIODS[period][1]
            start = max(start, recent) if start else recent
        return start, end

    def _in_words(self, name: str, value: str) -> str:
        if name in ("start", "end"):
            return f"{self.fields[name].label} {value.replace('T', ' ')} UTC"
        return super()._in_words(name, value)


class DeliveryFilterForm(PeriodForm):
    """Chooses which deliveries are listed; what is unknown chooses all."""

    q = forms.CharField(required=False, max_length=SEARCH_LENGTH, label="Search")
    status = forms.ChoiceField(
        required=False, choices=[("", "Any state"), *Delivery.Status.choices]
    )

    field_order = ["q", "status", "event", "period", "start", "end"]


class RedeliveryForm(PeriodForm):
    """Chooses what is sent again."""

    which = forms.ChoiceField(required=False, choices=Which.choices)

    field_order = ["which", "event", "period", "start", "end"]

    def selection(self, now: datetime) -> Selection:
        """Return what is chosen, with an end: what is made later is not part of it."""
        start, end = self.bounds(now)
        return Selection(
            which=Which(self.cleaned_data.get("which") or Which.FAILED),
            event_name=self.cleaned_data.get("event") or "",
            start=start,
            end=min(end, now) if end else now,
        )


class HealthForm(FilterForm):
    """Chooses the period of the charts."""

    period = forms.ChoiceField(
        required=False,
        choices=[("", "24 hours"), ("7d", "7 days"), ("30d", "30 days")],
    )
