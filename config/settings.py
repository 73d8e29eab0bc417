"""All settings; what a deployment may change is read from the environment here."""

import logging
import os
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import fontpkg_geist
import fontpkg_geist_mono
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import keys
from config.env import Environment, broker, database, email

_env = Environment(os.environ)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = _env.path("SIGNOFF_DATA_DIR", "./var")
DEMO = _env.flag("SIGNOFF_DEMO", default=False)
DEBUG = False

# --- Where we listen and how we are reached -----------------------------------------
BIND = _env.address("SIGNOFF_BIND", "127.0.0.1:8000")
BASE_URL = _env.url("SIGNOFF_BASE_URL", f"http://{BIND}", ("http", "https"))
_base = urlsplit(BASE_URL)
ALLOWED_HOSTS = _env.words("SIGNOFF_ALLOWED_HOSTS") or sorted(
    {str(_base.hostname), BIND.host, "localhost", "127.0.0.1", "[::1]"}
)
TRUSTED_PROXIES = _env.networks("SIGNOFF_TRUSTED_PROXIES")
_IS_HTTPS = _base.scheme == "https"
# As browsers say it: in small letters, without the port that goes without saying.
_host = _base.netloc.rpartition("@")[2].lower()
ORIGIN = f"{_base.scheme}://{_host.removesuffix(':443' if _IS_HTTPS else ':80')}"
CSRF_TRUSTED_ORIGINS = [ORIGIN]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_HTTPS else None
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "config.signed_in"
AUTHENTICATION_BACKENDS = ["config.signed_in.PasswordBackend"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Database -----------------------------------------------------------------------
_HAS_DATABASE_URL = bool(_env.text("DATABASE_URL"))
if _HAS_DATABASE_URL:
    _default = _env.parsed(
        "DATABASE_URL", database, "postgres://user:password@host:5432/name"
    )
else:
    _default = database(f"sqlite:///{DATA_DIR / 'signoff.sqlite3'}")
if _default["ENGINE"] == "django.db.backends.sqlite3":
    # Without IMMEDIATE a transaction that read first fails at its first write as soon
    # as anyone else has written; recursive_triggers closes INSERT OR REPLACE on the
    # append-only audit table.
    _default["ENGINE"] = "config.sqlite"
    _default["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
        "PRAGMA recursive_triggers=ON;",
    }
else:
    _default["ENGINE"] = "config.postgresql"
_default |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DATABASES = {"default": _default}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Secrets ------------------------------------------------------------------------
if _HAS_DATABASE_URL:
    _why = "several machines may share the database given in DATABASE_URL"
    SECRET_KEY = _env.required("SIGNOFF_SECRET_KEY", _why)
    _env.required("SIGNOFF_ENCRYPTION_KEYS", _why)
else:
    SECRET_KEY = _env.text("SIGNOFF_SECRET_KEY") or keys.read_or_create(
        DATA_DIR / "secret_key"
    )
ENCRYPTION_KEYS = _env.words("SIGNOFF_ENCRYPTION_KEYS") or [
    keys.read_or_create(DATA_DIR / "encryption_key")
]
_SHORTEST_KEY = 16
if any(len(key) < _SHORTEST_KEY for key in [SECRET_KEY, *ENCRYPTION_KEYS]):
    raise ImproperlyConfigured(
        "SIGNOFF_SECRET_KEY and each of SIGNOFF_ENCRYPTION_KEYS must have at least"
        f" {_SHORTEST_KEY} characters; `openssl rand -base64 32` makes a good one."
    )

# --- MLflow -------------------------------------------------------------------------
MLFLOW_BIND = _env.address("SIGNOFF_MLFLOW_BIND", "127.0.0.1:5001")
EMBEDDED_MLFLOW = not _env.text("MLFLOW_TRACKING_URI")
MLFLOW_TRACKING_URI = _env.url(
    "MLFLOW_TRACKING_URI", f"http://{MLFLOW_BIND}", ("http", "https")
)
MLFLOW_REGISTRY_URI = _env.url(
    "MLFLOW_REGISTRY_URI", MLFLOW_TRACKING_URI, ("http", "https")
)
# MLflow's own code reads them, and knows of no files.
for _name in ("USERNAME", "PASSWORD", "TOKEN"):
    if _value := _env.text(f"MLFLOW_TRACKING_{_name}"):
        os.environ[f"MLFLOW_TRACKING_{_name}"] = _value
# Sent with every call, for docs/guard.md; the guard in MLflow reads the same name.
MLFLOW_GUARD_SECRET = _env.text("SIGNOFF_GUARD_SECRET")
SYNC_SECONDS = _env.number("SIGNOFF_SYNC_SECONDS", 10)
SWEEP_SECONDS = _env.number("SIGNOFF_SWEEP_SECONDS", 60)
DEFAULT_POLICY = _env.choice("SIGNOFF_DEFAULT_POLICY", ("four-eyes", "open"))
# How long a reviewer's request waits to show the plan carried out; nothing needs it.
APPLY_PATIENCE_SECONDS = 3.0

# --- Webhooks -----------------------------------------------------------------------
WEBHOOK_ALLOWED_NETWORKS = _env.networks("SIGNOFF_WEBHOOK_ALLOWED_NETWORKS")
WEBHOOK_ALLOW_HTTP = _env.flag("SIGNOFF_WEBHOOK_ALLOW_HTTP", default=False)
WEBHOOK_PROXY = (
    _env.url("SIGNOFF_WEBHOOK_PROXY", "", ("http", "https"))
    if _env.text("SIGNOFF_WEBHOOK_PROXY")
    else ""
)
API_CALLS_PER_MINUTE = _env.number("SIGNOFF_API_CALLS_PER_MINUTE", 1200)
DELIVERY_RETENTION_DAYS = _env.number(
    "SIGNOFF_DELIVERY_RETENTION_DAYS", 90, at_most=36_500
)
DEMO_RECEIVER_BIND = _env.address("SIGNOFF_DEMO_RECEIVER_BIND", "127.0.0.1:8002")
WEBHOOK_DEMO_RECEIVER = str(DEMO_RECEIVER_BIND) if DEMO else ""

# --- Mail ---------------------------------------------------------------------------
HAS_MAIL_SERVER = bool(_env.text("EMAIL_URL"))
_mail = (
    _env.parsed("EMAIL_URL", email, "smtp+tls://user:password@host:587")
    if HAS_MAIL_SERVER
    else email("consolemail://")
)
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail.get("EMAIL_HOST", "")
EMAIL_PORT = _mail.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds, of each word with the server
DEFAULT_FROM_EMAIL = _env.text(
    "SIGNOFF_MAIL_FROM", f"Signoff <signoff@{_base.hostname}>"
)

# --- Broker and worker --------------------------------------------------------------
# Messages are wake-ups, rows are the queue: see docs/architecture.md.
CELERY_BROKER_URL = (
    _env.parsed("CELERY_BROKER_URL", broker, "redis://host:6379/0 or amqp://host:5672")
    if _env.text("CELERY_BROKER_URL")
    else "filesystem://localhost"
)
EMBEDDED_BROKER_DIR = (
    DATA_DIR / "broker" if CELERY_BROKER_URL.startswith("filesystem") else None
)
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = (
    {
        "data_folder_in": str(EMBEDDED_BROKER_DIR / "messages"),
        "data_folder_out": str(EMBEDDED_BROKER_DIR / "messages"),
        "control_folder": str(EMBEDDED_BROKER_DIR / "control"),
        "polling_interval": 0.05,
    }
    if EMBEDDED_BROKER_DIR
    # A publisher soon gives up on a broker that is gone; workers try for longer.
    else {
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "max_retries": 1,
        "interval_start": 0.1,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Celery would close the database after each task, which on PostgreSQL costs more than a
# short task does. config/celery.py looks after it as Django does between requests.
CELERY_DB_REUSE_MAX = 1_000_000
# `celery inspect` works with a real broker; through files it is one more queue to poll.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = EMBEDDED_BROKER_DIR is None
CELERY_TASK_DEFAULT_QUEUE = "signoff"
DELIVERY_QUEUE = "signoff-deliveries"
CELERY_TASK_ROUTES = {"webhooks_ui.tasks.*": {"queue": DELIVERY_QUEUE}}


def _tick(task: str, seconds: float, *args: str) -> dict[str, object]:
    """Return how often beat wakes a task, and how long its message lasts.

    That is ten seconds at least: else a worker that is a little behind would forget
    first what is woken most often, which is what people wait for.
    """
    options = {"expires": max(seconds, 10)}
    return {"task": task, "schedule": seconds, "args": args, "options": options}


CELERY_BEAT_SCHEDULE = {
    "sync": _tick("registry_ui.tasks.sync_mirror", SYNC_SECONDS),
    "hints": _tick("registry_ui.tasks.read_hints", 2),
    "evidence": _tick("registry_ui.tasks.read_evidence", 5),
    "request_files": _tick("registry_ui.tasks.read_request_files", 5),
    "apply": _tick("registry_ui.tasks.apply_requests", 1),
    "judge": _tick("registry_ui.tasks.judge_requests", 10),
    "remind": _tick("registry_ui.tasks.remind_people", 60),
    "forget": _tick("webhooks_ui.tasks.forget_old_deliveries", 3600),
    "watch_webhooks": _tick("webhooks_ui.tasks.watch_failing_webhooks", 60),
    "deliver": _tick("webhooks_ui.tasks.drain_deliveries", 1),
    "mail": _tick("webhooks_ui.tasks.send_notices", 5, "mail"),
    "chat": _tick("webhooks_ui.tasks.send_notices", 5, "chat"),
}
CELERY_BEAT_SCHEDULER = "config.clock:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

# --- Django -------------------------------------------------------------------------
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = [
    "config.apps.ConfigConfig",  # before the admin: its base_site.html comes first
    "registry_ui",
    "webhooks_ui",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",  # the templates that FORM_RENDERER looks up beside ours
    "config.apps.StaticFilesConfig",
    "csp",
    "django_htmx",
    "template_partials",
]
MIDDLEWARE = [
    "config.health.answer_probes",  # first: a probe's Host is an IP address
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "registry_ui.api.errors.answer_errors_in_json",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.keep_to_one_person",
    "config.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.show_bidi_controls",
    "config.middleware.show_not_allowed",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.shell",
            ],
            "builtins": [
                "django.templatetags.static",
                "template_partials.templatetags.partials",
                "registry_ui.templatetags.markdown",
                "registry_ui.templatetags.quantities",
                "registry_ui.templatetags.ui",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "login"
CSRF_FAILURE_VIEW = "config.middleware.expired_form"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # no page names another one
STATICFILES_DIRS = [
    BASE_DIR / "static",
    *(
        ("fonts", Path(package.__file__).parent / "files")
        for package in (fontpkg_geist, fontpkg_geist_mono)
    ),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.StaticFilesStorage"},
}


def _without_trace_of_refusal(record: logging.LogRecord) -> bool:
    """Let each record pass; who may not do something is no fault to be traced."""
    if getattr(record, "status_code", None) == HTTPStatus.FORBIDDEN:
        record.exc_info = None
    return True


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "refusals": {
            "()": "django.utils.log.CallbackFilter",
            "callback": _without_trace_of_refusal,
        }
    },
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.request": {"filters": ["refusals"]},
        # A tick a second is no news.
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
