"""Which server to speak with, and by which token."""

import os
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from signoff.errors import ConfigurationError

URL = "SIGNOFF_URL"
TOKEN = "SIGNOFF_TOKEN"  # noqa: S105 - the variable's name
TOKEN_FILE = "SIGNOFF_TOKEN_FILE"  # noqa: S105 - likewise


def server_url(given: str | None) -> str:
    """Return the server's address without a slash at its end.

    Args:
        given: if None, `SIGNOFF_URL` says it.

    Raises:
        ConfigurationError: nobody said it, or it is no http(s) address.
    """
    url = given or os.environ.get(URL, "")
    if not url:
        raise ConfigurationError(
            f"Set {URL} to the server's address, such as https://signoff.example.com."
        )
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise ConfigurationError(
            f"{URL} holds a user name or a password; leave them out: the token says who"
            " you are."
        )
    if {"?", "#"} & set(url):
        raise ConfigurationError(
            f"{URL} is {url!r}; leave out what follows the question mark or the #."
        )
    parts = _parts_of(url)
    if not parts or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"{URL} is {url!r}; it begins with https:// or http:// and names a host,"
            " with a port from 1 to 65535 if any."
        )
    if parts.path.rstrip("/").endswith("/api/v1"):
        raise ConfigurationError(f"{URL} is {url!r}; leave /api/v1 out of it.")
    return url.rstrip("/")


def _parts_of(url: str) -> SplitResult | None:
    """Return the parts of an address; None if it is none."""
    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        is_one = parts.port != 0  # it raises for what is no port
    except ValueError:
        return None
    return parts if is_one else None


def api_token(given: str | None) -> str:
    """Return the token.

    Args:
        given: if None, `SIGNOFF_TOKEN` or the file of `SIGNOFF_TOKEN_FILE` says it.

    Raises:
        ConfigurationError: nobody said it, or it is no token.
    """
    token = (given or os.environ.get(TOKEN) or _token_of_file()).strip()
    if not token:
        raise ConfigurationError(
            f"Set {TOKEN}, or {TOKEN_FILE} to a file that holds it; your account page"
            " on the server makes tokens."
        )
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise ConfigurationError(f"{TOKEN} holds more than a token; copy it again.")
    return token


def _token_of_file() -> str:
    path = os.environ.get(TOKEN_FILE, "")
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{TOKEN_FILE} names {path!r}, which cannot be read: {error.strerror}."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{TOKEN_FILE} names {path!r}, which holds no text."
        ) from error
