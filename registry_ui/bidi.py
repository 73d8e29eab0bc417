"""Characters that turn the direction of text, as what they are.

Else a model that is named U+202E `evil` would look like `live`, and be approved for it.

Source: Unicode Technical Report #36, 2.5.1; CVE-2021-42574.
"""

import re

_CONTROLS = "[\u202a-\u202e\u2066-\u2069]"
_CONTROL = re.compile(f"(?P<control>{_CONTROLS})")
_KEPT_OR_CONTROL = re.compile(
    r'<(textarea|script)\b.*?</\1>|\b(?:value|data-[\w-]+)="[^"]*"'
    rf"|(?P<control>{_CONTROLS})",
    re.DOTALL,
)
# In UTF-8, which every page is looked through for: a tenth of the time of text.
_IN_UTF8 = re.compile(rb"\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])")


def visible(text: str) -> str:
    """Return the text with `[U+202E]` where such a character was."""
    return _CONTROL.sub(_shown, text)


def visible_in_page(page: bytes) -> bytes:
    """Return a page in UTF-8 likewise; what is in fields and for scripts is kept."""
    if not _IN_UTF8.search(page):
        return page
    return _KEPT_OR_CONTROL.sub(_shown, page.decode()).encode()


def _shown(match: re.Match[str]) -> str:
    control = match["control"]
    return f"[U+{ord(control):04X}]" if control else match[0]
