"""The one number that speaks for a version, beside the same of Production."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from registry_ui.comparison import (
    MetricChoices,
    Verdict,
    format_change,
    format_number,
    judge,
)
from registry_ui.models import ModelVersion

_DIGITS = 4
_MOST_DECIMALS = 8

Metrics = Mapping[str, float | str]
"""As `Evidence.metrics` holds them: "NaN" and infinities are words."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A metric's value, and how it stands to the baseline's.

    `change` is None without a baseline, or where the difference is no finite number.
    `scale` is the value that decides how many decimals are written, so that those of
    one column align.
    """

    name: str
    value: float
    change: float | None = None
    verdict: Verdict = Verdict.UNKNOWN
    scale: float | None = None

    @property
    def text(self) -> str:
        """Return the value as people read it."""
        decimals = decimals_at(self.value if self.scale is None else self.scale)
        return _fixed(self.value, decimals) or format_number(self.value)

    @property
    def change_text(self) -> str:
        """Return the difference with its sign; empty without one."""
        if self.change is None:
            return ""
        decimals = decimals_at(self.value if self.scale is None else self.scale)
        text = _fixed(self.change, decimals)
        if self.change == 0 or not text:
            return format_change(self.change) if self.change else "±0"
        return f"+{text}" if self.change > 0 else text


def metrics_of(version: ModelVersion | None) -> Metrics:
    """Return the metrics of a version; empty while its evidence is not read."""
    evidence = getattr(version, "evidence", None)
    metrics: Metrics = evidence.metrics if evidence else {}
    return metrics


def headline_of(metrics: Metrics, *, name: str | None) -> Headline | None:
    """Return one metric; None where it is not there, or no name is given."""
    if name is None or name not in metrics:
        return None
    return Headline(name, float(metrics[name]))


def compared_headline(
    metrics: Metrics, baseline: Metrics, *, name: str | None, choices: MetricChoices
) -> Headline | None:
    """Return a metric of a version beside the same metric of the baseline.

    Args:
        metrics: of the version.
        baseline: of the version that it is compared with; empty where there is none.
        name: the metric; None gives None.
        choices: of the model, for which way the metric is better.
    """
    headline = headline_of(metrics, name=name)
    before = headline_of(baseline, name=name)
    if headline is None or before is None:
        return headline
    change = headline.value - before.value
    return Headline(
        headline.name,
        headline.value,
        change if math.isfinite(change) else None,
        judge(before.value, headline.value, choices.direction_of(headline.name)),
        before.value,
    )


def decimals_at(scale: float) -> int | None:
    """Return how many decimals show four digits of a number of this size.

    None where that would be too many, or where there is no size.
    """
    if not math.isfinite(scale) or scale == 0:
        return None
    decimals = max(0, _DIGITS - 1 - math.floor(math.log10(abs(scale))))
    return decimals if decimals <= _MOST_DECIMALS else None


def _fixed(value: float, decimals: int | None) -> str:
    """Write a number with that many decimals; empty where they do not show it."""
    if decimals is None or not math.isfinite(value) or abs(value) >= 1e9:  # noqa: PLR2004 - too long
        return ""
    if value and abs(value) < 10**-decimals:
        return ""
    return f"{value:,.{decimals}f}".replace("-", "\N{MINUS SIGN}")
