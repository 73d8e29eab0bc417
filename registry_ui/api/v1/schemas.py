"""What calls about transition requests take and answer."""

from datetime import datetime
from typing import Literal, Self

from ninja import Schema
from pydantic import Field, StrictBool, field_validator, model_validator

from registry_ui.api.texts import Text
from registry_ui.api.v1.fields import (
    MODEL,
    VERSION,
    Body,
    MetricNumber,
    Number,
    RequestKind,
    RequestStatus,
    examples,
)
from registry_ui.api.v1.paging import PageOut, PageQuery
from registry_ui.errors import ActionError
from registry_ui.fingerprint import Fingerprint
from registry_ui.gates import Act
from registry_ui.models import STAGE_PREFIX, Review

TARGET = "`stage:Production`, or `alias:champion` for an alias."
WHO = "User name."
FINGERPRINT = "0f4b9a8c11d2e377.51c7….…"


class RequestPath(Schema):
    """Names a request."""

    number: Number = Field(description="Number of the request.")


class RequestFilter(PageQuery):
    """Which requests to list."""

    status: RequestStatus | None = None
    model: Text | None = Field(None, description=MODEL)
    mine: bool = Field(False, description="Only those that you asked for.")
    waiting_for_me: bool = Field(
        False, description="Only open ones that your approval would move on."
    )


class RequestIn(Body):
    """A transition to ask for; give either `target` or `stage`."""

    model_config = examples(
        {
            "model": "churn",
            "version": 7,
            "stage": "Production",
            "comment": "AUC 0.91 against 0.88; signature unchanged.",
            "archive_existing_versions": True,
        }
    )

    model: Text = Field(description=MODEL)
    version: Number = Field(description=VERSION)
    target: Text = Field("", description=TARGET)
    stage: Text = Field("", description="The same in short: `Production`.")
    comment: Text = Field(description="Why; reviewers read it first.")
    archive_existing_versions: StrictBool = Field(
        False, description="Archive the versions that are in the target stage now."
    )
    break_glass: StrictBool = Field(
        False,
        description="In an emergency: put it there at once, and owe a review by"
        " somebody else. Needs Can Manage on the model; `comment` is the reason.",
    )

    @model_validator(mode="after")
    def require_one_target(self) -> Self:
        """Refuse a call without a target, or with two."""
        if bool(self.target) == bool(self.stage):
            raise ValueError("Give either `target` or `stage`")
        return self

    @property
    def wanted_target(self) -> str:
        """Return the target, in whichever way it was given."""
        return self.target or STAGE_PREFIX + self.stage


class ReviewIn(Body):
    """A decision on a request."""

    model_config = examples(
        {"decision": "approve", "comment": "Looks right.", "fingerprint": FINGERPRINT},
        {"decision": "reject", "comment": "Recall fell by 3 points."},
    )

    decision: Review.Decision
    comment: Text = Field("", description="Required with a rejection.")
    fingerprint: Text | None = Field(
        None,
        description="What you looked at, as the request's answer said. If that changed"
        " since, the call answers 409 and nothing is decided. Without it the decision"
        " is bound to the facts at the call, and recorded as not seen.",
    )

    @field_validator("fingerprint")
    @classmethod
    def refuse_malformed(cls, fingerprint: str | None) -> str | None:
        """Refuse what was never a fingerprint."""
        try:
            if fingerprint is not None:
                Fingerprint.parse(fingerprint)
        except ActionError:
            raise ValueError(
                "Send the fingerprint that the request's answer held, or leave it out"
            ) from None
        return fingerprint

    @property
    def seen(self) -> Fingerprint | None:
        """Return what the reviewer looked at, if they said."""
        return None if self.fingerprint is None else Fingerprint.parse(self.fingerprint)


class CancelIn(Body):
    """What to say with a cancellation."""

    model_config = examples({"comment": "Superseded by version 8."})

    comment: Text = ""


class CommentIn(Body):
    """A remark."""

    model_config = examples({"text": "Which data was it tested on?"})

    text: Text


class CommentPath(Schema):
    """Names a comment."""

    comment_id: Number = Field(description="Id of the comment.")


class CommentOut(Schema):
    """A remark on a version, perhaps in the discussion of a request."""

    id: int
    author: str = Field(description=WHO)
    text: str = Field(description="Markdown.")
    created_at: datetime
    edited_at: datetime | None = Field(
        description="When its text was changed last; null if never."
    )


class CommentList(Schema):
    """The discussion of a request, oldest first."""

    comments: list[CommentOut]


class ReviewOut(Schema):
    """One person's decision."""

    reviewer: str = Field(description=WHO)
    decision: Review.Decision
    comment: str
    was_seen: bool = Field(description="Was it given with a fingerprint?")
    created_at: datetime
    stale_reason: str = Field(
        description="What changed since, so that it counts no longer; else empty."
    )


class MissingApproval(Schema):
    """Whose approval is missing."""

    groups: list[str] = Field(description="They are in one of these; empty: any.")
    level: str = Field(description="They hold at least this: `CAN_MANAGE`.")


