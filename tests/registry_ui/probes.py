"""How each ability of the table is tried: through pages, and through the API."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from registry_ui import permissions
from registry_ui.actions.decisions import gather_decision
from registry_ui.models import NO_LEVEL, RegisteredModel, TransitionRequest

(
    LOOK,
    ASK,
    EDIT,
    REPORT,
    STAGE,
    PROMOTE,
    WITHDRAW,
    ERASE,
    EMERGENCY,
    RENAME,
    METRIC,
    MANAGE,
) = permissions.ON_A_MODEL
REGISTER, GRANT_ALL = permissions.REGISTRY_WIDE

MODEL, VERSION = "/models/churn/", "/models/churn/versions/3/"
API = "/api/v1"
WHY = "It holds on all slices."
TOO_LONG = {"description": "x" * 6000, "seen": ""}
"""Will not do, so that nothing is sent to MLflow: 422 says that one might have."""


@dataclass
class World:
    """One object of each kind, all of the model churn."""

    model: RegisteredModel
    ids: dict[str, Any]
    asks: dict[str, TransitionRequest] = field(default_factory=dict)


Body = dict[str, Any] | Callable[[World], dict[str, Any]]


@dataclass(frozen=True)
class Probe:
    """One way to try an ability.

    Attributes:
        status: what is answered to who may.
        refused: what to who may read the model, but not do this.
        unseen: what to who may not read it.
    """

    ability: permissions.Ability
    method: str
    path: str
    status: int
    body: Body = field(default_factory=dict)
    refused: int = 403
    unseen: int = 404

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def expected(self, level: int) -> int:
        """Return the status that the ability table asks for."""
        if level == NO_LEVEL:
            return self.unseen
        return self.status if level >= self.ability.level else self.refused

    def answer(self, client: Client, world: World) -> int:
        """Return the status that the product answers."""
        path = self.path.format(**world.ids)
        if self.method == "GET":
            return client.get(path).status_code
        body = self.body(world) if callable(self.body) else self.body
        if path.startswith(API):
            kind = "application/json"
            return client.post(path, body, content_type=kind).status_code
        return client.post(path, body).status_code


def _reviews(
    ability: permissions.Ability, ask: str, *, page: str, api: str
) -> list[Probe]:
    """Return how one decides on a request: on its page and by the API."""

    def seen(world: World) -> dict[str, Any]:
        fingerprint = gather_decision(world.asks[ask]).fingerprint
        return {"decision": page, "comment": WHY, "seen": str(fingerprint)}

    path, given = f"requests/{{{ask}}}", {"decision": api, "comment": WHY}
    return [
        Probe(ability, "POST", f"/{path}/review/", 302, seen),
        Probe(ability, "POST", f"{API}/{path}/reviews", 201, given),
    ]


def _moves(ability: permissions.Ability, version: int, stage: str) -> Probe:
    """Return how one moves a version without asking anybody."""
    path = f"/models/churn/versions/{version}/request/"
    body = {"stage": stage, "how": "now", "comment": WHY}
    return Probe(ability, "POST", path, 302, body)


def _answers(answer: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"answer": answer, "text": WHY, "seen": world.ids["digest"]}


PROBES = [
    *(
        Probe(LOOK, "GET", path, 200)
        for path in (
            MODEL,
            f"{MODEL}permissions/",
            f"{MODEL}compare/",
            f"{MODEL}history/",
            f"{MODEL}metrics/auc/",
            VERSION,
            f"{VERSION}metrics/auc/",
            "/compare/csv/?v=churn/1&v=churn/2",
            "/compare/metric/?v=churn/1&v=churn/2&key=auc",
            "/requests/{to_production}/",
            "/requests/{to_production}/status/",
            "/incidents/{incident}/",
            "/audit/{event}/",
            f"{API}/requests?model=churn",
            f"{API}/requests/{{to_production}}",
            f"{API}{VERSION}checks",
            f"{API}/compare?v=churn/1&v=churn/2",
        )
    ),
    Probe(ASK, "GET", f"{VERSION}request/", 200),
    Probe(
        ASK, "POST", f"{VERSION}request/", 302, {"stage": "Archived", "comment": WHY}
    ),
    Probe(
        ASK,
        "POST",
        f"{API}/requests",
        201,
        {"model": "churn", "version": 3, "stage": "Production", "comment": WHY},
    ),
    Probe(ASK, "POST", "/incidents/{incident}/answer/", 302, _answers("ask")),
    Probe(ASK, "POST", f"{VERSION}comment/", 302, {"text": WHY}),
    Probe(ASK, "POST", "/requests/{to_production}/comment/", 302, {"text": WHY}),
    Probe(ASK, "POST", f"{API}/requests/{{to_staging}}/comments", 201, {"text": WHY}),
    *(
        Probe(EDIT, method, f"{owner}{page}/", status, TOO_LONG)
        for owner in (MODEL, VERSION)
        for page in ("description", "tags")
        for method, status in (("GET", 200), ("POST", 422))
    ),
    Probe(EDIT, "POST", f"{MODEL}tags/delete/", 422),
    Probe(EDIT, "POST", f"{VERSION}tags/delete/", 422),
    Probe(REPORT, "POST", f"{VERSION}read-again/", 302),
    Probe(
        REPORT,
        "POST",
        f"{API}{VERSION}checks",
        201,
        {"name": "fairness", "verdict": "passed"},
    ),
    *_reviews(STAGE, "to_staging", page="reject", api="approve"),
    _moves(STAGE, 3, "Staging"),
    _moves(STAGE, 2, "Archived"),
    Probe(STAGE, "POST", "/requests/{failed}/retry/", 302),
    Probe(STAGE, "POST", "/requests/{failed}/undo/", 302),
    Probe(STAGE, "POST", f"{API}/requests/{{failed}}/retry", 200),
    Probe(STAGE, "POST", f"{API}/requests/{{failed}}/undo", 200),
    Probe(STAGE, "POST", "/incidents/{incident}/answer/", 302, _answers("accept")),
    Probe(STAGE, "POST", "/incidents/{incident}/answer/", 302, _answers("revert")),
    *_reviews(PROMOTE, "to_production", page="approve", api="reject"),
    *_reviews(PROMOTE, "from_production", page="approve", api="reject"),
    *_reviews(PROMOTE, "to_alias", page="reject", api="approve"),
    _moves(PROMOTE, 2, "Production"),
    _moves(PROMOTE, 1, "Archived"),
    Probe(PROMOTE, "GET", f"{MODEL}aliases/", 200),
    Probe(PROMOTE, "POST", f"{MODEL}aliases/", 422),
    Probe(PROMOTE, "POST", "/requests/{failed_promotion}/retry/", 302),
    Probe(PROMOTE, "POST", "/requests/{failed_promotion}/undo/", 302),
    Probe(PROMOTE, "POST", f"{API}/requests/{{failed_promotion}}/retry", 200),
    Probe(PROMOTE, "POST", f"{API}/requests/{{failed_promotion}}/undo", 200),
    Probe(WITHDRAW, "POST", "/requests/{to_staging}/cancel/", 302),
    Probe(WITHDRAW, "POST", f"{API}/requests/{{to_staging}}/cancel", 200),
    Probe(ERASE, "GET", "/comments/{comment}/delete/", 200),
    Probe(ERASE, "POST", "/comments/{comment}/delete/", 302),
    Probe(EMERGENCY, "GET", f"{VERSION}break-glass/", 200),
    Probe(
        EMERGENCY,
        "POST",
        f"{VERSION}break-glass/",
        302,
        {"stage": "Production", "comment": WHY, "understood": "on"},
    ),
    Probe(
        EMERGENCY,
        "POST",
        f"{API}/requests",
        201,
        {
            "model": "churn",
            "version": 3,
            "stage": "Production",
            "comment": WHY,
            "break_glass": True,
        },
    ),
    *(
        Probe(ability, method, path, status)
        for ability, path in (
            (RENAME, f"{MODEL}rename/"),
            (RENAME, f"{MODEL}delete/"),
            (RENAME, f"{MODEL}versions/1/delete/"),  # in use: nobody deletes it
        )
        for method, status in (("GET", 200), ("POST", 422))
    ),
    Probe(METRIC, "GET", f"{MODEL}metrics/", 200),
    Probe(METRIC, "POST", f"{MODEL}metrics/", 302),
    Probe(MANAGE, "POST", f"{MODEL}permissions/", 422),
    # Webhooks that one does not manage are not there, whatever else one may.
    *(
        Probe(MANAGE, "GET", path, 200, refused=404)
        for path in (
            "/webhooks/{webhook}/",
            "/webhooks/{webhook}/edit/",
            "/webhooks/{webhook}/deliveries/",
            "/webhooks/{webhook}/deliveries/{delivery}/",
        )
    ),
    Probe(
        MANAGE,
        "POST",
        "/webhooks/new/",
        302,
        {
            "model_name": "churn",
            "url": "https://receiver.example.com/",
            "events": "COMMENT_CREATED",
            "status": "TEST_MODE",
        },
        refused=422,
        unseen=422,
    ),
]
