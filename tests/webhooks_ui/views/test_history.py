"""Who changed what of a webhook."""

import pytest
from pytest_django import DjangoAssertNumQueries

from registry_ui.events import EventType
from tests.factories import make_user
from tests.webhooks_ui.factories import make_event, make_webhook
from webhooks_ui.actions.secrets import rotate_secret
from webhooks_ui.actions.webhooks import (
    WebhookInput,
    create_webhook,
    set_webhook_status,
    update_webhook,
)
from webhooks_ui.models import Webhook, WebhookChange
from webhooks_ui.signing import generate_secret
from webhooks_ui.views.history import SHOWN_CHANGES, history_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("internet")]

URL = "https://receiver.example.com/token"


def test_each_change_says_who_and_what_became_of_each_field() -> None:
    ada, rui = (
        make_user(username="ada", is_superuser=True),
        make_user(is_superuser=True),
    )
    webhook = _create(ada, secret=generate_secret(), authorization="Bearer a")

    changed = WebhookInput(
        url="https://other.example.com/token",
        events=["COMMENT_CREATED"],
        description="For the channel",
        enable_ssl_verification=False,
        secret="",
        authorization="Bearer b",
    )
    update_webhook(webhook, changed, actor=rui)
    set_webhook_status(webhook, "ACTIVE", actor=ada)

    (active, edit, created), has_more = history_of(webhook)
    assert not has_more
    assert (active.line.person, edit.line.person) == (ada, rui)
    assert created.line.label == "Webhook created"
    assert [(c.label, c.old, c.new) for c in active.changes] == [
        ("Status", "Test mode", "Active")
    ]
    assert {(c.label, c.old, c.new) for c in edit.changes} == {
        ("Host", "receiver.example.com", "other.example.com"),
        ("Events", "A version is created", "A comment is written"),
        ("Description", "none", "For the channel"),
        ("Certificate", "verified", "not verified"),
        ("Secret", "", "removed"),
        ("Authorization", "", "replaced"),
    }


def test_a_new_path_is_told_without_showing_it() -> None:
    ada = make_user(is_superuser=True)
    webhook = _create(ada)

    update_webhook(webhook, _given(url=f"{URL}-of-tomorrow"), actor=ada)

    edit = history_of(webhook)[0][0]
    assert [(c.label, c.old, c.new) for c in edit.changes] == [
        ("URL", "", "path changed")
    ]


def test_a_rotation_is_part_of_the_history() -> None:
    ada = make_user(is_superuser=True)
    webhook = _create(ada)

    rotate_secret(webhook, actor=ada)

    assert history_of(webhook)[0][0].line.label == "Secret rotated"


def test_an_event_of_before_this_was_kept_is_told_as_well() -> None:
    webhook = make_webhook()
    event = make_event(EventType.WEBHOOK_UPDATED, webhook=webhook.pk, changed=["url"])

    (line,), _ = history_of(webhook)

    assert line.line.event == event
    assert [(c.label, c.new) for c in line.changes] == [("Host", "changed")]


def test_the_history_of_many_changes_costs_few_queries_and_is_cut(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ada, webhook = make_user(is_superuser=True), make_webhook()
    for status in ["DISABLED", "ACTIVE"] * SHOWN_CHANGES:
        set_webhook_status(webhook, status, actor=ada)

    with django_assert_max_num_queries(2):
        lines, has_more = history_of(webhook)

    assert len(lines) == SHOWN_CHANGES
    assert has_more


def test_the_pointers_go_with_the_webhook_and_tests_have_none() -> None:
    webhook = make_webhook()
    make_event(EventType.WEBHOOK_TESTED, webhook=webhook.pk)
    make_event(EventType.WEBHOOK_UPDATED, webhook="of nobody")

    assert not WebhookChange.objects.exists()


def _given(**changes: object) -> WebhookInput:
    fields: dict[str, object] = {"url": URL, "events": ["MODEL_VERSION_CREATED"]}
    return WebhookInput(**(fields | changes))  # type: ignore[arg-type] # by name


def _create(actor: object, **changes: object) -> Webhook:
    return create_webhook(
        _given(**changes),
        actor=actor,  # type: ignore[arg-type] # a user
        model=None,
        status="TEST_MODE",
    )
