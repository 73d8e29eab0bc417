"""`/healthz` and `/readyz`: what load balancers, containers and monitors ask.

No view here calls another machine: how MLflow, the worker and the sender are is read
from what those two last wrote.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registry_ui.models import MirrorState
from webhooks_ui.actions.signs_of_life import SILENCE, last_sign

Status = Literal["ok", "degraded", "down", "unknown"]


@dataclass(frozen=True, slots=True)
class Component:
    """How one part of the system is, in a word and a sentence."""

    status: Status
    detail: str


@login_not_required
@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when this process and the database do, else 503."""
    database = _database()
    is_ok = database.status == "ok"
    return JsonResponse({"status": database.status}, status=200 if is_ok else 503)


@login_not_required
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer by component; 200 when all are ok, else 503."""
    components = {"database": _database()}
    if components["database"].status == "ok":
        state, now = MirrorState.load(), timezone.now()
        components |= {
            "mlflow": mlflow(state, now),
            "worker": worker(state, now),
            "sender": sender(last_sign(), now),
        }
    else:
        unknown = Component("unknown", "The database, which would know, is down.")
        components |= dict.fromkeys(("mlflow", "worker", "sender"), unknown)
    is_ok = all(component.status == "ok" for component in components.values())
    return JsonResponse(
        {
            "status": "ok" if is_ok else "degraded",
            "components": {name: asdict(part) for name, part in components.items()},
        },
        status=200 if is_ok else 503,
    )


def answer_probes(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer both addresses before any other middleware sees the request.

    Probes call by IP address, over plain HTTP: `ALLOWED_HOSTS` would refuse them. This
    stands first in `MIDDLEWARE`; the answers depend on nothing of the request.
    """
    views = {"/healthz": healthz, "/readyz": readyz}

    def middleware(request: HttpRequest) -> HttpResponse:
        return views.get(request.path_info, get_response)(request)

    return middleware


def mlflow(state: MirrorState, now: datetime) -> Component:
    """Say how MLflow is, by the worker's last attempts to read it."""
    if state.failing_since:
        since = f"{state.failing_since:%Y-%m-%d %H:%M:%S} UTC"
        return Component("down", f"Reading the registry has failed since {since}.")
    if state.synced_at is None:
        return Component("unknown", "The registry has not been read yet.")
    if state.is_stale(now):
        return Component("degraded", "The registry was last read too long ago.")
    return Component("ok", "The registry was read as often as promised.")


def worker(state: MirrorState, now: datetime) -> Component:
    """Say whether a worker runs tasks, by when it last began to read the registry."""
    if state.tried_at is None:
        return Component("unknown", "No worker has run a task yet.")
    if state.lease_expires_at and state.lease_expires_at > now:
        return Component("ok", "A worker is reading the registry.")
    allowed = timedelta(seconds=state.promise_seconds)
    if now - state.tried_at > allowed:
        last = f"{state.tried_at:%Y-%m-%d %H:%M:%S} UTC"
        return Component("down", f"No worker has run a task since {last}.")
    return Component("ok", "A worker ran a task in time.")


def sender(ran_at: datetime | None, now: datetime) -> Component:
    """Say whether a sender runs tasks: deliveries, mail and chat messages are its."""
    if ran_at is None:
        return Component("unknown", "No sender has run a task yet.")
    if now - ran_at > SILENCE:
        last = f"{ran_at:%Y-%m-%d %H:%M:%S} UTC"
        return Component("down", f"No sender has run a task since {last}.")
    return Component("ok", "A sender ran a task in time.")


def _database() -> Component:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Error:
        # Without the reason: it may name hosts and users, and anybody may ask.
        return Component("down", "The database does not answer.")
    return Component("ok", "The database answers.")
