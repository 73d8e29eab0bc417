"""What of Signoff is measured: `python -m bench.product`, a process of its own.

The first four functions alone name how the product reads MLflow: where an entry point
changes, they change.
"""

import logging
import os
import re
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Concatenate, ParamSpec

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django is set up first
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.exchanges import Exchanges, recorded  # noqa: E402
from bench.jobs import Answer, serve  # noqa: E402
from bench.registry import MANY_VERSIONS, WIDE_RUNS  # noqa: E402
from config import programs  # noqa: E402
from config.garbage import look_for_garbage_less_often  # noqa: E402
from config.static_files import collect_if_stale  # noqa: E402
from registry_ui.actions import evidence  # noqa: E402
from registry_ui.actions.permissions import grant_level  # noqa: E402
from registry_ui.actions.policies import apply_policies  # noqa: E402
from registry_ui.actions.requests import create_request  # noqa: E402
from registry_ui.actions.sync import sync_mirror  # noqa: E402
from registry_ui.actions.tokens import create_token  # noqa: E402
from registry_ui.events import EventType, record_event  # noqa: E402
from registry_ui.mlflow_client import MLflowClient  # noqa: E402
from registry_ui.models import (  # noqa: E402
    STAGE_PREFIX,
    Evidence,
    Level,
    MirrorState,
    ModelVersion,
    RegisteredModel,
    Scope,
    Stage,
)
from registry_ui.policies import PolicyDefinition  # noqa: E402
from webhooks_ui.actions.deliver import drain_deliveries  # noqa: E402
from webhooks_ui.actions.webhook_fields import WebhookInput  # noqa: E402
from webhooks_ui.actions.webhooks import create_webhook  # noqa: E402
from webhooks_ui.models import (  # noqa: E402
    Delivery,
    DeliveryAttempt,
    EventName,
    Webhook,
)

P = ParamSpec("P")
PATHS_OF_FILES = "get-artifact"
EVIDENCE_AT_ONCE = 5000
MODELS_OF_A_READER = 10
MOST_VERSIONS_OF_A_SMALL_MODEL = 20
COPIED = (
    "run_read_at",
    "run_name",
    "run_user",
    "run_status",
    "metrics",
    "params",
    "run_tags",
)


def read_registry(client: MLflowClient, *, only_when_due: bool = False) -> bool:
    """Sync: all there is, or what is due now; False where nothing was due."""
    return sync_mirror(client, only_when_due=only_when_due) is not None


def read_holders(client: MLflowClient) -> None:
    """Sync what approvals rest on: all but versions that nobody touched."""
    sync_mirror(client, full=False)


def poll(client: MLflowClient) -> None:
    """Sync once more when nothing has changed, and it is too early for sweeps."""
    later = timezone.now() + timedelta(hours=1)
    MirrorState.objects.update(
        poll_due_at=None, models_due_at=later, versions_due_at=later
    )
    read_registry(client, only_when_due=True)


def read_runs(client: MLflowClient, limit: int) -> None:
    """Read the evidence of so many versions, newest first."""
    bound = evidence.Bound(runs=limit, file_seconds=0.0)
    evidence.read_evidence(client, client, bound=bound)


@cache
def _client() -> MLflowClient:
    """Return the process's client: the first one loads MLflow, which is not timed."""
    return MLflowClient(settings.MLFLOW_TRACKING_URI)


def _timed(
    act: Callable[Concatenate[MLflowClient, P], object],
    *args: P.args,
    **kwargs: P.kwargs,
) -> tuple[float, Exchanges]:
    client = _client()
    with recorded() as exchanges:
        started = time.perf_counter()
        act(client, *args, **kwargs)
        return time.perf_counter() - started, exchanges


def prepare() -> Answer:
    """Make tables, static files, and somebody who is signed in and may read all."""
    call_command("migrate", interactive=False, verbosity=0)
    collect_if_stale()
    reader, browser = User.objects.create_superuser("reader"), Client()
    browser.force_login(reader)
    return {"cookie": browser.cookies.output(header="", attrs=[]).strip()}


def fill() -> Answer:
    """Sync into an empty mirror; the process must be a new one, for its memory."""
    seconds, exchanges = _timed(read_registry)
    return {
        "seconds": seconds,
        "requests": exchanges.requests,
        "peak_mb": _peak_mb(),
        "models": RegisteredModel.objects.live().count(),
        "versions": ModelVersion.objects.live().count(),
    }


def find_nothing_new() -> Answer:
    """Poll."""
    seconds, exchanges = _timed(poll)
    return {
        "seconds": seconds,
        "own_seconds": seconds - exchanges.waited_seconds(),
        "requests": exchanges.requests,
    }


def read_evidence(limit: int) -> Answer:
    """Read evidence into an empty table; the time that files take is left out."""
    Evidence.objects.all().delete()
    seconds, exchanges = _timed(read_runs, limit)
    runs = exchanges.without(PATHS_OF_FILES)
    return {
        "seconds": seconds - exchanges.waited_seconds() + runs.waited_seconds(),
        "requests": [one for one in runs.requests if "runs/search" in one[1]],
        "versions": Evidence.objects.count(),
    }


def complete_evidence() -> Answer:
    """Give all other versions evidence, too, so that pages meet full tables."""
    usual = Evidence.objects.exclude(version__model__name=WIDE_RUNS)
    like = usual.exclude(metrics={}).values(*COPIED).first()
    if like is None:
        raise RuntimeError("There is no evidence that could be copied.")
    lacking = ModelVersion.objects.filter(evidence=None).order_by("pk")
    while pks := list(lacking.values_list("pk", flat=True)[:EVIDENCE_AT_ONCE]):
        Evidence.objects.bulk_create(Evidence(version_id=pk, **like) for pk in pks)
    return {"versions": Evidence.objects.count()}


