"""Credentials of webhooks at rest."""

import pytest

from registry_ui.errors import CredentialUnreadableError
from tests.webhooks_ui.factories import make_webhook

SECRET = "whsec_bWluZQ=="  # noqa: S105 - of a test


@pytest.mark.django_db
def test_a_credential_copied_into_another_row_is_refused() -> None:
    mine = make_webhook(secret=SECRET, authorization="Bearer mine")
    other = make_webhook(secret=SECRET[::-1])
    other.secrets.update(encrypted_value=mine.secrets.get().encrypted_value)

    assert (mine.secret, mine.authorization) == (SECRET, "Bearer mine")
    with pytest.raises(CredentialUnreadableError):
        _ = other.secret
