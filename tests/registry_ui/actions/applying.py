"""What a worker does through a door that misbehaves, and what is so then, and where."""

from mlflow import MlflowClient as PlainClient

from registry_ui.actions.apply import apply_due_requests
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import AuditEvent, Holding, TransitionRequest
from tests.registry_ui.actions.flaky_mlflow import Fault, FlakyMLflow

REFUSAL = Fault(
    403, body=b'{"error_code": "PERMISSION_DENIED", "message": "No aliases."}'
)
AWAY = Fault(503)
READ, _, MOVE, SET_ALIAS, READ_BACK = range(5)
"""The calls of one application by their number; to read takes two."""
RETRIED = 2
"""The only one that acts where the stages are moved already."""
FILL, EMPTY = 2, 3
"""Those of an undo that act."""


def again(ask: TransitionRequest) -> TransitionRequest:
    return TransitionRequest.objects.select_related("version__model").get(pk=ask.pk)


def apply_through(door: FlakyMLflow, faults: dict[int, Fault]) -> None:
    """Let a worker work whose calls meet faults, by the number of the call."""
    door.count, door.faults = 0, faults
    apply_due_requests(MLflowClient(door.uri))


def hold(plain: PlainClient, ask: TransitionRequest) -> dict[str, str]:
    """Return who holds what in MLflow."""
    name = ask.version.model.name
    model = plain.get_registered_model(name)
    stages = {f"v{n}": plain.get_model_version(name, n).current_stage for n in "12"}
    return {key: str(stage) for key, stage in stages.items()} | {
        f"@{alias}": f"v{number}" for alias, number in model.aliases.items()
    }


def mirrored(ask: TransitionRequest) -> dict[str, str]:
    model = ask.version.model
    stages = {f"v{row.number}": row.stage for row in model.versions.all()}
    aliases = model.aliases.select_related("version")
    return stages | {f"@{row.name}": f"v{row.version.number}" for row in aliases}


def held_now(ask: TransitionRequest) -> set[str]:
    rows = Holding.objects.current().filter(model=ask.version.model)
    return {f"v{row.version.number} {row.target}" for row in rows}


def events(ask: TransitionRequest) -> list[str]:
    """Return the types of what was recorded after the approval, oldest first."""
    rows = AuditEvent.objects.filter(request_number=ask.number).order_by("position")
    types = [row.type for row in rows]
    return types[types.index("transition_request.approved") + 1 :]
