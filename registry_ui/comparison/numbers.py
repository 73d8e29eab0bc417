"""How numbers are written for people: in comparisons, charts and templates alike."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EM DASH}"

_INFINITY = "\N{INFINITY}"
_EXACT_BELOW = 1e15  # whole floats below this are the number they print as
_LEAST_PERCENT = 0.05  # rounds to 0.0
_PLAIN_FROM, _PLAIN_BELOW = 1e4, 1e9  # where `g` would use an exponent too early
_KILO = 1000


def format_number(value: float | None) -> str:
    """Write a number with five significant digits; whole ones in full; "—" for None."""
    if value is None:
        return MISSING
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return _INFINITY if value > 0 else MINUS + _INFINITY
    size = abs(value)
    if value == int(value) and size < _EXACT_BELOW:
        text = f"{int(value):,}"
    elif _PLAIN_FROM <= size < _PLAIN_BELOW:
        text = f"{value:,.1f}"
    else:
        text = f"{value:.5g}"
    return text.replace("-", MINUS)


def format_change(value: float | None) -> str:
    """Write a difference with its sign always, zero as ±0; "—" for None."""
    text = format_number(value)
    if value is None or math.isnan(value) or text.startswith(MINUS):
        return text
    return "±0" if text == "0" else f"+{text}"


def format_relative(ratio: float | None) -> str:
    """Write a relative change, where 1 is as much again: "+47.8 %"; "—" for None."""
    if ratio is None:
        return MISSING
    percent = ratio * 100
    if not math.isfinite(percent):
        return format_change(percent)
    if abs(percent) < _LEAST_PERCENT:
        return "±0 %"
    digits = 0 if abs(percent) >= 100 else 1  # noqa: PLR2004 - three digits say enough
    return f"{percent:+,.{digits}f} %".replace("-", MINUS)


def format_bytes(size: int | None) -> str:
    """Write a size as people do, in steps of 1,000: "18.2 MB"; "—" for None."""
    if size is None:
        return MISSING
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < _KILO - 0.5 or unit == "TB":  # else it would round to 1000
            break
        amount /= _KILO
    is_whole = unit == "B" or amount >= 100  # noqa: PLR2004 - three digits say enough
    return f"{amount:.0f} {unit}" if is_whole else f"{amount:.1f} {unit}"
