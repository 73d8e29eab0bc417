"""What a receiver repeats of credentials is not kept, however it writes them."""

import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from webhooks_ui.actions.attempts import without_secrets

SECRETS = [
    "dapi-SECRET/tok+en==",
    'Token token="s3cr3t-abcdef"',
    "abc&def<ghi>'jkl",
    "back\\slash\\\\es\\",
    "schlüssel 🔑",
]
WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON with all letters": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps({"echo": json.dumps([text])}),
    "JSON for HTML": lambda text: (
        json.dumps(text).replace("<", r"\u003c").replace("&", r"\u0026")
    ),
    "JSON of PHP": lambda text: json.dumps(text).replace("/", r"\/"),
    "HTML": html.escape,
    "HTML but for quotes": lambda text: html.escape(text, quote=False),
    "JSON in HTML": lambda text: html.escape(json.dumps(text)),
    "a URL's path": lambda text: quote(text, safe=""),
    "a URL's query": quote_plus,
    "a URL in small letters": lambda text: quote(text, safe="").lower(),
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_found_however_it_is_escaped(way: str, secret: str) -> None:
    text = f"Got {WAYS[way](secret)}, thanks."

    left = without_secrets(text, [secret], instead="(hidden)")

    assert "(hidden)" in left
    # What may stand around it: quotes, and what makes them safe.
    for letters in ("ecret", "s3c", "abc", "lash", "schl"):
        assert letters not in left


def test_what_is_no_secret_stays() -> None:
    text = r"secre t, \secre, s&#101;cre, a%20b"

    assert without_secrets(text, ["secret"]) == text


def test_an_answer_of_backslashes_is_read_once() -> None:
    text = "\\" * 1_000_000  # for ever, if it took the square of it

    assert without_secrets(text, ["a\\b\\c" * 20]) == text
