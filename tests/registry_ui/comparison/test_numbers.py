"""Numbers read the same wherever they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.comparison import (
    format_bytes,
    format_change,
    format_number,
    format_relative,
)
from registry_ui.templatetags import ui


@given(st.none() | st.floats() | st.floats(-1e7, 1e7))
def test_templates_and_summaries_write_numbers_alike(value: float | None) -> None:
    assert format_number(value) == ui.number(value)
    assert format_change(value) == ui.signed(value)
    assert format_relative(value) == ui.signed_percent(value)


@given(st.none() | st.integers(0, 10**16))
def test_templates_and_summaries_write_sizes_alike(size: int | None) -> None:
    assert format_bytes(size) == ui.byte_size(size)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.94132, "0.94132"),
        (1204.0, "1,204"),
        (-1e-9, "\u22121e\u221209"),
        (54321.5, "54,321.5"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert format_number(value) == text
