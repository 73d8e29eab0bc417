from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from mlflow import MlflowClient as PlainClient
from pytest_django import DjangoAssertNumQueries

from registry_ui.actions.apply import (
    LEASE,
    apply_due_requests,
    wait_until_settled,
)
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import create_request, retry_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Level,
    ModelVersion,
    Review,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_transition_request, make_user
from tests.mlflow_server import MLflowServer

pytestmark = pytest.mark.django_db

SOURCE = "s3://bucket/model"
Status = TransitionRequest.Status


@pytest.fixture
def plain(mlflow_server: MLflowServer) -> PlainClient:
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture
def reviewer() -> User:
    return make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


@pytest.fixture
def approved(
    request: pytest.FixtureRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> TransitionRequest:
    """v2 approved for Production, where v1 is now and shall be archived."""
    name = f"apply {request.node.name}"
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, SOURCE)
    plain.transition_model_version_stage(name, "1", "Production")
    sync_mirror(mlflow_client)
    ask = create_request(
        ModelVersion.objects.select_related("model").get(model__name=name, number=2),
        "stage:Production",
        actor=make_user(level=Level.CAN_EDIT),
        comment="Better.",
        archive_existing_versions=True,
    )
    seen = gather_decision(ask).fingerprint
    review_request(ask, Review.Decision.APPROVE, actor=reviewer, seen=seen)
    return TransitionRequest.objects.select_related("version__model").get(pk=ask.pk)


def stages(plain: PlainClient, ask: TransitionRequest) -> list[str | None]:
    name = ask.version.model.name
    return [plain.get_model_version(name, n).current_stage for n in ("1", "2")]


def recorded(ask: TransitionRequest, event_type: str) -> int:
    return AuditEvent.objects.filter(request_number=ask.number, type=event_type).count()


