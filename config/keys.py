"""Secrets that a single-machine installation makes for itself, kept in the data dir."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_BITS = 256


def read_or_create(path: Path) -> str:
    """Return the secret in the file; make a 256-bit one if there is no file yet.

    Two processes that start at once end with the same secret: the file appears
    complete (a hard link to a finished file) and only once.

    Raises:
        ImproperlyConfigured: the data dir cannot be written.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(_BITS // 8))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"SIGNOFF_DATA_DIR={path.parent} cannot be used: {error.strerror}."
            " Name a folder that this user may write."
        ) from error
