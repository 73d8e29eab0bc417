"""Credentials at rest."""

import pytest
from pytest_django import Settings

from registry_ui.errors import CredentialUnreadableError
from registry_ui.models.encryption import decrypt, encrypt


def test_what_was_encrypted_comes_back_for_its_place_only() -> None:
    stored = encrypt("s3cret", place="webhook:1:secret")

    assert "s3cret" not in stored
    assert decrypt(stored, place="webhook:1:secret") == "s3cret"
    with pytest.raises(CredentialUnreadableError):
        decrypt(stored, place="webhook:2:secret")


def test_the_same_text_never_looks_the_same() -> None:
    assert encrypt("a", place="p") != encrypt("a", place="p")


def test_an_older_key_still_reads_and_the_first_one_writes(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["the old key of the ring"]
    old = encrypt("s3cret", place="p")
    settings.ENCRYPTION_KEYS = ["the new key of the ring", "the old key of the ring"]

    new = encrypt("s3cret", place="p")

    assert decrypt(old, place="p") == decrypt(new, place="p") == "s3cret"
    settings.ENCRYPTION_KEYS = ["the new key of the ring"]
    assert decrypt(new, place="p") == "s3cret"
    with pytest.raises(CredentialUnreadableError, match="SIGNOFF_ENCRYPTION_KEYS"):
        decrypt(old, place="p")


@pytest.mark.parametrize("position", [12, 20, -8])
def test_a_changed_value_does_not_decrypt(position: int) -> None:
    stored = encrypt("s3cret", place="p")
    other = "A" if stored[position] != "A" else "B"
    tampered = stored[:position] + other + stored[position:][1:]

    with pytest.raises(CredentialUnreadableError):
        decrypt(tampered, place="p")
