"""What is on record of moves that are one call of MLflow's."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.alias_moves import move_alias
from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.backtest import backtest
from registry_ui.actions.policies import policies_in_force
from registry_ui.actions.requests import transition_directly
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Holding,
    Level,
    ModelVersion,
    Notification,
    TransitionRequest,
)
from tests.factories import make_user
from tests.registry_ui.api.gateway.short_moves.calling import (
    ALIAS,
    post,
    registered,
    transition,
)


def on_record(name: str) -> dict[str, Any]:
    """Return all that is stored of the moves of a model, but what is by chance."""
    events = AuditEvent.objects.filter(model_name=name, request_number__isnull=False)
    requests = TransitionRequest.objects.filter(version__model__name=name)
    return {
        "events": [
            (
                event.type,
                event.actor_name,
                event.version_number,
                {k: v for k, v in event.details.items() if k != "fingerprint"},
            )
            for event in events.order_by("position")
        ],
        "requests": [
            (
                ask.kind,
                ask.target,
                ask.from_stage,
                ask.comment,
                ask.requested_by,
                ask.status,
                ask.closed_by,
                ask.policy_name,
                ask.plan,
                ask.outcome,
                ask.failure,
                ask.due_at,
                ask.attempt_count,
                ask.closed_at is not None,
                ask.applied_at is not None,
                [(r.reviewer, r.decision, r.was_seen) for r in ask.reviews.all()],
            )
            for ask in requests.order_by("number")
        ],
        "holdings": [
            (
                held.version.number,
                held.target,
                held.ended_at is None,
                held.started_request is None,
                held.ended_request is None,
            )
            for held in Holding.objects.filter(model__name=name).order_by("pk")
        ],
        "told": [
            (one.user, one.reason, one.event and one.event.type, one.lapses)
            for one in Notification.objects.filter(model__name=name)
            .order_by("event", "user")
            .exclude(reason=Notification.Reason.NEEDS_YOU)
        ],
        "mirror": list(
            ModelVersion.objects.filter(model__name=name)
            .order_by("number")
            .values_list("number", "stage", "aliases__name")
        ),
    }


def test_what_is_on_record_is_the_same_as_of_a_move_that_goes_the_long_way(
    churn: str,
    client: Client,
    admin: User,
    plain: PlainClient,
    sync: Callable[[], None],
) -> None:
    other = f"{churn}-long"
    registered(plain, other)
    sync()
    watcher = make_user(level=Level.CAN_READ)
    comment = "Asked for by a program, through MLflow's API."
    for name in (churn, other):
        version = ModelVersion.objects.get(model__name=name, number=1)
        watcher.subscriptions.create(model=version.model)

    for target in ("Staging", "Production", "None", "Archived", "Staging"):
        assert transition(client, churn, target).status_code == 200
        version = ModelVersion.objects.select_related("model").get(
            model__name=other, number=1
        )
        transition_directly(version, f"stage:{target}", actor=admin, comment=comment)
        apply_due_requests(MLflowClient(str(plain._registry_uri)))
    for number in (2, 1):
        answer = post(client, ALIAS, name=churn, version=str(number), alias="champion")
        assert answer.json() == {}
        move_alias(version.model, "champion", number, actor=admin, comment=comment)
        apply_due_requests(MLflowClient(str(plain._registry_uri)))

    short = on_record(churn)
    assert short == on_record(other)
    assert len(short["requests"]) == 7
    assert short["told"]
    for ask in TransitionRequest.objects.filter(version__model__name=churn):
        (review,) = ask.reviews.all()
        assert ask.created_at == review.created_at == ask.closed_at
    # A backtest takes the reviews that were given by then.
    tested = backtest(policies_in_force())
    assert (tested.blocked, tested.promotion_count > 0) == ([], True)
