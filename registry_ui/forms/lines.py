"""What has several lines."""

from typing import Any

from django import forms


class LinesField(forms.CharField):
    """Text of several lines, whose length is what it has on the page.

    Browsers count one character at the end of a line, and send two.

    Source: WHATWG HTML, "Constructing the entry list"; 4.10.5.3.1, `maxlength`.
    """

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """Return the text with plain line ends."""
        return (super().to_python(value) or "").replace("\r\n", "\n")
