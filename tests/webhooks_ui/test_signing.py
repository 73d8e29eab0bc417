"""Signatures, checked with the reference's vector and with a receiver's library."""

import base64
import time

import pytest
from standardwebhooks import Webhook as StandardWebhook
from standardwebhooks import WebhookVerificationError

from webhooks_ui.signing import (
    databricks_signature,
    generate_secret,
    signature_headers,
)

VECTOR_SECRET = "anyRandomString"  # noqa: S105 - of the published example
VECTOR_BODY = (
    b'{"event":"MODEL_VERSION_TRANSITIONED_STAGE","webhook_id":'
    b'"c5596721253c4b429368cf6f4341b88a","event_timestamp":1589859029343,'
    b'"model_name":"churn","version":"8","to_stage":"Production","from_stage":'
    b'"Staging","text":"Registered model \'churn\' version 8 transitioned from'
    b' Staging to Production."}'
)
VECTOR = "e4157c5c4b82043d4e6095d8de09050f4f79f6cf62d4980f9ff256ceb8d72828"


def test_databricks_signature_is_the_documented_one() -> None:
    assert len(VECTOR_BODY) == 291

    assert databricks_signature(VECTOR_SECRET, VECTOR_BODY) == VECTOR


@pytest.mark.parametrize("body", [b"{}", '{"text":"ümläut"}'.encode()])
def test_a_receiver_verifies_with_the_library(body: bytes) -> None:
    secret = generate_secret()
    headers = _headers([secret], body)

    StandardWebhook(secret).verify(body, headers)

    with pytest.raises(WebhookVerificationError):
        StandardWebhook(secret).verify(body + b" ", headers)


def test_a_secret_of_any_form_signs_as_its_utf_8_bytes() -> None:
    headers = _headers(["plain secret"], b"{}")

    StandardWebhook(b"plain secret").verify(b"{}", headers)


def test_a_prefix_before_what_is_no_base64_is_part_of_the_secret() -> None:
    headers = _headers(["whsec_not base64!"], b"{}")

    StandardWebhook(b"whsec_not base64!").verify(b"{}", headers)


def test_while_a_secret_is_replaced_both_verify() -> None:
    new, old = generate_secret(), generate_secret()
    headers = _headers([new, old], b"{}")

    StandardWebhook(new).verify(b"{}", headers)
    StandardWebhook(old).verify(b"{}", headers)
    assert headers["X-Databricks-Signature"] == databricks_signature(new, b"{}")


def test_without_a_secret_a_delivery_is_named_and_not_signed() -> None:
    assert set(_headers([], b"{}")) == {"webhook-id", "webhook-timestamp"}


def test_a_generated_secret_holds_256_bits_and_is_new_each_time() -> None:
    secrets = {generate_secret() for _ in range(20)}

    assert len(secrets) == 20
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def _headers(secrets: list[str], body: bytes) -> dict[str, str]:
    return signature_headers(
        secrets, message_id="0193", timestamp=int(time.time()), body=body
    )
