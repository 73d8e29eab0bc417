"""The product's settings with quick passwords, plain static files and closed doors."""

import os
import tempfile

os.environ.setdefault("SIGNOFF_DATA_DIR", tempfile.mkdtemp(prefix="signoff-tests-"))
if "DATABASE_URL" in os.environ:
    os.environ.setdefault("SIGNOFF_SECRET_KEY", "a key that is only used by tests")
    os.environ.setdefault("SIGNOFF_ENCRYPTION_KEYS", "an encryption key of the tests")

from config.settings import *  # noqa: F403 - the environment comes first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    # The live server of tests serves through the finders, without hashed names.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_BROKER_URL = "memory://"
EMBEDDED_BROKER_DIR = None
CELERY_BROKER_TRANSPORT_OPTIONS = {}
WHITENOISE_AUTOREFRESH = True
APPLY_PATIENCE_SECONDS = 0.0  # no worker runs that one could wait for
