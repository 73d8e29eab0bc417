"""Which addresses may be called; the attacks on that are in test_battery.py."""

import pytest
from pytest_django import Settings

from config.preflight import StartRefused, check_allowed_networks
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


def test_a_name_with_one_address_outside_of_the_allowed_networks_is_refused(
    settings: Settings, internet: Internet
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["10.1.0.0/16"]
    internet.names["inside.example.com"] = [["10.1.2.3"]]
    internet.names["mixed.example.com"] = [["10.1.2.3", "169.254.169.254"]]

    check_destination("https://inside.example.com/")
    with pytest.raises(UrlRefusedError, match="is not a public address alone"):
        check_destination("https://mixed.example.com/")

    assert _failure("https://mixed.example.com/") is Failure.REFUSED_BY_POLICY
    assert internet.dialled == []


@pytest.mark.parametrize("network", ["::/96", "::ffff:0:0/96", "64:ff9b::/96"])
def test_a_network_that_would_open_every_address_within_it_stops_the_start(
    settings: Settings, network: str
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = [network]

    with pytest.raises(StartRefused, match="SIGNOFF_WEBHOOK_ALLOWED_NETWORKS"):
        check_allowed_networks()

    settings.WEBHOOK_ALLOWED_NETWORKS = ["10.0.0.0/8", "fd00::/8", "::1/128"]
    check_allowed_networks()


def test_behind_a_proxy_numbers_are_judged_here_and_names_there(
    settings: Settings, internet: Internet, receiver: Receiver
) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True
    settings.WEBHOOK_PROXY = "http://10.9.9.9:4750"
    internet.routes["10.9.9.9"] = receiver.port

    assert _failure("http://169.254.169.254/") is Failure.REFUSED_BY_POLICY
    assert internet.dialled == []

    assert send(_to("http://receiver.example.com/hook")).status_code == 200
    assert internet.dialled == ["10.9.9.9"]
    assert "receiver.example.com" not in internet.looked_up


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
        ("https://receiver.example.com/a b", "holds a space"),
        ("https://receiver.example.com/a\u200b", r"U\+200B"),
        ("https://receiver.example.com/a\n", r"U\+000A"),
        (f"https://{'long.' * 60}example.com/", "has 311 characters"),
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
