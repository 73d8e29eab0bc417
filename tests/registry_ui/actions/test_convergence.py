"""Whatever is done to MLflow while syncs run: mirror and MLflow agree in the end.

And each change of a holder that nobody decided is part of an incident, none of ours is.
A person with MLflow's plain client does random things, now and then a request of ours
is applied, and syncs run all the while. What must be true in the end does not depend on
what each sync happened to see: an open incident says how a model differs from what was
decided, net.
"""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.hints import read_hints
from registry_ui.actions.metadata import describe, set_tag
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Hint,
    Holding,
    Incident,
    Level,
    MLflowWebhook,
    ModelVersion,
    RegisteredModel,
    Review,
    TransitionRequest,
)
from registry_ui.planning import SERVING_STAGES, Effect, EffectKind, Plan
from tests.factories import make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.somebody import PREFIX, Life, Somebody
from tests.registry_ui.hinting import make_mlflow_webhook

pytestmark = pytest.mark.usefixtures("committed_db")

Act = Callable[[], object]


class Us:
    """Annotates, asks for, approves and applies promotions through Signoff."""

    def __init__(self, client: MLflowClient, somebody: Somebody) -> None:
        self.client = client
        self.somebody = somebody
        self.dana: User = make_user(level=Level.CAN_EDIT)
        self.rui: User = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
        self.applied_count = 0

    def annotate(self) -> None:
        """Describe and tag a version, and its model."""
        _, version = self._a_version()
        if version is None:
            return
        for owner in (version, version.model):
            with suppress(ActionError):  # gone, or its name is
                describe(owner, f"Ours {self.somebody.chance.random()}", actor=self.rui)
                set_tag(
                    owner, "ours", f"{self.somebody.chance.random()}", actor=self.rui
                )

    def _a_version(self) -> tuple[Life | None, ModelVersion | None]:
        """Return one that somebody has made, and is mirrored, with its model's life."""
        life = self.somebody.living()
        number = self.somebody.version_of(life) if life else None
        if life is None or number is None:
            return None, None
        versions = ModelVersion.objects.live().select_related("model")
        return life, versions.filter(model__name=life.name, number=number).first()

    def promote(self) -> None:
        """Take one promotion from asking to applied, if nothing gets in its way."""
        life, version = self._a_version()
        if life is None or version is None:
            return
        stage = self.somebody.chance.choice(list(SERVING_STAGES))
        try:
            ask = create_request(
                version,
                f"stage:{stage}",
                actor=self.dana,
                comment="!",
                archive_existing_versions=True,
            )
            seen = gather_decision(ask).fingerprint
            review_request(ask, Review.Decision.APPROVE, actor=self.rui, seen=seen)
        except ActionError:  # a sync got in between, or it is there already
            TransitionRequest.objects.open().update(status="cancelled")
            return
        apply_due_requests(self.client)
        ask.refresh_from_db()
        if ask.status == TransitionRequest.Status.APPLIED:
            self.applied_count += 1
            for effect in Plan.from_json(ask.plan or {}).effects:
                life.stages[effect.version] = effect.after
                life.decided_stages[effect.version] = effect.after
        else:  # somebody got in between; what was done of it is on record
            for event in AuditEvent.objects.filter(
                request_number=ask.number, type="model_version.transitioned"
            ):
                life.decided_stages[event.version_number or 0] = event.details[
                    "to_stage"
                ]


@pytest.fixture
def syncing(mlflow_client: MLflowClient) -> Iterator[list[BaseException]]:
    """Sync again and again in another thread; yields what went wrong there.

    Before each sync come hints, which tell of all there is.
    """
    stop, errors = threading.Event(), []

    def run() -> None:
        try:
            while not stop.wait(0.02):
                hint_at_all()
                read_hints(mlflow_client)
                sync_mirror(mlflow_client)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)
        finally:
            connection.close()

    make_mlflow_webhook()
    sync_mirror(mlflow_client)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield errors
    finally:
        stop.set()
        thread.join(60)


