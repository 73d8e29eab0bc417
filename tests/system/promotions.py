"""Promotions through `/api/v1`, as tests ask for them, decide on them and read them."""

import json
import os
import urllib.error
import urllib.request
from itertools import count
from typing import Any

from mlflow import MlflowClient

from tests.running import SYNC_SECONDS, RunningSignoff, wait_for

_numbers = count(1)
_EVENTS = """
from registry_ui.models import AuditEvent
for row in AuditEvent.objects.filter(request_number={}).order_by("position"):
    print(row.type)
"""
EVENTS_OF_A_PROMOTION = [
    "transition_request.created",
    "review.given",
    "transition_request.approved",
    "model_version.transitioned",
    "model_version.transitioned",
    "transition_request.applied",
]
"""Of one that archives one other version; each is recorded once, whatever happens."""
EVENTS_OF_A_COUPLED_ONE = [
    *EVENTS_OF_A_PROMOTION[:-1],
    "model_version_alias.moved",
    "transition_request.applied",
]
"""Of one that takes @champion along, too."""
_COUPLED = "coupled"
_COUPLING = f"""
- name: {_COUPLED}
  models: ["{_COUPLED}-*"]
  targets: ["stage:Production"]
  moves_along: ["alias:champion"]
"""


def call(
    signoff: RunningSignoff, token: str, method: str, path: str, body: Any = None
) -> Any:
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{signoff.url}/api/v1{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 - as above
        return json.load(answer)


def couple_champion(signoff: RunningSignoff) -> None:
    """Let a policy take @champion of some models along with Production."""
    signoff.manage("policy", "apply", "-", stdin=f"policies:{_COUPLING}")


def ask_for_coupled_promotion(
    signoff: RunningSignoff, token: str, plain: MlflowClient
) -> tuple[str, int]:
    """Ask for three changes: v2 to Production, v1 archived, @champion to v2."""
    return ask_for_promotion(signoff, token, plain, kind=_COUPLED)


def ask_for_promotion(
    signoff: RunningSignoff, token: str, plain: MlflowClient, *, kind: str = "promoted"
) -> tuple[str, int]:
    """Ask for Production for v2 of a new model whose v1 is there; name and number."""
    name = f"{kind}-{os.getpid()}-{next(_numbers)}"
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, "s3://bucket/model")
    plain.transition_model_version_stage(name, "1", "Production")
    plain.set_registered_model_alias(name, "champion", "1")
    ask = {
        "model": name,
        "version": 2,
        "target": "stage:Production",
        "comment": "Better.",
        "archive_existing_versions": True,
    }
    return name, _ask_when_mirrored(signoff, token, ask)


def _ask_when_mirrored(signoff: RunningSignoff, token: str, ask: Any) -> int:
    """Ask for a transition of what MLflow has just got; return the number."""
    numbers: list[int] = []

    def is_asked() -> bool:
        try:
            numbers.append(call(signoff, token, "POST", "/requests", ask)["number"])
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 404:
                    raise AssertionError(error.read()) from error
        return bool(numbers)

    wait_for(is_asked, seconds=SYNC_SECONDS + 30, what="mirrored", pause=0.5)
    return numbers[0]


def approve(signoff: RunningSignoff, token: str, number: int) -> None:
    review = {"decision": "approve"}
    call(signoff, token, "POST", f"/requests/{number}/reviews", review)


def wait_until_applied(
    signoff: RunningSignoff, token: str, number: int, *, seconds: float
) -> None:
    """Wait until a request is applied.

    Raises:
        AssertionError: it failed, or is not applied in time; says what became of it.
    """
    found: dict[str, Any] = {}

    def is_applied() -> bool:
        found.update(call(signoff, token, "GET", f"/requests/{number}"))
        assert found["status"] != "failed", found["failure"]
        return bool(found["status"] == "applied")

    try:
        wait_for(is_applied, seconds=seconds, what="the request is applied")
    except AssertionError as error:
        error.add_note(f"{found}\n" + "\n".join(signoff.output[-60:]))
        raise


def stages(plain: MlflowClient, name: str) -> list[str | None]:
    """Return the stages of v1 and v2 in MLflow."""
    return [plain.get_model_version(name, n).current_stage for n in ("1", "2")]


def champion(plain: MlflowClient, name: str) -> str:
    """Return the version that @champion points to in MLflow."""
    return str(plain.get_model_version_by_alias(name, "champion").version)


def recorded_events(signoff: RunningSignoff, number: int) -> list[str]:
    """Return the types of the request's events, oldest first."""
    code = _EVENTS.format(number)
    return signoff.manage("shell", "--no-imports", "-c", code).split()