class NeedsOut(Schema):
    """What would satisfy a gate, or bring it one step nearer, in parts."""

    model_config = examples(
        {
            "act": "report_check",
            "names": ["bias-audit"],
            "version": None,
            "at_least": None,
            "at_most": None,
            "until": None,
            "approvals": [],
        }
    )

    act: Act = Field(
        description="What is to be done. `other_version`, `change_policy`: nothing that"
        " can be done for this version will do."
    )
    names: list[str] = Field(description="Of the check, of the metric, or of the tags.")
    version: int | None = Field(
        description="Whose run or model it is about; null: the version's own."
    )
    at_least: MetricNumber = Field(description="Bound on the metric; null for none.")
    at_most: MetricNumber = Field(description="Likewise.")
    until: datetime | None = Field(description="When waiting is over.")
    approvals: list[MissingApproval] = Field(description="One for each missing person.")


class GateOut(Schema):
    """One rule of the policy, and what it says of the request."""

    name: str
    verdict: Literal["passed", "failed", "waiting", "insufficient"]
    explanation: str = Field(description="What it looked at and found.")
    remedy: str = Field(description="What would satisfy it; empty once passed.")
    needs: NeedsOut | None = Field(description="The same in parts; null once passed.")


class GatesOut(Schema):
    """Why a request is not approved yet, or what its gates said when it was."""

    model_config = examples(
        {
            "number": 12,
            "status": "open",
            "policy": "production v3",
            "is_blocked": True,
            "blocked_by": ["bias-audit"],
            "remedies": ["Report the check bias-audit for this version."],
            "gates": [
                {
                    "name": "bias-audit",
                    "verdict": "waiting",
                    "explanation": "Nobody has reported it for this version.",
                    "remedy": "Report the check bias-audit for this version.",
                    "needs": {
                        "act": "report_check",
                        "names": ["bias-audit"],
                        "version": None,
                        "at_least": None,
                        "at_most": None,
                        "until": None,
                        "approvals": [],
                    },
                }
            ],
            "fingerprint": FINGERPRINT,
        }
    )

    number: int
    status: RequestStatus
    policy: str = Field(description="The policy that governs it, with its version.")
    is_blocked: bool = Field(description="Is it open, with a gate that has not passed?")
    blocked_by: list[str] = Field(description="Names of the gates that block it.")
    remedies: list[str] = Field(description="What would let it pass, in sentences.")
    gates: list[GateOut] = Field(
        description="While open: as things stand. Once approved: as they stood then."
    )
    fingerprint: str | None = Field(description="As of the request.")


class EffectOut(Schema):
    """One change that the approval makes in MLflow."""

    model_config = examples(
        {
            "effect": "v7 goes from Staging to Production",
            "kind": "transition",
            "version": 7,
            "before": "Staging",
            "after": "Production",
            "alias": "",
        }
    )

    effect: str = Field(description="In words.")
    kind: Literal[
        "transition", "archive", "set_alias", "delete_alias", "rename", "model"
    ]
    version: int = Field(description="0 where the change is the model's own.")
    before: str = Field(description="A stage; for an alias the version it points to.")
    after: str
    alias: str


class OutcomeOut(Schema):
    """What was read back from MLflow after one change."""

    effect: str
    found: str = Field(description="The stage or version that MLflow shows.")
    came_true: bool


class RequestLinks(Schema):
    """Where more is to be found; pages need a sign-in."""

    self: str = Field(description="This request here.")
    page: str = Field(description="The page on which people decide.")
    version: str = Field(description="The page of the version.")


class RequestSummary(Schema):
    """A transition request, as lists show it."""

    number: int
    kind: RequestKind
    status: RequestStatus
    model: str = Field(description=MODEL)
    version: int = Field(description=VERSION)
    from_stage: str = Field(description="Where the version was when this was asked.")
    target: str = Field(description=TARGET)
    archive_existing_versions: bool
    comment: str
    requested_by: str = Field(description=WHO)
    created_at: datetime
    closed_by: str | None = Field(description="User name of who decided it last.")
    closed_at: datetime | None
    applied_at: datetime | None
    follows: int | None = Field(
        description="Number of the break-glass whose review this is; else null."
    )
    review_due_at: datetime | None = Field(
        description="By when that break-glass must be reviewed; else null."
    )
    failure: str = Field(description="Why it could not be applied (yet); else empty.")
    policy: str = Field(description="The policy that governs it, with its version.")
    links: RequestLinks


class RequestOut(RequestSummary):
    """A transition request with all that a decision rests on."""

    gates: list[GateOut] = Field(
        description="While open: as things stand. Once approved: as they stood then."
    )
    plan: list[EffectOut] = Field(
        description="While open: what an approval would do now. Once approved: frozen."
    )
    fingerprint: str | None = Field(
        description="Send it with a review to decide on just this; null once decided."
    )
    reviews: list[ReviewOut]
    comments: list[CommentOut]
    outcome: list[OutcomeOut] | None = Field(
        description="What MLflow showed after applying, an entry an effect."
    )


class RequestList(PageOut):
    """A page of requests, newest first."""

    requests: list[RequestSummary]
