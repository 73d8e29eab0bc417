"""What the server answers, as it comes: docs/api.md and `openapi.json` describe it.

A newer server may answer more than stands here. Times are ISO 8601 in UTC.
"""

from typing import Any, Literal, TypedDict

Status = Literal[
    "open",
    "approved",
    "applying",
    "applied",
    "failed",
    "undone",
    "rejected",
    "cancelled",
    "expired",
    "superseded",
]
Verdict = Literal["pending", "passed", "failed"]
Decision = Literal["approve", "reject"]


Scope = Literal["read", "request", "review", "check", "admin"]


class Token(TypedDict):
    """What is known of a token; never its secret."""

    name: str
    prefix: str
    scopes: list[str]
    expires_at: str | None


class OwnToken(Token):
    """One of the caller's tokens."""

    id: int
    opens_requests: bool
    made_with: str
    created_at: str
    used_at: str | None
    used_from: str
    revoked_at: str | None


class NewToken(OwnToken):
    """A token that was just made; the secret is never shown again."""

    secret: str


class Account(TypedDict):
    """Who calls."""

    username: str
    full_name: str
    is_administrator: bool
    level: str | None
    token: Token | None


class Links(TypedDict):
    """Where more is to be found; pages need a sign-in."""

    self: str
    page: str
    version: str


class RequestSummary(TypedDict):
    """A transition request, as lists show it."""

    number: int
    kind: str
    status: Status
    model: str
    version: int
    from_stage: str
    target: str
    archive_existing_versions: bool
    comment: str
    requested_by: str
    created_at: str
    closed_by: str | None
    closed_at: str | None
    applied_at: str | None
    follows: int | None
    review_due_at: str | None
    failure: str
    policy: str
    links: Links


class Gate(TypedDict):
    """One rule of the policy, and what it says of the request."""

    name: str
    verdict: Literal["passed", "failed", "waiting", "insufficient"]
    explanation: str
    remedy: str
    needs: dict[str, Any] | None


class Effect(TypedDict):
    """One change that the approval makes in MLflow."""

    effect: str
    kind: str
    version: int
    before: str
    after: str
    alias: str


class Review(TypedDict):
    """One person's decision."""

    reviewer: str
    decision: Decision
    comment: str
    was_seen: bool
    created_at: str
    stale_reason: str


class Comment(TypedDict):
    """A remark in the discussion of a request."""

    id: int
    author: str
    text: str
    created_at: str
    edited_at: str | None


class Outcome(TypedDict):
    """What was read back from MLflow after one change."""

    effect: str
    found: str
    came_true: bool


class Request(RequestSummary):
    """A transition request with all that a decision rests on."""

    gates: list[Gate]
    plan: list[Effect]
    fingerprint: str | None
    reviews: list[Review]
    comments: list[Comment]
    outcome: list[Outcome] | None


class Check(TypedDict):
    """The newest verdict of one check."""

    name: str
    verdict: Verdict
    link: str
    text: str
    reported_by: str
    reported_at: str


class ComparedVersion(TypedDict):
    """One of the versions of a comparison."""

    model: str
    version: int
    stage: str
    aliases: list[str]
    signature: str
    signature_reasons: list[str]
    data_comparable: bool | None


class Statement(TypedDict):
    """One difference in words; `version` is the index of the one it is about."""

    version: int
    tone: str
    section: str
    text: str


class Row(TypedDict):
    """One name, with a cell a version; what a cell holds depends on the section."""

    name: str
    cells: list[dict[str, Any]]


class Comparison(TypedDict):
    """Versions side by side; all cells stand in the order of `versions`."""

    versions: list[ComparedVersion]
    headline_metric: str | None
    summary: list[Statement]
    metrics: list[Row]
    parameters: list[Row]
    tags: list[Row]
    signature_inputs: list[Row]
    signature_outputs: list[Row]
    signature_parameters: list[Row]
    requirements: list[Row]
    environment: list[Row]
    files: list[Row]
    model_file: list[Row]
    input_example: list[Row]
    datasets: list[Row]
    lineage: list[Row]