def hint_at_all() -> None:
    """Store hints as if MLflow had told of each model, and of what it may have."""
    MLflowWebhook.objects.update(resume_at=None)
    for name in RegisteredModel.objects.live().values_list("name", flat=True):
        for number in (1, 2, 3):
            Hint.objects.create(
                received_at=timezone.now(), model_name=name, version_number=number
            )


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(100, id="short"),
        pytest.param(500, id="long", marks=pytest.mark.soak),
    ],
)
def test_mirror_and_mlflow_agree_and_what_nobody_decided_is_an_incident(
    steps: int,
    mlflow_server: MLflowServer,
    mlflow_client: MLflowClient,
    syncing: list[BaseException],
    settings: Settings,
) -> None:
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - to run it again
    plain = PlainClient(mlflow_server.uri, mlflow_server.uri)
    somebody = Somebody(plain, random.Random(seed))  # noqa: S311 - no secret
    us = Us(mlflow_client, somebody)
    for _ in range(3):
        somebody.add_version(somebody.create_model())

    for _ in range(steps):
        act: Act = somebody.chance.choice(
            [*somebody.acts, us.promote, us.promote, us.annotate]
        )
        act()
    if us.applied_count == 0:  # there may be none left to promote
        somebody.add_version(somebody.create_model())
    while us.applied_count == 0:
        us.promote()

    assert errors_of(syncing) == []
    sync_until_quiet(mlflow_client)
    check_mirror(plain)
    for life in somebody.lives:
        check_incidents(life)
    check_holdings()
    somebody.clear()


def errors_of(errors: list[BaseException]) -> list[str]:
    return [repr(error) for error in errors]


def sync_until_quiet(client: MLflowClient) -> None:
    """Sync until one found nothing: the one in the thread may hold the lease."""
    quiet = 0
    while quiet < 2:
        report = sync_mirror(client)
        if report is not None:
            quiet = quiet + 1 if report.changes == 0 else 0


def check_mirror(plain: PlainClient) -> None:
    """Compare field by field what MLflow lists with what the mirror shows."""
    theirs = {
        model.name: (
            model.description or "",
            model.last_updated_timestamp,
            dict(model.tags),
            {alias: int(number) for alias, number in model.aliases.items()},
        )
        for model in plain.search_registered_models(max_results=1000)
        if model.name.startswith(PREFIX)
    }
    rows = RegisteredModel.objects.live().filter(name__startswith=PREFIX)
    ours = {
        row.name: (
            row.description,
            as_milliseconds(row.updated_at),
            dict(row.tags.values_list("key", "value")),
            dict(row.aliases.values_list("name", "version__number")),
        )
        for row in rows
    }
    assert ours == theirs
    versions = {
        (v.name, int(v.version)): (
            v.current_stage,
            v.description or "",
            v.last_updated_timestamp,
            dict(v.tags),
        )
        for v in plain.search_model_versions(max_results=10_000)
        if v.name in theirs
    }
    mirrored = {
        (row.model.name, row.number): (
            row.stage,
            row.description,
            as_milliseconds(row.updated_at),
            dict(row.tags.values_list("key", "value")),
        )
        for row in ModelVersion.objects.live()
        .filter(model__in=rows)
        .select_related("model")
    }
    assert mirrored == versions


def as_milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def check_incidents(life: Life) -> None:
    """Compare the model's open incident with how it differs from what was decided."""
    rows = RegisteredModel.objects.filter(name__startswith=PREFIX)
    row = [r for r in rows if as_milliseconds(r.created_at) == life.created_at]
    if not row and life.is_prompt:  # it became one before any sync had seen it
        return
    incident = Incident.objects.open().filter(model__in=row).first()
    effects = Effect.many(incident.effects) if incident else ()
    own = (EffectKind.RENAME, EffectKind.MODEL)
    found = {e.subject: at_rest(e) for e in effects if e.kind not in own}
    expected = {subject: at_rest(e) for subject, e in life.undecided().items()}
    assert found == expected, f"{life}\n{history(row)}"


def history(rows: list[RegisteredModel]) -> str:
    """Return what is on record of a model, for whoever reads a failure."""
    events = AuditEvent.objects.filter(model_pk__in=[row.pk for row in rows])
    return "\n".join(
        f"{event.position} {event.type} v{event.version_number} {event.details}"
        for event in events.order_by("position")
    )


def at_rest(effect: Effect) -> tuple[str, str]:
    """Return before and after, with one word for the stages that serve nobody.

    Which of them a version came from depends on what the syncs saw between.
    """
    if effect.alias:
        return effect.before, effect.after
    resting = {"None": "rests", "Archived": "rests"}
    return resting.get(effect.before, effect.before), effect.after


def check_holdings() -> None:
    """The open holdings are just the holders that the mirror shows."""
    held = Holding.objects.current().filter(model__name__startswith=PREFIX)
    live = held.filter(model__deleted_at=None)
    ours = set(live.values_list("model__name", "version__number", "target"))
    versions = ModelVersion.objects.live().filter(
        stage__in=SERVING_STAGES, model__name__startswith=PREFIX
    )
    expected = {(v.model.name, v.number, f"stage:{v.stage}") for v in versions}
    for row in RegisteredModel.objects.live().filter(name__startswith=PREFIX):
        expected |= {
            (row.name, alias.version.number, f"alias:{alias.name}")
            for alias in row.aliases.select_related("version")
        }
    assert ours == expected
