"""Receivers, somebody who is told, and a network with nothing but loopback."""

import contextlib
import errno
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.webhooks_ui.jobs_api import JobsApi
from tests.webhooks_ui.mail_server import MailServer
from tests.webhooks_ui.receivers import Receiver
from tests.webhooks_ui.telling import make_person


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A decent receiver on loopback, which answers 200."""
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def jobs_api() -> Iterator[JobsApi]:
    """The jobs API of a workspace on loopback; no fault of ours may be left in it."""
    api = JobsApi()
    yield api
    api.stop()
    assert api.faults == []


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """A real mail server on loopback, which Django's mail API sends to."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield server
    server.stop()


@pytest.fixture
def rui(db: None) -> User:
    """Somebody who is mailed to, and decides on Production."""
    return make_person("rui")


@pytest.fixture
def open_loopback(settings: Settings) -> None:
    """Allow what a deployment with a receiver on this machine would allow."""
    settings.WEBHOOK_ALLOW_HTTP = True
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@dataclass
class Internet:
    """A name service and routes under a test's control.

    Attributes:
        names: name to the answers of successive look-ups; the last one repeats.
        routes: address to the port of loopback where it is served.
        everywhere: the port of loopback where all other addresses are served.
        looked_up: every name that was looked up.
        dialled: every address that somebody tried to connect to.
    """

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    routes: dict[str, int] = field(default_factory=dict)
    everywhere: int | None = None
    looked_up: list[str] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)

    def look_up(self, host: str) -> list[str]:
        """Return the addresses that the next look-up of the name finds.

        As the C library does, take numbers in any notation for an IPv4 address.
        """
        self.looked_up.append(host)
        answers = self.names.get(host.rstrip("."))
        if not answers:
            with contextlib.suppress(OSError):
                return [socket.inet_ntoa(socket.inet_aton(host))]
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    """Put a made-up internet in the place of name service and routing."""
    net = Internet()
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def is_stranger() -> bool:
        """Is it no thread of a sender, but one that an earlier test left behind?"""
        thread = threading.current_thread()
        is_ours = thread.name.startswith("webhook-")
        return thread is not threading.main_thread() and not is_ours

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if is_stranger():
            return look_up(host, port, *args, **kwargs)
        found = []
        for text in net.look_up(host):
            family = socket.AF_INET6 if ":" in text else socket.AF_INET
            end = (text, port, 0, 0) if ":" in text else (text, port)
            found.append((family, socket.SOCK_STREAM, 6, "", end))
        return found

    def routed(self: socket.socket, address: Any) -> None:
        if is_stranger() or self.family not in (socket.AF_INET, socket.AF_INET6):
            return connect(self, address)
        net.dialled.append(address[0])
        port = net.routes.get(address[0], net.everywhere)
        if port is None or self.family != socket.AF_INET:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return connect(self, ("127.0.0.1", port))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", routed)
    return net


@pytest.fixture
def sentence() -> Callable[[str], bool]:
    """Tell whether a text reads as a sentence."""
    return lambda text: text[:1].isupper() and text.endswith(".")
