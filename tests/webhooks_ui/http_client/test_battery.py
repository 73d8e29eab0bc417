"""The battery, at both doors: when a webhook is saved, and when it is called.

Every address of the made-up internet is served by one hostile receiver, so whatever
gets through is dialled there and answered.
"""

import logging

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from registry_ui.errors import InvalidFieldError
from tests.factories import make_user
from tests.webhooks_ui.conftest import Internet
from tests.webhooks_ui.factories import make_delivery, make_webhook
from tests.webhooks_ui.http_client.battery import (
    ADDRESSES,
    ANSWERS,
    INJECTIONS,
    PUBLIC,
    REDIRECTS,
    SPELLINGS,
    URLS,
)
from tests.webhooks_ui.receivers import Receiver, Reply
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.webhooks import (
    WebhookInput,
    create_webhook,
    update_webhook,
)
from webhooks_ui.http_client import Answer, Failure, Outgoing, Sender, send
from webhooks_ui.models import Delivery, DeliveryAttempt, EventName, Webhook

pytestmark = pytest.mark.django_db

NAME = "rebind.example.com"


@pytest.fixture
def hostile(internet: Internet, receiver: Receiver) -> Receiver:
    """A receiver that answers at every address there is."""
    internet.everywhere = receiver.port
    return receiver


@pytest.fixture
def plain_http(settings: Settings) -> None:
    """Allow http: then no handshake stops what gets through."""
    settings.WEBHOOK_ALLOW_HTTP = True


@pytest.fixture
def ada() -> User:
    return make_user(is_superuser=True)


def _short(text: str) -> str:
    return ascii(text[:60])


# --- At save and at connect ---------------------------------------------------------


@pytest.mark.parametrize("host", [*ADDRESSES, *SPELLINGS], ids=_short)
def test_no_spelling_of_an_address_that_is_not_public_is_saved_or_called(
    host: str,
    internet: Internet,
    hostile: Receiver,
    ada: User,
    settings: Settings,
) -> None:
    internet.names["localhost"] = internet.names["ip6-localhost"] = [["127.0.0.1"]]

    for scheme in ("https", "http"):
        settings.WEBHOOK_ALLOW_HTTP = scheme == "http"
        _refused_at_save(f"{scheme}://{host}/hook", ada)
        _refused_at_connect(f"{scheme}://{host}/hook")

    assert _calls(internet, hostile) == []


@pytest.mark.parametrize("url", URLS, ids=_short)
def test_no_url_that_can_be_read_in_two_ways_is_saved_or_called(
    url: str, internet: Internet, hostile: Receiver, ada: User
) -> None:
    internet.names["receiver.example.com"] = [[PUBLIC]]

    _refused_at_save(url, ada)
    _refused_at_connect(url)

    assert _calls(internet, hostile) == []


@pytest.mark.usefixtures("plain_http")
@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS.keys())
def test_no_name_with_an_address_that_is_not_public_is_saved_or_called(
    answers: list[str], internet: Internet, hostile: Receiver, ada: User
) -> None:
    internet.names[NAME] = [answers]

    for host in (NAME, f"{NAME}.", NAME.upper()):
        internet.names[host.rstrip(".")] = [answers]
        _refused_at_save(f"http://{host}/hook", ada)
        _refused_at_connect(f"http://{host}/hook")

    assert _calls(internet, hostile) == []


# --- A name that changes what it points to ------------------------------------------


@pytest.mark.usefixtures("plain_http")
@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_name_that_turns_private_after_the_save_is_not_called(
    answers: list[str], internet: Internet, hostile: Receiver, ada: User
) -> None:
    internet.names[NAME] = [[PUBLIC], answers]  # the second look-up differs

    webhook = create_webhook(_input(f"http://{NAME}/"), actor=ada, model=None)
    attempt = _deliver_to(webhook)

    assert "is not a public address" in attempt.error
    assert attempt.delivery.status == Delivery.Status.FAILED
    assert _calls(internet, hostile) == []


@pytest.mark.usefixtures("plain_http")
@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_name_that_turns_private_after_the_first_call_is_not_called_again(
    answers: list[str], internet: Internet, hostile: Receiver, ada: User
) -> None:
    internet.names[NAME] = [[PUBLIC], [PUBLIC], answers]  # the third look-up differs

    webhook = create_webhook(_input(f"http://{NAME}/"), actor=ada, model=None)
    first, second = _deliver_to(webhook), _deliver_to(webhook)

    assert first.status_code == 200
    assert "is not a public address" in second.error
    assert internet.dialled == [PUBLIC]
    assert len(hostile.requests) == 1


@pytest.mark.usefixtures("plain_http")
def test_a_call_looks_a_name_up_once_and_dials_what_it_found(
    internet: Internet, hostile: Receiver
) -> None:
    internet.names[NAME] = [[PUBLIC], ["127.0.0.1"]]

    answer = send(_to(f"http://{NAME}/hook"))

    assert answer.status_code == 200
    assert (internet.looked_up, internet.dialled) == ([NAME], [PUBLIC])
    assert hostile.requests[0].headers["Host"] == NAME


@pytest.mark.usefixtures("plain_http", "hostile")
def test_a_connection_is_not_kept_for_a_name_beyond_its_sender(
    internet: Internet,
) -> None:
    internet.names[NAME] = [[PUBLIC], ["10.0.0.1"]]
    url = f"http://{NAME}/hook"

    assert _through_a_sender(url).status_code == 200
    assert _through_a_sender(url).failure is Failure.REFUSED_BY_POLICY
    assert internet.dialled == [PUBLIC]


