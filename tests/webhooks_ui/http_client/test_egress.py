"""Which addresses may be called; the attacks on that are in test_battery.py."""

import pytest
from pytest_django import Settings

from tests.webhooks_ui.conftest import Internet
from webhooks_ui.errors import UrlRefusedError
from webhooks_ui.http_client import (
    Failure,
    Outgoing,
    check_destination,
    check_url,
    send,
)

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize("name", ["localhost", "0x7f000001", "0x7f.1", "017700000001"])
def test_other_spellings_of_this_machine_are_refused_at_save(name: str) -> None:
    with pytest.raises(UrlRefusedError):
        check_destination(f"https://{name}/")


def test_a_name_that_does_not_resolve_yet_may_be_saved(internet: Internet) -> None:
    check_destination("https://not-yet.example.com/")

    assert _failure("https://not-yet.example.com/") is Failure.NAME


@pytest.mark.parametrize(
    "host",
    ["1.1.1.1", "[2606:4700::1111]", "[2a00::1]", "[64:ff9b::1.1.1.1]"],
)
def test_a_public_address_may_be_called_by_its_numbers(host: str) -> None:
    check_url(f"https://{host}/hook")


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
