"""Credentials get the first key, all of them, however often one starts."""

import io
from itertools import islice

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from config.preflight import StartRefused, check_encryption_keys
from registry_ui.actions import keys
from registry_ui.models import AuditEvent, MLflowWebhook
from registry_ui.models.encrypted import EncryptedColumn, encrypted_columns
from registry_ui.models.encryption import key_ids
from tests.factories import make_user
from tests.webhooks_ui.factories import make_webhook
from webhooks_ui.models import NotificationPreference, Webhook

pytestmark = pytest.mark.django_db

OLD = "the old key of these tests"
NEW = "the new key of these tests"
LOST = "a key that somebody has lost"
SECRETS = ["canary of a secret", "canary of a header", "canary of a chat", "canary"]


def rotate(*arguments: str) -> str:
    """Run the command; return what it says on stdout."""
    out = io.StringIO()
    call_command("rotate_keys", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    """Run the command, which fails; return all that it says."""
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("rotate_keys", *arguments, stdout=out, stderr=out)
    return f"{out.getvalue()}{caught.value}"


@pytest.fixture
def old_key(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]


def fill(chat_of: str = "rui") -> tuple[Webhook, NotificationPreference]:
    """Store a credential of each kind."""
    webhook = make_webhook(secret=SECRETS[0], authorization=SECRETS[1])
    preference = NotificationPreference(user=make_user(username=chat_of))
    preference.chat_url = SECRETS[2]
    preference.save(force_insert=True)
    if not MLflowWebhook.load():
        hints = MLflowWebhook(webhook_id="1", url="u", registered_at=timezone.now())
        hints.secret = SECRETS[3]
        hints.save(force_insert=True)
    return webhook, preference


def id_of(key: str, settings: Settings) -> str:
    settings.ENCRYPTION_KEYS, ring = [key], settings.ENCRYPTION_KEYS
    (key_id,) = key_ids()
    settings.ENCRYPTION_KEYS = ring
    return key_id


@pytest.mark.usefixtures("old_key")
def test_every_credential_gets_the_first_key_and_stays_what_it_was(
    settings: Settings,
) -> None:
    webhook, preference = fill()
    changed_at = Webhook.objects.get().updated_at
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    said = rotate()

    settings.ENCRYPTION_KEYS = [NEW]
    webhook.refresh_from_db()
    preference.refresh_from_db()
    hints = MLflowWebhook.load()
    assert hints is not None
    found = [webhook.secret, webhook.authorization, preference.chat_url, hints.secret]
    assert found == SECRETS
    assert webhook.updated_at == changed_at
    assert "4 credentials encrypted anew" in said
    assert "canary" not in said


@pytest.mark.usefixtures("old_key")
def test_what_is_done_is_not_done_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "BATCH", 2)
    webhooks = [make_webhook(authorization=f"token {number}") for number in range(7)]
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    assert "7 credentials encrypted anew" in rotate()
    before = list(Webhook.objects.values())
    assert "0 credentials encrypted anew" in rotate()

    assert list(Webhook.objects.values()) == before
    found = {webhook.pk: webhook.authorization for webhook in Webhook.objects.all()}
    assert found == {hook.pk: f"token {n}" for n, hook in enumerate(webhooks)}


@pytest.mark.usefixtures("old_key")
def test_a_rotation_that_is_stopped_goes_on_where_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "BATCH", 2)
    for number in range(6):
        make_webhook(authorization=f"token {number}")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    pages = keys._batches
    monkeypatch.setattr(keys, "_batches", lambda *given: islice(pages(*given), 1))
    rotate()
    monkeypatch.setattr(keys, "_batches", pages)
    assert "4 credentials not encrypted" in refused("--check")

    assert "4 credentials encrypted anew" in rotate()

    rotate("--check")


@pytest.mark.usefixtures("old_key")
def test_a_key_that_is_missing_is_told_with_the_page_and_others_go_on(
    settings: Settings,
) -> None:
    settings.ENCRYPTION_KEYS = [LOST]
    lost, _ = fill("lost")
    settings.ENCRYPTION_KEYS = [OLD]
    fine = make_webhook(secret=SECRETS[0])
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    said = refused()

    assert fine.secrets.get().encrypted_value.startswith(id_of(NEW, settings))
    assert f"http://127.0.0.1:8000/webhooks/{lost.pk}/" in said
    assert "http://127.0.0.1:8000/account/notifications/" in said
    assert "preferences of lost" in said
    assert id_of(LOST, settings) in said
    assert "4 credentials cannot be read" in said
    assert "canary" not in said


@pytest.mark.usefixtures("old_key")
def test_a_value_that_was_moved_or_damaged_is_told_and_left_alone(
    settings: Settings,
) -> None:
    webhook, other = (make_webhook(secret=secret) for secret in SECRETS[:2])
    stored = webhook.secrets.get().encrypted_value
    other.secrets.update(encrypted_value=stored)
    damaged = make_webhook(secret=SECRETS[2])
    damaged.secrets.update(encrypted_value=f"{id_of(OLD, settings)}:no base64!")
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    said = refused()

    assert "1 credential encrypted anew" in said
    assert said.count("changed or moved") == 2
    assert other.secrets.get().encrypted_value == stored


@pytest.mark.usefixtures("old_key")
def test_check_says_which_keys_are_in_use_and_fails_for_an_old_one(
    settings: Settings,
) -> None:
    fill()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    make_webhook(authorization=SECRETS[0])
    new, old = key_ids()

    said = refused("--check")

    assert f"key {new}  1 credential  first of SIGNOFF_ENCRYPTION_KEYS" in said
    assert f"key {old}  4 credentials  no. 2 of" in said
    assert "still needed" in said
    rotate()
    assert f"key {old}  0 credentials  no. 2 of SIGNOFF_ENCRYPTION_KEYS: may be" in (
        rotate("--check")
    )


def test_without_credentials_there_is_nothing_to_do() -> None:
    assert "0 credentials encrypted anew" in rotate()
    rotate("--check")


@pytest.mark.usefixtures("old_key")
def test_a_missing_key_stops_the_start_and_is_an_error_of_the_check(
    settings: Settings,
) -> None:
    fill()
    check_encryption_keys()
    lost = id_of(OLD, settings)
    settings.ENCRYPTION_KEYS = [NEW]

    with pytest.raises(StartRefused, match=f"4 stored credentials.*{lost}") as caught:
        check_encryption_keys()
    (error,) = [e for e in run_checks(databases=["default"]) if e.id == "signoff.E002"]

    assert "--allow-unreadable" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert lost in error.msg
    assert "canary" not in f"{error}{caught.value}"


@pytest.mark.usefixtures("old_key")
def test_a_rotation_changes_nothing_that_is_on_record(settings: Settings) -> None:
    fill()
    before = AuditEvent.objects.count()
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    rotate()

    assert AuditEvent.objects.count() == before


# --- No column is forgotten ---------------------------------------------------------


def test_every_column_of_credentials_can_be_encrypted_anew() -> None:
    columns = list(encrypted_columns())

    assert {"MLflowWebhook.encrypted_secret"} < {str(column) for column in columns}
    assert [str(column) for column in columns if not column.has_property] == []
    assert not [error for error in run_checks() if error.id == "signoff.E001"]


def test_a_column_without_its_property_is_found() -> None:
    assert not EncryptedColumn(Webhook, "encrypted_nothing").has_property
    assert not EncryptedColumn(Webhook, "encrypted_host").has_property


def test_a_column_that_no_migration_has_made_yet_is_passed_over() -> None:
    assert not EncryptedColumn(Webhook, "encrypted_nothing").is_in_database
