"""Collects the static files into the data dir when their sources have changed."""

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config.apps import StaticFilesConfig


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # untyped
    """Keeps the address of each file, which a page has twenty of: no file changes."""

    def url(self, name: str, force: bool = False) -> str:
        """Return a file's address, its digest in the name."""
        urls = self.__dict__.setdefault("_urls", {})
        if name not in urls:
            urls[name] = super().url(name, force)
        return str(urls[name])


def collect_if_stale() -> bool:
    """Run `collectstatic` unless the last run saw the same files; it takes seconds.

    Returns:
        Were the files collected?
    """
    stamp = settings.DATA_DIR / "static.stamp"
    current = _fingerprint()
    if stamp.is_file() and stamp.read_text() == current:
        return False
    # Gone while we write, so that a run that is cut off is not taken for a whole one.
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(current)
    return True


def _fingerprint() -> str:
    """Digest names, sizes and times of all source files and how they are stored."""
    patterns = StaticFilesConfig.ignore_patterns
    digest = hashlib.sha256(repr((settings.STORAGES, settings.STATIC_ROOT)).encode())
    for finder in get_finders():
        for name, storage in finder.list(patterns):
            facts = storage.path(name), storage.size(name)
            changed_at = storage.get_modified_time(name)
            digest.update(repr((*facts, changed_at.timestamp())).encode())
    return digest.hexdigest()
