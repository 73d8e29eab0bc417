"""Strict, typed reading of environment variables; the only reader of the environment.

Each variable may also be given as `NAME_FILE`, the path of a file that holds the value
(as container secrets are). A missing or malformed one raises `ImproperlyConfigured`
with a sentence that names the variable and the remedy.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from kombu.transport import TRANSPORT_ALIASES

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_HIGHEST_PORT = 65535
_LARGEST = 2**31 - 1
_WHOLE_NUMBER = re.compile(r"\d{1,100}", re.ASCII)  # `int` refuses thousands of digits
_NO_CURSORS = "DISABLE_SERVER_SIDE_CURSORS"
_DATABASES = frozenset({"postgres", "postgresql", "sqlite"})
_Value = TypeVar("_Value")


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return `host:port`, with brackets around an IPv6 host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Environment:
    """Reads typed values out of a mapping such as `os.environ`."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._environ = environ.FileAwareEnv()
        self._environ.ENVIRON = environ.fileaware_mapping.FileAwareMapping(
            env=dict(source)
        )

    def text(self, name: str, default: str = "") -> str:
        """Return the value without white space around it; unset and empty alike."""
        try:
            value = self._environ.ENVIRON.get(name, "")
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE cannot be read: {error.strerror}."
            ) from error
        except UnicodeDecodeError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE holds no text: it must be UTF-8."
            ) from error
        return str(value).strip() or default

    def required(self, name: str, reason: str) -> str:
        """Return the value, or say why it must be set."""
        value = self.text(name)
        if not value:
            raise ImproperlyConfigured(f"{name} must be set: {reason}.")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a yes/no value; other words are an error, never a silent no."""
        value = self.text(name, "1" if default else "0").lower()
        if value not in _TRUE | _FALSE:
            raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
        return value in _TRUE

    def number(
        self, name: str, default: int, *, at_least: int = 1, at_most: int = _LARGEST
    ) -> int:
        """Return a whole number from `at_least` to `at_most`."""
        value = self.text(name, str(default))
        if not _WHOLE_NUMBER.fullmatch(value) or int(value) < at_least:
            raise ImproperlyConfigured(
                f"{name} must be a whole number of at least {at_least}, not {value!r}."
            )
        if int(value) > at_most:
            raise ImproperlyConfigured(f"{name} must be at most {at_most}: {value!r}.")
        return int(value)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of the choices; the first is the default."""
        value = self.text(name, choices[0])
        if value not in choices:
            raise ImproperlyConfigured(
                f"{name} must be one of {', '.join(choices)}, not {value!r}."
            )
        return value

    def address(self, name: str, default: str) -> Address:
        """Return a `host:port`."""
        value = self.text(name, default)
        try:
            parts = urlsplit(f"//{value}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or not port or port > _HIGHEST_PORT or parts.path:
            raise ImproperlyConfigured(
                f"{name} must look like 127.0.0.1:8000, not {value!r}."
            )
        return Address(host, port)

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        """Return an absolute URL of one of the schemes, without a slash at its end."""
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            is_good = parts.scheme in schemes and bool(parts.hostname)
            is_good = is_good and parts.port != 0  # it raises for what is no port
        except ValueError:
            is_good = False
        if not is_good:
            allowed = " or ".join(f"{scheme}://" for scheme in schemes)
            raise ImproperlyConfigured(
                f"{name} must be a URL that begins with {allowed} and names a host,"
                " with a port from 1 to 65535 if any."
            )
        return value.rstrip("/")

    def words(self, name: str) -> list[str]:
        """Return the parts of a comma list; empty parts are dropped."""
        return [part for raw in self.text(name).split(",") if (part := raw.strip())]

    def networks(self, name: str) -> list[str]:
        """Return a comma list of CIDR networks."""
        networks = self.words(name)
        for network in networks:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ImproperlyConfigured(
                    f"{name} must list networks such as 10.1.0.0/16, not {network!r}."
                ) from None
        return networks

    def path(self, name: str, default: str) -> Path:
        """Return an absolute path."""
        return Path(self.text(name, default)).expanduser().resolve()

    def parsed(self, name: str, parse: Callable[[str], _Value], form: str) -> _Value:
        """Return what `parse` makes of the value; its errors name the variable."""
        try:
            return parse(self.text(name))
        except (ValueError, KeyError, ImproperlyConfigured):
            # The value is left out: it may hold a password.
            raise ImproperlyConfigured(f"{name} must look like {form}.") from None


def database(url: str) -> dict[str, Any]:
    """Return Django's settings of a `postgres://` or `sqlite:///` URL."""
    # Asked before django-environ is: it warns of others with the password in it.
    if urlsplit(url).scheme not in _DATABASES:
        raise ValueError(url)
    config: dict[str, Any] = environ.Env.db_url_config(url)
    if not config.get("NAME"):
        raise ValueError(url)
    if _NO_CURSORS in config:  # which django-environ leaves as text
        config[_NO_CURSORS] = str(config[_NO_CURSORS]).lower() in _TRUE
    return config


def email(url: str) -> dict[str, Any]:
    """Return Django's `EMAIL_*` settings of a URL such as `smtp+tls://…`."""
    config: dict[str, Any] = environ.Env.email_url_config(url)
    return config


def broker(url: str) -> str:
    """Return the URL of a broker, or of several with semicolons between them."""
    for one in url.split(";"):
        parts = urlsplit(one)
        transport = parts.scheme.partition("+")[0]  # as in `redis+socket:///run/redis`
        is_list = "," in parts.netloc  # of hosts, as MongoDB's
        if transport not in TRANSPORT_ALIASES or not (is_list or parts.port != 0):
            raise ValueError(url)
    return url
