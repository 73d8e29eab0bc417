"""The demo: its people, one-click sign-in, the receiver, what the seed promises."""

import json
import re
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import path
from pytest_django import Settings

from config.demo import catalog, names
from config.demo.people import ensure_people
from config.demo.receiver import (
    KEPT,
    LARGEST_BODY,
    Inbox,
    ReceiverServer,
    standard_verdict,
    verdict,
)
from config.demo.story import TALES
from config.demo.views import demo_sign_in
from registry_ui import permissions
from registry_ui.models import Level
from tests.factories import make_user
from webhooks_ui.signing import signature_headers

SECRET = "anyRandomString"  # noqa: S105 - a test's
SIGN_IN = "/demo/sign-in/"

# With `--demo` the route exists; the rest of the product is not needed here.
urlpatterns = [path("demo/sign-in/", demo_sign_in)]
with_route = pytest.mark.urls(__name__)


@pytest.fixture
def demo(settings: Settings) -> None:
    """Be a demo, with its people."""
    settings.DEMO = True
    ensure_people()


# --- People -------------------------------------------------------------------------


@pytest.mark.django_db
def test_people_are_made_once_and_then_left_alone() -> None:
    ensure_people()
    User.objects.filter(username="dana").update(first_name="Daniela")

    ensure_people()

    assert User.objects.count() == len(names())
    assert User.objects.get(username="dana").first_name == "Daniela"


@pytest.mark.django_db
def test_each_person_holds_the_level_of_their_role() -> None:
    ensure_people()

    levels = {
        user.username: permissions.level_of(user, None) for user in User.objects.all()
    }

    assert levels == {
        "dana": Level.CAN_EDIT,
        "rui": Level.CAN_MANAGE_PRODUCTION_VERSIONS,
        "maya": Level.CAN_MANAGE_PRODUCTION_VERSIONS,
        "ada": Level.CAN_MANAGE,
        "aki": Level.CAN_READ,
    }


@pytest.mark.django_db
def test_nobody_of_the_demo_has_a_password() -> None:
    ensure_people()

    assert not any(user.has_usable_password() for user in User.objects.all())


# --- Signing in ---------------------------------------------------------------------


@with_route
@pytest.mark.django_db
def test_one_click_signs_in_and_goes_where_one_wanted_to_go(
    client: Client, demo: None
) -> None:
    answer = client.post(SIGN_IN, {"username": "rui", "next": "/requests/3/"})

    assert (answer.status_code, answer["Location"]) == (302, "/requests/3/")
    rui = User.objects.get(username="rui")
    assert client.session["_auth_user_id"] == str(rui.pk)