def test_the_plan_comes_true_in_mlflow_and_in_the_mirror(
    approved: TransitionRequest, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    assert apply_due_requests(mlflow_client) == 1

    approved.refresh_from_db()
    assert approved.status == Status.APPLIED
    assert approved.outcome is not None
    assert all(entry["came_true"] for entry in approved.outcome)
    assert stages(plain, approved) == ["Archived", "Production"]
    mirrored = ModelVersion.objects.filter(model=approved.version.model)
    assert dict(mirrored.values_list("number", "stage")) == {
        1: "Archived",
        2: "Production",
    }
    assert recorded(approved, "model_version.transitioned") == 2
    assert recorded(approved, "transition_request.applied") == 1


def test_nothing_is_applied_whose_gates_have_shut_since(
    approved: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    reviewer.model_permissions.all().delete()

    apply_due_requests(mlflow_client)

    approved.refresh_from_db()
    assert approved.status == Status.FAILED
    assert "Since the approval a gate has shut. Approvals: 0 of 1" in approved.failure
    assert "no longer holds Can Manage Production Versions" in approved.failure
    assert stages(plain, approved) == ["Production", "None"]


def test_an_alias_moves_along_where_the_policy_couples_it(
    approved: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    name = approved.version.model.name
    TransitionRequest.objects.filter(pk=approved.pk).update(status=Status.CANCELLED)
    plain.set_registered_model_alias(name, "Champion", "1")
    sync_mirror(mlflow_client)
    coupled = PolicyDefinition(
        name="p", targets=("stage:Production",), moves_along=("alias:champion",)
    )
    apply_policies([coupled], actor=None)
    ask = create_request(
        approved.version,
        "stage:Production",
        actor=make_user(level=Level.CAN_EDIT),
        comment="Better.",
        archive_existing_versions=True,
    )
    decision = gather_decision(ask)
    assert [str(effect) for effect in decision.plan.effects] == [
        "v2 goes from None to Production",
        "v1 goes from Production to Archived",
        "@Champion moves from v1 to v2",
    ]
    review_request(
        ask, Review.Decision.APPROVE, actor=reviewer, seen=decision.fingerprint
    )

    apply_due_requests(mlflow_client)

    ask.refresh_from_db()
    assert ask.status == Status.APPLIED
    assert ask.outcome is not None
    assert all(entry["came_true"] for entry in ask.outcome)
    assert stages(plain, ask) == ["Archived", "Production"]
    assert plain.get_model_version_by_alias(name, "Champion").version == "2"
    report = sync_mirror(mlflow_client)
    assert report is not None
    assert report.changes == 0


def test_an_alias_that_was_asked_for_is_set(
    approved: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    ask = create_request(
        approved.version,
        "alias:champion",
        actor=make_user(level=Level.CAN_EDIT),
        comment="Better.",
    )
    seen = gather_decision(ask).fingerprint
    review_request(ask, Review.Decision.APPROVE, actor=reviewer, seen=seen)

    apply_due_requests(mlflow_client)

    ask.refresh_from_db()
    assert ask.status == Status.APPLIED
    name = ask.version.model.name
    assert plain.get_model_version_by_alias(name, "champion").version == "2"


def test_the_sweep_after_it_finds_nothing_that_nobody_decided(
    approved: TransitionRequest, mlflow_client: MLflowClient
) -> None:
    apply_due_requests(mlflow_client)

    report = sync_mirror(mlflow_client)

    assert report is not None
    assert report.changes == 0


def test_a_change_that_happened_before_the_worker_died_is_settled_once(
    approved: TransitionRequest, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    plain.transition_model_version_stage(
        approved.version.model.name, "2", "Production", archive_existing_versions=True
    )
    TransitionRequest.objects.filter(pk=approved.pk).update(
        status=Status.APPLYING,
        claim_token="of a dead worker",  # noqa: S106 - a lease, no secret
        due_at=timezone.now() - timedelta(seconds=1),
    )

    apply_due_requests(mlflow_client)
    apply_due_requests(mlflow_client)

    approved.refresh_from_db()
    assert approved.status == Status.APPLIED
    assert recorded(approved, "transition_request.applied") == 1
    assert recorded(approved, "model_version.transitioned") == 2


def test_a_claim_that_still_holds_is_left_alone(
    approved: TransitionRequest, mlflow_client: MLflowClient
) -> None:
    TransitionRequest.objects.filter(pk=approved.pk).update(
        status=Status.APPLYING, due_at=timezone.now() + LEASE
    )

    assert apply_due_requests(mlflow_client) == 0


def test_an_mlflow_that_is_away_postpones_and_loses_nothing(
    approved: TransitionRequest, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    apply_due_requests(MLflowClient("http://127.0.0.1:9"))

    approved.refresh_from_db()
    assert approved.status == Status.APPLYING
    assert "Trying again by itself" in approved.failure
    TransitionRequest.objects.update(due_at=timezone.now())
    apply_due_requests(mlflow_client)
    approved.refresh_from_db()
    assert approved.status == Status.APPLIED
    assert stages(plain, approved) == ["Archived", "Production"]


def test_a_version_that_was_deleted_meanwhile_fails_in_words(
    approved: TransitionRequest, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    plain.delete_model_version(approved.version.model.name, "2")

    apply_due_requests(mlflow_client)

    approved.refresh_from_db()
    assert approved.status == Status.FAILED
    assert "no longer" in approved.failure


def test_a_model_made_again_under_the_same_name_is_not_touched(
    approved: TransitionRequest, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    name = approved.version.model.name
    plain.delete_registered_model(name)
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, SOURCE)

    apply_due_requests(mlflow_client)

    approved.refresh_from_db()
    assert approved.status == Status.FAILED
    assert "no longer" in approved.failure
    assert stages(plain, approved) == ["None", "None"]


def test_a_holder_that_nobody_decided_to_archive_stops_the_plan(
    approved: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    name = approved.version.model.name
    plain.create_model_version(name, SOURCE)
    plain.transition_model_version_stage(name, "3", "Production")

    apply_due_requests(mlflow_client)

    approved.refresh_from_db()
    assert approved.status == Status.FAILED
    assert approved.failure.startswith("v3 was put into Production since")
    assert stages(plain, approved) == ["Production", "None"]
    plain.transition_model_version_stage(name, "3", "None")
    retry_request(approved, actor=reviewer)
    apply_due_requests(mlflow_client)
    approved.refresh_from_db()
    assert approved.status == Status.APPLIED


def test_what_others_asked_for_too_is_superseded(
    approved: TransitionRequest, mlflow_client: MLflowClient
) -> None:
    twin = create_request(
        approved.version,
        "stage:Production",
        actor=make_user(level=Level.CAN_READ),
        comment="Me too.",
    )

    apply_due_requests(mlflow_client)

    twin.refresh_from_db()
    assert twin.status == Status.SUPERSEDED


def test_a_change_that_two_requests_decided_is_on_record_once(
    approved: TransitionRequest, mlflow_client: MLflowClient, reviewer: User
) -> None:
    twin = create_request(
        approved.version,
        "stage:Production",
        actor=make_user(level=Level.CAN_READ),
        comment="Me too.",
        archive_existing_versions=True,
    )
    review_request(twin, Review.Decision.APPROVE, actor=reviewer, seen=None)

    assert apply_due_requests(mlflow_client) == 2

    twin.refresh_from_db()
    assert twin.status == Status.APPLIED
    moves = [recorded(ask, "model_version.transitioned") for ask in (approved, twin)]
    assert moves == [2, 0]


def test_nobody_waits_for_a_request_that_others_have_to_decide(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ask = make_transition_request()

    with django_assert_num_queries(1):
        assert not wait_until_settled(ask, seconds=5)
