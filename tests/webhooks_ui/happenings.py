"""For each event something that people, the clock or MLflow itself do, and cause it.

Everything goes through the product's own actions and syncs, against a real MLflow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from django.contrib.auth.models import User
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.alias_moves import move_alias, remove_alias
from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.break_glass import break_glass
from registry_ui.actions.checks import report_check
from registry_ui.actions.clock import judge_open_requests
from registry_ui.actions.comments import create_comment
from registry_ui.actions.metadata import set_tag
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.registration import (
    create_model,
    delete_model,
    delete_version,
    rename_model,
)
from registry_ui.actions.requests import cancel_request, create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.actions.undo import undo_request
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    Check,
    Level,
    ModelVersion,
    RegisteredModel,
    Review,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_alias, make_model, make_user, make_version
from webhooks_ui.models import EventName

PRODUCTION = "stage:Production"
SOURCE = "s3://bucket/secret/model"
NOBODY = "http://127.0.0.1:9"
_numbers = count(1)


@dataclass
class Registry:
    """A mirrored model with two versions, of which v1 is in Production; and people."""

    plain: PlainClient
    client: MLflowClient
    name: str
    dana: User
    """Asks, and manages the model."""
    rui: User
    """Reviews."""

    @property
    def model(self) -> RegisteredModel:
        """Return the model as it is now."""
        return RegisteredModel.objects.get(name=self.name)

    def version(self, number: int) -> ModelVersion:
        """Return a version as it is now."""
        versions = ModelVersion.objects.select_related("model")
        return versions.get(model__name=self.name, number=number)

    def ask(self, target: str = PRODUCTION, *, number: int = 2) -> TransitionRequest:
        """Let Dana ask; what is in Production shall make room."""
        return create_request(
            self.version(number),
            target,
            actor=self.dana,
            comment="Better.",
            archive_existing_versions=target == PRODUCTION,
        )

    def review(self, ask: TransitionRequest, decision: Review.Decision) -> None:
        """Let Rui decide."""
        review_request(ask, decision, actor=self.rui, seen=None, comment="Because.")

    def approve(self, target: str = PRODUCTION, *, number: int = 2) -> None:
        """Let Dana ask, and Rui approve."""
        self.review(self.ask(target, number=number), Review.Decision.APPROVE)

    def work(self) -> None:
        """Let a worker carry out what is approved."""
        apply_due_requests(self.client)

    def sync(self) -> None:
        """Look at what was done in MLflow itself."""
        sync_mirror(self.client)


def make_registry(uri: str = "") -> Registry:
    """Make all of it, as if it had been there for long.

    Args:
        uri: of a real MLflow; empty where the mirror alone will do, which is faster.
    """
    name = f"happening-{next(_numbers)}"
    registry = Registry(
        PlainClient(uri or NOBODY, uri or NOBODY),
        MLflowClient(uri or NOBODY),
        name,
        dana=make_user(username=f"dana{next(_numbers)}", level=Level.CAN_MANAGE),
        rui=make_user(username=f"rui{next(_numbers)}", level=Level.CAN_MANAGE),
    )
    if not uri:
        model = make_model(name=name)
        make_alias(version=make_version(model=model, stage="Production"))
        make_version(model=model)
        return registry
    registry.plain.create_registered_model(name)
    for _ in range(2):
        registry.plain.create_model_version(name, SOURCE)
    registry.plain.transition_model_version_stage(name, "1", "Production")
    registry.plain.set_registered_model_alias(name, "champion", "1")
    registry.sync()
    return registry


def _transition_in_mlflow(r: Registry) -> None:
    r.plain.transition_model_version_stage(r.name, "2", "None")
    r.plain.transition_model_version_stage(r.name, "1", "None")
    r.sync()


def _apply(r: Registry) -> None:
    r.approve()
    r.work()


def _apply_to_staging(r: Registry) -> None:
    r.approve("stage:Staging")
    r.work()


def _reject(r: Registry) -> None:
    r.review(r.ask(), Review.Decision.REJECT)


def _expire(r: Registry) -> None:
    govern(requests_expire_after="1d")
    r.ask()
    then = timezone.now() - timedelta(days=2)
    TransitionRequest.objects.update(created_at=then)
    judge_open_requests()


def _supersede(r: Registry) -> None:
    create_request(r.version(2), PRODUCTION, actor=r.rui, comment="Me too.")
    _apply(r)


def _fail(r: Registry) -> None:
    """Let a gate shut between the approval and the work."""
    r.approve()
    r.rui.model_permissions.all().delete()
    r.work()


def _undo(r: Registry) -> None:
    _fail(r)
    undo_request(TransitionRequest.objects.get(), actor=r.dana)


def _break_glass(r: Registry) -> None:
    govern()
    break_glass(r.version(2), PRODUCTION, actor=r.dana, reason="v1 answers NaN.")


def _be_overdue(r: Registry) -> None:
    _break_glass(r)
    TransitionRequest.objects.exclude(review_due_at=None).update(
        review_due_at=timezone.now()
    )
    judge_open_requests()


def _open_incident(r: Registry) -> None:
    r.plain.transition_model_version_stage(r.name, "2", "Production")
    r.sync()


def _resolve_incident(r: Registry) -> None:
    _open_incident(r)
    r.plain.transition_model_version_stage(r.name, "2", "None")
    r.sync()


def _set_alias(r: Registry) -> None:
    _free_aliases()
    move_alias(r.model, "challenger", 2, actor=r.dana, comment="Try it.")
    r.work()


def _remove_alias(r: Registry) -> None:
    _free_aliases()
    remove_alias(r.model, "champion", actor=r.dana, comment="No longer.")
    r.work()


def _move_alias_in_mlflow(r: Registry) -> None:
    r.plain.set_registered_model_alias(r.name, "champion", "2")
    r.sync()


def _create_version_in_mlflow(r: Registry) -> None:
    run = r.plain.create_run(r.plain.create_experiment(f"exp {next(_numbers)}"))
    r.plain.create_model_version(r.name, SOURCE, run.info.run_id)
    r.sync()


def _delete_model_in_mlflow(r: Registry) -> None:
    r.plain.delete_registered_model(r.name)
    r.sync()


def delete_unused_model(r: Registry) -> None:
    """Delete a model that nothing uses, as its manager."""
    r.plain.create_registered_model(f"{r.name}-unused")
    r.sync()
    model = RegisteredModel.objects.get(name=f"{r.name}-unused")
    delete_model(model, model.name, actor=r.dana)


def _free_aliases() -> None:
    """Let who holds the level move aliases without anybody else."""
    free = {"name": "free", "targets": ["alias:*"], "direct": True, "excluded": []}
    apply_policies([PolicyDefinition.model_validate(free)], actor=None)


def govern(**rules: object) -> None:
    """Let a policy hold for Production."""
    definition = {"name": f"p{next(_numbers)}", "targets": [PRODUCTION], **rules}
    apply_policies([PolicyDefinition.model_validate(definition)], actor=None)


Happening = Callable[[Registry], object]

IN_THE_MIRROR: dict[EventName, Happening] = {
    EventName.COMMENT_CREATED: lambda r: create_comment(
        r.version(2), "Which data?", actor=r.rui
    ),
    EventName.TRANSITION_REQUEST_CREATED: lambda r: r.ask("alias:champion"),
    EventName.TRANSITION_REQUEST_TO_STAGING_CREATED: lambda r: r.ask("stage:Staging"),
    EventName.TRANSITION_REQUEST_TO_PRODUCTION_CREATED: lambda r: r.ask(),
    EventName.TRANSITION_REQUEST_TO_ARCHIVED_CREATED: lambda r: r.ask("stage:Archived"),
    EventName.TRANSITION_REQUEST_APPROVED: lambda r: r.approve(),
    EventName.TRANSITION_REQUEST_REJECTED: _reject,
    EventName.TRANSITION_REQUEST_CANCELLED: lambda r: cancel_request(
        r.ask(), actor=r.dana, comment="v3 is better."
    ),
    EventName.TRANSITION_REQUEST_EXPIRED: _expire,
    EventName.BREAK_GLASS_USED: _break_glass,
    EventName.BREAK_GLASS_REVIEW_OVERDUE: _be_overdue,
    EventName.CHECK_REPORTED: lambda r: report_check(
        r.version(2),
        "bias-audit",
        Check.Verdict.PASSED,
        actor=r.rui,
        link="https://ci.example.com/runs/1",
        text="No group differs.",
    ),
    EventName.POLICY_CHANGED: lambda _: govern(),
}
IN_MLFLOW: dict[EventName, Happening] = {
    EventName.REGISTERED_MODEL_CREATED: lambda r: create_model(
        f"{r.name}-new", "", actor=r.dana
    ),
    EventName.MODEL_VERSION_CREATED: _create_version_in_mlflow,
    EventName.MODEL_VERSION_TAG_SET: lambda r: set_tag(
        r.version(2), "validated", "yes", actor=r.dana
    ),
    EventName.MODEL_VERSION_TRANSITIONED_STAGE: _transition_in_mlflow,
    EventName.MODEL_VERSION_TRANSITIONED_TO_STAGING: _apply_to_staging,
    EventName.MODEL_VERSION_TRANSITIONED_TO_PRODUCTION: _apply,
    EventName.MODEL_VERSION_TRANSITIONED_TO_ARCHIVED: _apply,
    EventName.TRANSITION_REQUEST_SUPERSEDED: _supersede,
    EventName.TRANSITION_REQUEST_APPLIED: _apply,
    EventName.TRANSITION_FAILED: _fail,
    EventName.TRANSITION_UNDONE: _undo,
    EventName.INCIDENT_OPENED: _open_incident,
    EventName.INCIDENT_RESOLVED: _resolve_incident,
    EventName.MODEL_VERSION_ALIAS_SET: _set_alias,
    EventName.MODEL_VERSION_ALIAS_MOVED: _move_alias_in_mlflow,
    EventName.MODEL_VERSION_ALIAS_DELETED: _remove_alias,
    EventName.MODEL_VERSION_DELETED: lambda r: delete_version(
        r.version(2), actor=r.dana
    ),
    EventName.REGISTERED_MODEL_RENAMED: lambda r: rename_model(
        r.model, f"{r.name}-renamed", actor=r.dana
    ),
    EventName.REGISTERED_MODEL_DELETED: delete_unused_model,
}
HAPPENINGS = IN_THE_MIRROR | IN_MLFLOW
"""What causes each event; a new event needs a line in one of the two."""
