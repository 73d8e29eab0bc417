"""Every spelling of a private address, at save and at connect."""

import pytest
from pytest_django import Settings

from tests.webhooks_ui.conftest import Internet
from tests.webhooks_ui.receivers import Receiver
from webhooks_ui.errors import UrlRefusedError
from webhooks_ui.http_client import (
    Failure,
    Outgoing,
    check_destination,
    check_url,
    send,
)

PUBLIC = "93.184.215.14"

LITERALS = [
    "127.0.0.1",
    "127.8.8.8",
    "[::1]",
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "[::]",
    "169.254.169.254",
    "168.63.129.16",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[ff02::1]",
    "2130706433",
    "0177.0.0.1",
    "127.1",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "127.0.0.1.",
]
ODD = [
    "https://user@receiver.example.com/",
    "https://receiver.example.com@127.0.0.1/",
    "https://127.0.0.1\\@receiver.example.com/",
    "https://127.0.0.1#@receiver.example.com/",
    "https://receiver.example.com:22/",
    "https://receiver.example.com:0/",
    "https://receiver.example.com:99999/",
    "https://receiver.example.com/\r\nX-Evil: 1",
    "https://receiver .example.com/",
    "https://",
    "https:///path",
    "https://?q",
    "https://[::1",
    "//receiver.example.com/",
    "receiver.example.com",
    "",
    "http://receiver.example.com/",
    "file:///etc/passwd",
    "ftp://receiver.example.com/",
    "gopher://receiver.example.com/",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "data:text/plain,hello",
    "https://" + "a" * 300 + ".example.com/",
    "https://receiver.example.com/" + "a" * 9000,
]
NAMES = {
    "private": ["10.1.2.3"],
    "mapped": ["::ffff:169.254.169.254"],
    "public first": [PUBLIC, "127.0.0.1"],
    "private first": ["127.0.0.1", PUBLIC],
    "two families": [PUBLIC, "::1"],
}


@pytest.mark.parametrize("host", LITERALS)
def test_an_address_that_is_not_public_is_refused_before_any_look_up(
    host: str, internet: Internet
) -> None:
    with pytest.raises(UrlRefusedError):
        check_url(f"https://{host}/hook")

    assert _failure(f"https://{host}/hook") is Failure.REFUSED_BY_POLICY
    assert internet.dialled == []


@pytest.mark.parametrize("url", ODD)
def test_a_url_that_parsers_may_read_in_two_ways_is_refused(
    url: str, internet: Internet
) -> None:
    with pytest.raises(UrlRefusedError):
        check_url(url)

    assert _failure(url) is Failure.REFUSED_BY_POLICY
    assert internet.dialled == []


@pytest.mark.parametrize("answers", NAMES.values(), ids=NAMES.keys())
def test_a_name_with_any_private_address_is_refused_at_save_and_at_connect(
    answers: list[str], internet: Internet
) -> None:
    internet.names["receiver.example.com"] = [answers]
    url = "https://receiver.example.com/hook"

    with pytest.raises(UrlRefusedError):
        check_destination(url)

    assert _failure(url) is Failure.REFUSED_BY_POLICY
    assert internet.dialled == []


@pytest.mark.parametrize("name", ["localhost", "0x7f000001", "0x7f.1", "017700000001"])
def test_other_spellings_of_this_machine_are_refused_at_save(name: str) -> None:
    with pytest.raises(UrlRefusedError):
        check_destination(f"https://{name}/")


def test_a_name_that_turns_private_after_the_save_is_refused_at_connect(
    internet: Internet,
) -> None:
    internet.names["rebind.example.com"] = [[PUBLIC], ["169.254.169.254"]]
    check_destination("https://rebind.example.com/")

    assert _failure("https://rebind.example.com/") is Failure.REFUSED_BY_POLICY
    assert internet.dialled == []


def test_the_address_that_was_judged_is_the_one_that_is_called(
    internet: Internet, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True
    internet.routes[PUBLIC] = receiver.port
    internet.names["rebind.example.com"] = [[PUBLIC], ["127.0.0.1"]]

    answer = send(_to("http://rebind.example.com/hook"))

    assert answer.status_code == 200
    assert internet.dialled == [PUBLIC]
    assert receiver.requests[0].headers["Host"] == "rebind.example.com"


def test_a_name_that_does_not_resolve_yet_may_be_saved(internet: Internet) -> None:
    check_destination("https://not-yet.example.com/")

    assert _failure("https://not-yet.example.com/") is Failure.NAME


def test_an_allowed_network_opens_just_itself(settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["10.1.0.0/16"]

    check_url("https://10.1.2.3:8443/hook")

    for url in ("https://10.2.0.1/", "http://10.1.2.3/", "https://[::ffff:10.1.2.3]/"):
        with pytest.raises(UrlRefusedError):
            check_url(url)


def test_the_demo_opens_exactly_the_address_of_its_receiver(
    settings: Settings,
) -> None:
    settings.WEBHOOK_DEMO_RECEIVER = "127.0.0.1:8002"

    check_url("http://127.0.0.1:8002/hook")

    for url in (
        "http://127.0.0.1:8001/",
        "http://127.0.0.2:8002/",
        "https://127.0.0.1:8002/",
        "http://localhost:8002/",
        "http://user@127.0.0.1:8002/",
        "http://127.0.0.1:8002@10.0.0.1/",
    ):
        with pytest.raises(UrlRefusedError):
            check_url(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://receiver.example.com/", "SIGNOFF_WEBHOOK_ALLOW_HTTP"),
        ("https://10.0.0.1/", "SIGNOFF_WEBHOOK_ALLOWED_NETWORKS"),
        ("https:///hook", "names no host"),
        ("https://me:pw@receiver.example.com/", "Authorization"),
        ("https://receiver.example.com:25/", "443"),
    ],
)
def test_a_refusal_says_why_and_what_would_help(url: str, words: str) -> None:
    with pytest.raises(UrlRefusedError, match=words) as caught:
        check_url(url)

    assert str(caught.value).endswith(".")
    assert "pw" not in str(caught.value)


def _to(url: str) -> Outgoing:
    return Outgoing(id="1", endpoint="1", url=url, headers={}, body=b"{}")


def _failure(url: str) -> Failure | None:
    return send(_to(url)).failure
