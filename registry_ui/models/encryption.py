"""Encryption of credentials at rest: AES-256-GCM with a ring of keys.

A stored value reads `<key id>:<base64 of nonce and ciphertext>`. Row and field are
authenticated with it, so that a value copied into another row does not decrypt there.
"""

import base64
import functools
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from registry_ui.errors import CredentialUnreadableError

_NONCE_BYTES = 12
_KEY_BYTES = 32
KEY_ID_DIGITS = 8


def encrypt(plain: str, *, place: str) -> str:
    """Encrypt with the first key of `settings.ENCRYPTION_KEYS`.

    Args:
        plain: the credential.
        place: table, row and field where it is kept; needed again to decrypt.
    """
    key_id, key = _ring()[0]
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain.encode(), place.encode())
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, place: str) -> str:
    """Return the credential that `encrypt` stored for this place.

    Raises:
        CredentialUnreadableError: no key of the ring fits, or it was stored elsewhere.
    """
    key_id, _, text = stored.partition(":")
    key = dict(_ring()).get(key_id)
    if key is None:
        raise CredentialUnreadableError(
            f"Encryption key {key_id} is not among SIGNOFF_ENCRYPTION_KEYS."
        )
    try:
        raw = base64.b64decode(text, validate=True)
        plain = AESGCM(key).decrypt(
            raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()
        )
    except (InvalidTag, ValueError):
        raise CredentialUnreadableError(
            "A stored credential was changed or moved from another row."
        ) from None
    return plain.decode()


def key_ids() -> tuple[str, ...]:
    """Return the ids of `settings.ENCRYPTION_KEYS`, in their order."""
    return tuple(key_id for key_id, _ in _ring())


def _ring() -> tuple[tuple[str, bytes], ...]:
    """Return the keys with their ids; the first encrypts."""
    return tuple(_derive(text) for text in settings.ENCRYPTION_KEYS)


@functools.lru_cache(maxsize=16)
def _derive(text: str) -> tuple[str, bytes]:
    """Make a 256-bit key, and an id that tells nothing of it, out of a text."""
    key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"signoff credentials").derive(
        text.encode()
    )
    digest = Hash(SHA256())
    digest.update(b"signoff key id" + key)
    return digest.finalize().hex()[:KEY_ID_DIGITS], key