def catch_up() -> Answer:
    """Make the mirror young enough for decisions."""
    read_holders(_client())
    return {}


def keep_in_step(seconds: float) -> Answer:
    """Sync as the clock does, for at least so long and until a sync has just ended."""
    client = _client()
    with recorded() as exchanges:
        started, count = time.perf_counter(), 0
        while True:
            tick = time.perf_counter()
            did_sync = read_registry(client, only_when_due=True)
            count += did_sync
            took = time.perf_counter() - started
            if did_sync and took >= seconds:
                busy = exchanges.waited_seconds()
                return {"seconds": took, "busy_seconds": busy, "syncs": count}
            time.sleep(max(0.0, settings.SYNC_SECONDS - time.perf_counter() + tick))


def ask_for_production(count: int) -> Answer:
    """Let somebody ask for Production for versions of as many models, one for each."""
    asker, _ = User.objects.get_or_create(username="asker", is_superuser=True)
    idle = ModelVersion.objects.live().filter(stage=Stage.NONE, number__gt=1)
    asked: dict[RegisteredModel, ModelVersion] = {}
    for version in idle.select_related("model").order_by("pk").iterator():
        if version.model.versions.count() <= MOST_VERSIONS_OF_A_SMALL_MODEL:
            asked.setdefault(version.model, version)
        if len(asked) == count:
            break
    target = f"{STAGE_PREFIX}{Stage.PRODUCTION}"
    return {
        "requests": [
            {
                "path": create_request(
                    version, target, actor=asker, comment="Measured."
                ).get_absolute_url(),
                "name": version.model.name,
                "version": str(version.number),
            }
            for version in asked.values()
        ]
    }


def callers_of_the_gate() -> Answer:
    """Make tokens of an administrator and of a reader of a few models, all open."""
    idle = ModelVersion.objects.live().filter(stage=Stage.NONE, number__gt=1)
    usual = idle.exclude(model__name__in=(WIDE_RUNS, MANY_VERSIONS))
    version = usual.select_related("model").order_by("pk").last()
    if version is None:
        raise RuntimeError("There is no version that could be moved.")
    admin, _ = User.objects.get_or_create(username="asker", is_superuser=True)
    reader, _ = User.objects.get_or_create(username="few")
    some = RegisteredModel.objects.live().order_by("-pk")[:MODELS_OF_A_READER]
    for model in {version.model, *some}:
        grant_level(reader, Level.CAN_READ, actor=admin, model=model)
    return {
        "name": version.model.name,
        "version": str(version.number),
        "tokens": {
            role: create_token(user, actor=user, name="bench", scopes=Scope.values)[1]
            for role, user in (("an administrator", admin), ("a reader", reader))
        },
    }


def guard_production(is_guarded: bool) -> Answer:
    """Let the only policy ask for a second person, or let there be none again."""
    guard = PolicyDefinition(name="guard", targets=("stage:Production",))
    apply_policies([guard] if is_guarded else [], actor=None)
    return {}


def subscribe(urls: list[str]) -> Answer:
    """Let just these receivers hear of tags, each through a webhook of its own."""
    Webhook.objects.all().delete()
    admin, _ = User.objects.get_or_create(username="asker", is_superuser=True)
    for url in urls:
        given = WebhookInput(url=url, events=[EventName.MODEL_VERSION_TAG_SET])
        create_webhook(given, actor=admin, model=None)
    return {}


def tell(count: int, pause: float) -> Answer:
    """Put so many events on record; return when each was committed, by its value."""
    version = ModelVersion.objects.live().select_related("model").first()
    committed = {}
    for number in range(count):
        value = f"{number}-{time.time_ns()}"
        with transaction.atomic():
            record_event(
                EventType.MODEL_VERSION_TAG_SET,
                actor=None,
                version=version,
                key="bench",
                value=value,
            )
        committed[value] = time.time()
        time.sleep(pause)
    return {"committed": committed}


def drain() -> Answer:
    """Deliver what is due, as the sender does, until nothing is."""
    look_for_garbage_less_often()  # as a worker, when it starts
    before = DeliveryAttempt.objects.count()
    started = time.perf_counter()
    while drain_deliveries():
        pass
    seconds = time.perf_counter() - started
    newest = Delivery.objects.first()
    return {
        "seconds": seconds,
        "attempts": DeliveryAttempt.objects.count() - before,
        "body": newest.body.decode() if newest else "",
    }


def programs_to_run(*, delivers: bool) -> Answer:
    """Tell how web server and worker are started, and the sender where one delivers."""
    wanted = [programs.web(), programs.worker()]
    if delivers:
        wanted.append(programs.sender())
    return {
        "commands": [program.command for program in wanted],
        "environment": programs.environment(os.environ, is_demo=False),
    }


def _peak_mb() -> float:
    """Return this process's peak resident memory in MB.

    Not `ru_maxrss`: on Linux that counts what the parent had before it became us.
    """
    status = Path("/proc/self/status").read_text()
    peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    if peak is None:
        raise RuntimeError("This system does not tell a process's peak memory.")
    return int(peak[1]) * 1024 / 1e6


if __name__ == "__main__":
    logging.disable(logging.INFO)
    reading = (
        fill,
        find_nothing_new,
        read_evidence,
        complete_evidence,
        keep_in_step,
        catch_up,
    )
    others = (
        prepare,
        ask_for_production,
        callers_of_the_gate,
        guard_production,
        programs_to_run,
        subscribe,
        tell,
        drain,
    )
    serve({job.__name__: job for job in (*reading, *others)})
