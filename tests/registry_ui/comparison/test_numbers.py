"""Numbers read the same wherever they are written."""

import pytest

from registry_ui.comparison import format_number


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
