"""Checks that a webhook comes from Signoff. Python 3.9 or newer, nothing to install."""

import base64
import binascii
import hashlib
import hmac
import os
import re
import tempfile
import time

TOLERANCE_SECONDS = 300


def verify(secrets, headers, body, now=None):
    """Return whether one of the secrets has signed this body, and just now.

    secrets: the webhook's secret; while you replace it, the old and the new one.
    headers: of the request; names in any case.
    body: the bytes as they came in, before anything has parsed them.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        return False
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    is_right = False
    for secret in secrets:
        digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
        expected = b"v1," + base64.b64encode(digest)
        # While Signoff replaces a secret, the header holds a signature of each.
        for signature in headers.get("webhook-signature", "").split():
            is_right |= hmac.compare_digest(expected, signature.encode())
    return is_right


def verify_databricks(secrets, headers, body):
    """Return whether one of the secrets has signed this body, no matter when."""
    headers = {name.lower(): value for name, value in headers.items()}
    signature = headers.get("x-databricks-signature", "").encode()
    is_right = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        is_right |= hmac.compare_digest(expected.encode(), signature)
    return is_right


def keep(folder, message_id, body):
    """Keep a body to work on later; return False if this message was here before."""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", message_id):
        raise ValueError("not an id")
    with tempfile.NamedTemporaryFile(dir=folder) as draft:
        draft.write(body)
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, os.path.join(folder, message_id + ".json"))
        except FileExistsError:
            return False
    return True


def _key(secret):
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret[len("whsec_") :], validate=True)
        except binascii.Error:
            pass  # a secret of your own that only begins like that
    return secret.encode()