# --- Redirects ----------------------------------------------------------------------


@pytest.mark.usefixtures("plain_http")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", REDIRECTS, ids=_short)
def test_no_redirect_leads_anywhere(
    status: int, target: str, internet: Internet, hostile: Receiver
) -> None:
    internet.names["receiver.example.com"] = [[PUBLIC]]
    internet.names[NAME] = [["127.0.0.1"]]
    hostile.replies(Reply(status, b"", {"Location": target}))

    answer = send(_to("http://receiver.example.com/hook"))

    assert answer.status_code == status
    assert target in answer.error
    assert internet.dialled == [PUBLIC]
    assert [request.path for request in hostile.requests] == ["/hook"]


@pytest.mark.usefixtures("plain_http")
@pytest.mark.parametrize(
    "header",
    [
        {"Refresh": "0; url=http://127.0.0.1/"},
        {"Content-Location": "http://127.0.0.1/"},
        {"Link": "<http://127.0.0.1/>; rel=preload"},
        {"Alt-Svc": 'h2="127.0.0.1:443"'},
    ],
    ids=str,
)
def test_no_other_header_leads_anywhere(
    header: dict[str, str], internet: Internet, hostile: Receiver
) -> None:
    internet.names["receiver.example.com"] = [[PUBLIC]]
    hostile.replies(Reply(200, b"", header))

    send(_to("http://receiver.example.com/hook"))

    assert internet.dialled == [PUBLIC]
    assert len(hostile.requests) == 1


# --- Another header, smuggled in ----------------------------------------------------


@pytest.mark.usefixtures("plain_http")
@pytest.mark.parametrize("value", INJECTIONS, ids=_short)
@pytest.mark.parametrize("field", ["authorization", "secret"])
def test_no_credential_begins_another_header(
    field: str, value: str, internet: Internet, hostile: Receiver, ada: User
) -> None:
    internet.names["receiver.example.com"] = [[PUBLIC]]
    url = "http://receiver.example.com/hook"

    with pytest.raises(InvalidFieldError, match=f"The {field} may hold"):
        create_webhook(_input(url, **{field: value}), actor=ada, model=None)
    _deliver_to(make_webhook(url=url, authorization=value))  # around the action

    assert not any("X-Evil" in request.headers for request in hostile.requests)
    assert {request.path for request in hostile.requests} <= {"/hook"}


@pytest.mark.usefixtures("plain_http")
@pytest.mark.parametrize(
    "name", ["X-A\r\nX-Evil", "X-A: 1\r\nX-Evil", "X A", "X-A\x00"]
)
def test_no_name_of_a_header_begins_another_one(
    name: str, internet: Internet, hostile: Receiver
) -> None:
    internet.names["receiver.example.com"] = [[PUBLIC]]
    request = _to("http://receiver.example.com/hook", headers={name: "1"})

    answer = send(request)

    sent = [header for one in hostile.requests for header in one.headers]
    assert "X-Evil" not in sent
    assert answer.status_code is None or name.replace(" ", "") not in sent


# --- What a refusal says, and to whom -----------------------------------------------


def test_a_refusal_in_the_log_shows_no_path_that_may_be_a_token(
    hostile: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    _deliver_to(make_webhook(url="https://10.0.0.1/services/canary-of-a-path"))

    assert "delivery failed" in caplog.text
    assert "canary" not in caplog.text
    assert hostile.requests == []


def _input(
    url: str, *, secret: str | None = None, authorization: str | None = None
) -> WebhookInput:
    return WebhookInput(
        url=url,
        events=[EventName.MODEL_VERSION_CREATED.value],
        secret=secret,
        authorization=authorization,
    )


def _refused_at_save(url: str, ada: User) -> None:
    """Expect that the URL can neither be stored anew nor put into a stored webhook."""
    stored = make_webhook(created_by=ada)

    with pytest.raises(InvalidFieldError) as new:
        create_webhook(_input(url), actor=ada, model=None)
    with pytest.raises(InvalidFieldError) as changed:
        update_webhook(stored, _input(url), actor=ada)

    assert (new.value.field, changed.value.field) == ("url", "url")
    assert list(Webhook.objects.values_list("url", flat=True)) == [stored.url]
    stored.delete()


def _refused_at_connect(url: str) -> None:
    """Expect that the URL is not called, even where a row holds it all the same."""
    alone, in_turn = send(_to(url)), _through_a_sender(url)

    for answer in (alone, in_turn):
        assert answer.status_code is None
        assert answer.failure in {Failure.REFUSED_BY_POLICY, Failure.NAME}
        assert answer.error.endswith(".")


def _calls(internet: Internet, hostile: Receiver) -> list[str]:
    """Return who was called: addresses that were dialled, paths that were asked for."""
    return [*internet.dialled, *(request.path for request in hostile.requests)]


def _deliver_to(webhook: Webhook) -> DeliveryAttempt:
    """Let the worker's code deliver one event; return what the ledger says of it."""
    delivery = make_delivery(webhook=webhook)
    drain_deliveries()
    return DeliveryAttempt.objects.select_related("delivery").get(delivery=delivery)


def _through_a_sender(url: str) -> Answer:
    with Sender() as sender:
        sender.submit([_to(url)])
        ((_, answer),) = sender.collect(5)
    assert answer is not None
    return answer


def _to(url: str, headers: dict[str, str] | None = None) -> Outgoing:
    return Outgoing(id="1", endpoint="1", url=url, headers=headers or {}, body=b"{}")
