"""What has happened before anybody signs in: policies, a webhook, requests, talk."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from config.demo.receiver import signing_secret
from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.break_glass import break_glass
from registry_ui.actions.comments import create_comment, edit_comment
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.evidence import ALL, read_evidence
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import ModelVersion, Review, TransitionRequest
from registry_ui.policies import parse_document
from webhooks_ui.actions.webhook_fields import WebhookInput
from webhooks_ui.actions.webhooks import create_webhook
from webhooks_ui.models import EventName

if TYPE_CHECKING:
    from collections.abc import Callable

_POLICIES = Path(__file__).parent / "policies.yaml"
_SYNC_PATIENCE_SECONDS = 60
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Tale:
    """One transition request and what people said about it.

    Attributes:
        talk: username and comment, in order; then what the comment was edited to.
        review: username, decision and comment; None leaves the request open.
        is_emergency: it was done at once, and waits for its review.
    """

    model: str
    version: int
    target: str
    requester: str
    why: str
    talk: tuple[tuple[str, ...], ...] = ()
    review: tuple[str, Review.Decision, str] | None = None
    is_emergency: bool = False


TALES = (
    Tale(
        model="demand-forecast",
        version=4,
        target="stage:Production",
        requester="dana",
        why="Lower error than v3 on held-out days. Five times the trees, so it is"
        " slower, but the forecast runs at night.",
        talk=(
            ("maya", "How long does the nightly run take with it?"),
            (
                "dana",
                "Eleven minutes for all stores; v3 took six. The slot is an hour.",
            ),
        ),
        review=(
            "rui",
            Review.Decision.APPROVE,
            "Better on RMSE and MAE, same columns. Go.",
        ),
    ),
    Tale(
        model="churn-classifier",
        version=6,
        target="stage:Production",
        requester="maya",
        why="Deeper trees: the training loss is far below that of v5.",
        talk=(
            (
                "dana",
                "The *training* loss is. Validation rises from the first steps on.",
            ),
        ),
        review=(
            "rui",
            Review.Decision.REJECT,
            "It has learnt the training set by heart: log loss on held-out rows is"
            " worse than v5's, and the tag validation says failed.",
        ),
    ),
    Tale(
        model="churn-classifier",
        version=7,
        target="stage:Production",
        requester="dana",
        why="Adds support_calls_90d, our strongest new signal. Callers already send"
        " the column since Monday. v5 can be archived.",
        talk=(
            (
                "rui",
                "@dana, `tenure_months` is a double now. Does the retention campaign"
                " cast it?",
            ),
            (
                "dana",
                "It does, in its release of last Thursday; I checked their tests.",
            ),
            (
                "maya",
                "Recall on month-to-month contracts gains most; two-year stay hard.",
            ),
            (
                "ada",
                "The new column counts calls, so privacy has no objection.",
                "The new column counts calls and says nothing of what was said, so"
                " privacy has no objection. @rui, it is yours to decide.",
            ),
        ),
    ),
    Tale(
        model="ticket-router",
        version=3,
        target="stage:Staging",
        requester="dana",
        why="Says unsure below 0.55, so that a person reads those messages. Care wants"
        " to try it for a week.",
        talk=(("maya", "What share ends up as unsure in your sample?"),),
    ),
    Tale(
        model="tumour-screening",
        version=3,
        target="stage:Production",
        requester="maya",
        why="Less regularisation, lower log loss. The clinical board meets on Friday;"
        " please wait for its vote.",
        talk=(("aki", "I need the board's minutes linked here before this moves."),),
    ),
    Tale(
        model="wine-cultivar",
        version=3,
        target="stage:Production",
        requester="ada",
        why="The old sorter died at 02:10 and its line stands still. v3 sorts the"
        " sample of last week without a mistake; nobody else was awake to look.",
        is_emergency=True,
    ),
)


def tell_story(report: Callable[[str], None]) -> None:
    """Bring the mirror up to date, then let the people act; once.

    Args:
        report: takes one line of progress.

    Raises:
        MLflowError: MLflow cannot be read.
        TimeoutError: another sync is at it for too long.
    """
    if TransitionRequest.objects.exists():
        return
    client = MLflowClient(settings.MLFLOW_REGISTRY_URI)
    _sync(client)
    _act_all()
    apply_due_requests(client)
    report(f"{len(TALES)} transition requests, two policies, one webhook")


def _sync(client: MLflowClient) -> None:
    """Sync with evidence, after whoever else may be at it."""
    deadline = time.monotonic() + _SYNC_PATIENCE_SECONDS
    while sync_mirror(client) is None:
        _wait_until(deadline)
    tracking = MLflowClient(settings.MLFLOW_TRACKING_URI)
    while read_evidence(client, tracking, bound=ALL) is None:
        _wait_until(deadline)


def _wait_until(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError("Another sync has been running for a minute.")
    time.sleep(_LOOK_SECONDS)


@transaction.atomic
def _act_all() -> None:
    """Do everything in one transaction: a kill leaves all of the story or none."""
    people = {user.username: user for user in User.objects.all()}
    webhook = WebhookInput(
        url=f"http://{settings.WEBHOOK_DEMO_RECEIVER}/",
        events=EventName.values,
        description="The demo's own receiver: open its address to see what arrived.",
        secret=signing_secret(),
    )
    create_webhook(webhook, actor=people["ada"], model=None)
    apply_policies(parse_document(_POLICIES.read_text("utf-8")), actor=people["ada"])
    for tale in TALES:
        _act(tale, people)


def _act(tale: Tale, people: dict[str, User]) -> None:
    version = ModelVersion.objects.live().get(
        model__name=tale.model, model__deleted_at=None, number=tale.version
    )
    if tale.is_emergency:
        break_glass(version, tale.target, actor=people[tale.requester], reason=tale.why)
        return
    request = create_request(
        version,
        tale.target,
        actor=people[tale.requester],
        comment=tale.why,
        archive_existing_versions=tale.target == "stage:Production",
    )
    for username, text, *edits in tale.talk:
        person = people[username]
        remark = create_comment(version, text, actor=person, request=request)
        for edited in edits:
            edit_comment(remark, edited, actor=person)
    if tale.review:
        username, decision, comment = tale.review
        review_request(
            request,
            decision,
            actor=people[username],
            seen=gather_decision(request).fingerprint,
            comment=comment,
        )
