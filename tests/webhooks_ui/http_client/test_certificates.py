"""Certificates that are not accepted, and the words for it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.webhooks_ui.certificates import Authority, make_authority, make_certificate
from tests.webhooks_ui.conftest import Internet
from tests.webhooks_ui.receivers import Receiver, tls_receiver
from webhooks_ui.http_client import Answer, Failure, Outgoing, send
from webhooks_ui.http_client.certificates import trusted_context

pytestmark = pytest.mark.usefixtures("open_loopback")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """Trust an authority of our own, as an operator does with SSL_CERT_FILE."""
    authority = make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    trusted_context.cache_clear()
    yield authority
    trusted_context.cache_clear()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Receiver]]:
    """Start receivers with certificates made for the test."""
    started: list[Receiver] = []

    def serve(**certificate: Any) -> Receiver:
        started.append(tls_receiver(make_certificate(tmp_path, **certificate)))
        return started[-1]

    yield serve
    for receiver in started:
        receiver.stop()


def test_a_certificate_of_a_trusted_authority_is_accepted(
    authority: Authority, serve: Callable[..., Receiver]
) -> None:
    answer = send(_to(serve(authority=authority).url))

    assert (answer.status_code, answer.error) == (200, "")


def test_an_expired_certificate_is_told_with_its_date(
    authority: Authority, serve: Callable[..., Receiver]
) -> None:
    receiver = serve(
        authority=authority,
        since=datetime(2025, 5, 3, tzinfo=UTC),
        until=datetime(2026, 5, 3, 12, tzinfo=UTC),
    )

    answer = send(_to(receiver.url))

    assert _outcome(answer) == (
        Failure.TLS,
        "The certificate expired on 3 May 2026.",
    )
    assert receiver.requests == []


def test_a_certificate_that_is_not_valid_yet_is_told_with_its_date(
    authority: Authority, serve: Callable[..., Receiver]
) -> None:
    receiver = serve(
        authority=authority,
        since=datetime(2090, 1, 31, tzinfo=UTC),
        until=datetime(2091, 1, 31, tzinfo=UTC),
    )

    answer = send(_to(receiver.url))

    assert answer.error == "The certificate is not valid before 31 January 2090."


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("other.example.com",), "other.example.com"),
        (("a.test", "b.test", "c.test", "d.test"), "a.test, b.test, c.test and others"),
        (("10.0.0.1",), "10.0.0.1"),
    ],
)
def test_a_certificate_of_another_name_is_told_with_the_names(
    authority: Authority,
    serve: Callable[..., Receiver],
    names: tuple[str, ...],
    told: str,
) -> None:
    receiver = serve(authority=authority, names=names)

    answer = send(_to(receiver.url))

    assert answer.error == f"The certificate is for {told}, not for 127.0.0.1."
    assert receiver.requests == []


def test_a_certificate_whose_authority_is_not_known_is_told(
    tmp_path: Path, serve: Callable[..., Receiver]
) -> None:
    stranger = make_authority(tmp_path)

    answer = send(_to(serve(authority=stranger).url))

    assert answer.failure is Failure.TLS
    assert answer.error.startswith("Nobody that is trusted here vouches")


def test_a_self_signed_certificate_is_told_and_may_be_let_pass(
    serve: Callable[..., Receiver],
) -> None:
    receiver = serve()

    strict = send(_to(receiver.url))
    lenient = send(_to(receiver.url, verifies_tls=False))

    assert _outcome(strict) == (
        Failure.TLS,
        "The certificate is self-signed: nobody vouches for it.",
    )
    assert lenient.status_code == 200
    assert len(receiver.requests) == 1


def test_a_receiver_that_asks_for_our_certificate_is_told(tmp_path: Path) -> None:
    receiver = tls_receiver(make_certificate(tmp_path), asks_for_one=True)

    answer = send(_to(receiver.url, verifies_tls=False))
    receiver.stop()

    words = "TLS failed: tlsv13 alert certificate required."
    assert _outcome(answer) == (Failure.TLS, words)


def test_the_look_at_a_certificate_goes_to_allowed_addresses_alone(
    authority: Authority,
    serve: Callable[..., Receiver],
    internet: Internet,
    settings: Settings,
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    receiver = serve(authority=authority, names=("other.example.com",))
    internet.names["moves.example.com"] = [["93.184.215.14"], ["127.0.0.1"]]
    internet.routes["93.184.215.14"] = receiver.port

    answer = send(_to("https://moves.example.com/hook"))

    assert answer.failure is Failure.TLS
    assert internet.dialled == ["93.184.215.14"]


def _outcome(answer: Answer) -> tuple[Failure | None, str]:
    return answer.failure, answer.error


def _to(url: str, *, verifies_tls: bool = True) -> Outgoing:
    return Outgoing(
        id="1",
        endpoint="one",
        url=url,
        headers={},
        body=b"{}",
        verifies_tls=verifies_tls,
    )
