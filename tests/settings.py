"""The product's settings with quick passwords, plain static files and closed doors."""

import atexit
import os
import shutil
import tempfile

if "SIGNOFF_DATA_DIR" not in os.environ:
    _scratch = os.environ["SIGNOFF_DATA_DIR"] = tempfile.mkdtemp(
        prefix="signoff-tests-"
    )
    atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
# It changes the environment while other threads, such as our syncs, read that.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
if "DATABASE_URL" in os.environ:
    os.environ.setdefault("SIGNOFF_SECRET_KEY", "a key that is only used by tests")
    os.environ.setdefault("SIGNOFF_ENCRYPTION_KEYS", "an encryption key of the tests")

from config.settings import *  # noqa: F403 - the environment comes first

# A kept connection of the live server's threads would keep the database from going.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
if DATABASES["default"]["ENGINE"] == "config.sqlite":  # noqa: F405
    # A file, as in the product: threads of a database in memory share one lock, at
    # which they fail instead of waiting.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "tests.sqlite3")}  # noqa: F405

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    # The live server of tests serves through the finders, without hashed names.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_BROKER_URL = "memory://"
HAS_MAIL_SERVER = True  # pytest-django puts a mailbox in its place
EMBEDDED_BROKER_DIR = None
CELERY_BROKER_TRANSPORT_OPTIONS = {}
WHITENOISE_AUTOREFRESH = True
APPLY_PATIENCE_SECONDS = 0.0  # no worker runs that one could wait for