@with_route
@pytest.mark.django_db
@pytest.mark.parametrize(
    "target", ["", "https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_site(
    client: Client, demo: None, target: str
) -> None:
    answer = client.post(SIGN_IN, {"username": "aki", "next": target})

    assert answer["Location"] == "/"


@with_route
@pytest.mark.django_db
def test_only_demo_people_without_a_password_are_signed_in(
    client: Client, demo: None
) -> None:
    make_user(username="root")
    rui = User.objects.get(username="rui")
    rui.set_password("this account is mine")
    rui.save()

    statuses = [
        client.post(SIGN_IN, {"username": name}).status_code
        for name in ("root", "rui", "nobody", "")
    ]

    assert statuses == [404] * 4
    assert "_auth_user_id" not in client.session


@with_route
@pytest.mark.django_db
def test_signing_in_takes_a_post(client: Client, demo: None) -> None:
    assert client.get(SIGN_IN).status_code == 405


@with_route
@pytest.mark.django_db
def test_without_demo_the_view_leads_nowhere(
    client: Client, demo: None, settings: Settings
) -> None:
    settings.DEMO = False

    assert client.post(SIGN_IN, {"username": "ada"}).status_code == 404


@pytest.mark.django_db
def test_without_demo_there_is_no_such_address(client: Client) -> None:
    assert client.post(SIGN_IN, {"username": "ada"}).status_code == 404


# --- The receiver -------------------------------------------------------------------


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[ReceiverServer]:
    """The demo's receiver on a free port."""
    server = ReceiverServer(("127.0.0.1", 0), Inbox(tmp_path / "kept.json"), SECRET)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def ask(
    server: ReceiverServer,
    method: str,
    where: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[HTTPResponse, str]:
    host, port = server.server_address[:2]
    connection = HTTPConnection(str(host), int(port), timeout=10)
    try:
        connection.request(method, where, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def test_a_signature_is_checked_by_the_documented_recipe() -> None:
    body = (
        b'{"event":"MODEL_VERSION_TRANSITIONED_STAGE",'
        b'"webhook_id":"c5596721253c4b429368cf6f4341b88a",'
        b'"event_timestamp":1589859029343,"model_name":"churn","version":"8",'
        b'"to_stage":"Production","from_stage":"Staging","text":"Registered model'
        b" 'churn' version 8 transitioned from Staging to Production.\"}"
    )
    signature = "e4157c5c4b82043d4e6095d8de09050f4f79f6cf62d4980f9ff256ceb8d72828"

    def judged(value: str, sent: bytes) -> str:
        return verdict(SECRET, {"X-Databricks-Signature": value}, sent)

    assert judged(signature, body) == "verified"
    assert judged(signature, body + b" ") == "wrong"
    assert judged("é", body) == "wrong"
    assert verdict(SECRET, {}, body) == "unsigned"


@pytest.mark.parametrize(
    ("changes", "age", "found"),
    [
        ({}, 0, "verified"),
        ({}, 3600, "old"),
        ({"webhook-id": "2"}, 0, "wrong"),
        ({"webhook-timestamp": "soon"}, 0, "wrong"),
        ({"webhook-signature": "v1,AAAA"}, 0, "wrong"),
        ({"webhook-signature": ""}, 0, "unsigned"),
    ],
)
def test_the_signature_of_standard_webhooks_is_checked_with_its_time(
    changes: dict[str, str], age: int, found: str
) -> None:
    headers = signature_headers([SECRET], message_id="1", timestamp=10**9, body=b"{}")

    judged = standard_verdict(SECRET, headers | changes, b"{}", now=10**9 + age)

    assert judged == found


def test_the_page_says_of_each_payload_what_was_found(
    receiver: ReceiverServer,
) -> None:
    body = json.dumps({"event": "COMMENT_CREATED", "text": "Hello."}).encode()
    headers = signature_headers(
        [SECRET], message_id="1", timestamp=int(time.time()), body=body
    )
    for changes in ({}, {"webhook-timestamp": "1000000000"}):
        ask(receiver, "POST", "/", body, headers | changes)

    _, html = ask(receiver, "GET", "/")

    words = [" ".join(item.split()) for item in re.findall(r"<li.*?>(.*?)</li>", html)]
    assert words == [
        "Standard Webhooks: ✗ wrong, refused",
        "Databricks: ✓ verified",
        "↻ came before: same webhook-id",
        "Standard Webhooks: ✓ verified",
        "Databricks: ✓ verified",
    ]
    assert "  &quot;text&quot;: &quot;Hello.&quot;" in html


def test_the_page_refreshes_by_itself_where_one_wants_it(
    receiver: ReceiverServer,
) -> None:
    _, still = ask(receiver, "GET", "/")
    _, moving = ask(receiver, "GET", "/?refresh")

    assert "http-equiv" not in still
    assert '<meta http-equiv="refresh" content="5">' in moving


def test_what_an_earlier_receiver_kept_is_still_shown(
    receiver: ReceiverServer,
) -> None:
    receiver.inbox.add({"signature": "verified", "body": "no json", "payload": None})

    page, html = ask(receiver, "GET", "/")

    assert page.status == 200
    assert "no json" in html


def test_what_arrives_is_shown_as_json_and_escaped_on_the_page(
    receiver: ReceiverServer,
) -> None:
    text = "<script>alert(1)</script>"
    body = json.dumps({"event": "COMMENT_CREATED", "text": text}).encode()

    posted, _ = ask(receiver, "POST", "/", body)
    _, listed = ask(receiver, "GET", "/received.json")
    page, html = ask(receiver, "GET", "/")

    assert posted.status == 200
    (entry,) = json.loads(listed)
    assert entry["payload"] == {"event": "COMMENT_CREATED", "text": text}
    assert entry["body"].encode() == body
    assert entry["signature"] == "unsigned"
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "default-src 'none'" in str(page.headers["Content-Security-Policy"])


def test_a_wrong_signature_is_refused_but_shown(receiver: ReceiverServer) -> None:
    answer, _ = ask(receiver, "POST", "/", b"{}", {"X-Databricks-Signature": "0" * 64})

    assert answer.status == 401
    assert [entry["signature"] for entry in receiver.inbox.entries()] == ["wrong"]


@pytest.mark.parametrize("body", [b"no json", b"[1]", b"\xff\xfe", b""])
def test_what_is_no_payload_is_shown_all_the_same(
    receiver: ReceiverServer, body: bytes
) -> None:
    ask(receiver, "POST", "/", body)

    page, html = ask(receiver, "GET", "/")

    assert page.status == 200
    assert "No event" in html


def test_a_body_that_is_too_large_is_not_read(receiver: ReceiverServer) -> None:
    answer, _ = ask(
        receiver, "POST", "/", b"", {"Content-Length": str(LARGEST_BODY + 1)}
    )

    assert answer.status == 413
    assert receiver.inbox.entries() == []


def test_the_inbox_keeps_the_newest_across_restarts(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    inbox = Inbox(file)
    for number in range(KEPT + 5):
        inbox.add({"body": str(number)})

    again = Inbox(file).entries()

    assert len(again) == KEPT
    assert again[0] == {"body": str(KEPT + 4)}


def test_a_damaged_inbox_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text('[{"body": ')

    assert Inbox(file).entries() == []


# --- The seed -----------------------------------------------------------------------


@pytest.mark.parametrize("command", ["demo_seed", "demo_receiver"])
def test_the_commands_refuse_to_run_outside_of_a_demo(command: str) -> None:
    with pytest.raises(CommandError, match="up --demo"):
        call_command(command)


def test_the_catalog_is_as_large_as_promised() -> None:
    assert len(catalog.MODELS) >= 6
    assert sum(len(plan.versions) for plan in catalog.MODELS) >= 25


def test_each_tale_is_about_a_version_of_the_catalog() -> None:
    versions = {plan.name: len(plan.versions) for plan in catalog.MODELS}

    assert all(tale.version <= versions[tale.model] for tale in TALES)
