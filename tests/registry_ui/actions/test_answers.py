"""Taking back, accepting, or asking about what nobody decided."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.answers import (
    accept_incident,
    ask_about_incident,
    revert_incident,
    way_back,
)
from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.errors import ActionError, AlreadyExistsError, StaleReviewError
from registry_ui.mlflow_client import PROMPT_TAG, MLflowClient
from registry_ui.models import (
    Holding,
    Incident,
    Level,
    ModelVersion,
    RegisteredModel,
    Review,
    TransitionRequest,
)
from tests.factories import make_incident, make_model, make_user, make_version
from tests.mlflow_server import MLflowServer

pytestmark = pytest.mark.django_db

Status = TransitionRequest.Status
Resolution = Incident.Resolution
SOURCE = "s3://bucket/model"


@pytest.fixture
def plain(mlflow_server: MLflowServer) -> PlainClient:
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture
def name(
    request: pytest.FixtureRequest, plain: PlainClient, mlflow_client: MLflowClient
) -> str:
    """A mirrored model: v1 is in Production and @champion, v2 in Staging, v3 rests."""
    name = f"answers {request.node.name}"
    plain.create_registered_model(name)
    for _ in range(3):
        plain.create_model_version(name, SOURCE)
    plain.transition_model_version_stage(name, "1", "Production")
    plain.transition_model_version_stage(name, "2", "Staging")
    plain.set_registered_model_alias(name, "champion", "1")
    sync_mirror(mlflow_client)
    return name


@pytest.fixture
def rui(db: None) -> User:
    return make_user(username="rui", level=Level.CAN_MANAGE)


def state(plain: PlainClient, name: str) -> tuple[dict[str, str | None], object]:
    """Return stages by version and the aliases, as MLflow has them."""
    model = plain.get_registered_model(name)
    versions = plain.search_model_versions(f"name = '{name}'")
    return {v.version: v.current_stage for v in versions}, dict(model.aliases)


def incident_on(name: str) -> Incident:
    return Incident.objects.open().get(model__name=name)


Change = Callable[[PlainClient, str], object]


def archive_by_promotion(plain: PlainClient, name: str) -> None:
    plain.transition_model_version_stage(
        name, "3", "Production", archive_existing_versions=True
    )


def respell(plain: PlainClient, name: str) -> None:
    plain.delete_registered_model_alias(name, "champion")
    plain.set_registered_model_alias(name, "Champion", "1")


CHANGES: dict[str, Change] = {
    "into production": archive_by_promotion,
    "out of staging": lambda plain, name: plain.transition_model_version_stage(
        name, "2", "None"
    ),
    "alias moved": lambda plain, name: plain.set_registered_model_alias(
        name, "champion", "3"
    ),
    "alias set": lambda plain, name: plain.set_registered_model_alias(name, "new", "2"),
    "alias deleted": lambda plain, name: plain.delete_registered_model_alias(
        name, "champion"
    ),
    "alias in another case": respell,
    "renamed": lambda plain, name: plain.rename_registered_model(name, f"{name} 2"),
    "prompt": lambda plain, name: plain.set_registered_model_tag(
        name, PROMPT_TAG, "true"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_revert_restores_exactly_what_was(
    change: Change,
    name: str,
    rui: User,
    plain: PlainClient,
    mlflow_client: MLflowClient,
) -> None:
    before = state(plain, name)
    held = set(Holding.objects.current().values_list("version", "target"))
    change(plain, name)
    sync_mirror(mlflow_client)
    incident = Incident.objects.open().get(model__name__startswith=name)

    ask = revert_incident(incident, actor=rui, seen=incident.digest)
    apply_due_requests(mlflow_client)

    ask.refresh_from_db()
    assert ask.status == Status.APPLIED, ask.failure
    assert state(plain, name) == before
    incident.refresh_from_db()
    assert incident.resolution == Resolution.REVERTED
    assert incident.resolved_by == rui
    report = sync_mirror(mlflow_client)
    assert report is not None
    assert report.changes == 0
    assert not Incident.objects.open().exists()
    assert set(Holding.objects.current().values_list("version", "target")) == held
    assert RegisteredModel.objects.live().filter(name=name).count() == 1


def test_of_what_was_deleted_the_rest_is_reverted_and_the_loss_stays_open(
    name: str, rui: User, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    plain.delete_model_version(name, "1")
    plain.transition_model_version_stage(name, "2", "Production")
    sync_mirror(mlflow_client)
    incident = incident_on(name)

    back, lost = way_back(incident)
    revert_incident(incident, actor=rui, seen=incident.digest)
    apply_due_requests(mlflow_client)

    assert [str(effect) for effect in back] == ["v2 goes from Production to Staging"]
    assert len(lost) == 2
    assert state(plain, name)[0] == {"2": "Staging", "3": "None"}
    incident = incident_on(name)
    assert {effect["alias"] or effect["after"] for effect in incident.effects} == {
        "champion",
        "gone",
    }
    with pytest.raises(ActionError, match=r"brings nothing back\. .*Accept it"):
        revert_incident(incident, actor=rui, seen=incident.digest)
    accept_incident(
        incident,
        actor=make_user(level=Level.CAN_MANAGE),
        reason="!",
        seen=incident.digest,
    )
    assert not Incident.objects.open().filter(model__name=name).exists()


def test_a_deleted_model_can_only_be_accepted(
    name: str, rui: User, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    plain.delete_registered_model(name)
    plain.create_registered_model(name)
    sync_mirror(mlflow_client)
    incident = incident_on(name)
    assert incident.model.deleted_at is not None

    with pytest.raises(ActionError, match="The model was deleted"):
        revert_incident(incident, actor=rui, seen=incident.digest)
    with pytest.raises(ActionError, match="no longer in MLflow"):
        ask_about_incident(incident, actor=rui, comment="!", seen=incident.digest)
    accept_incident(incident, actor=rui, reason="Retired.", seen=incident.digest)

    incident.refresh_from_db()
    assert (incident.resolution, incident.reason) == (Resolution.ACCEPTED, "Retired.")


def test_what_reviewers_approve_after_the_fact_stands_and_is_decided(
    name: str, rui: User, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    archive_by_promotion(plain, name)
    sync_mirror(mlflow_client)
    incident = incident_on(name)
    dana = make_user(level=Level.CAN_READ)

    ask = ask_about_incident(
        incident, actor=dana, comment="An emergency.", seen=incident.digest
    )
    seen = gather_decision(ask).fingerprint
    review_request(ask, Review.Decision.APPROVE, actor=rui, seen=seen)
    apply_due_requests(mlflow_client)

    ask.refresh_from_db()
    incident.refresh_from_db()
    assert ask.status == Status.APPLIED, ask.failure
    assert ask.target == "stage:Production"
    assert incident.resolution == Resolution.DECIDED
    assert state(plain, name)[0] == {"1": "Archived", "2": "Staging", "3": "Production"}


def test_a_rejection_after_the_fact_leaves_the_incident_open(
    name: str, rui: User, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    archive_by_promotion(plain, name)
    sync_mirror(mlflow_client)
    incident = incident_on(name)
    dana = make_user(level=Level.CAN_READ)
    ask = ask_about_incident(incident, actor=dana, comment="!", seen=incident.digest)

    seen = gather_decision(ask).fingerprint
    review_request(ask, Review.Decision.REJECT, actor=rui, seen=seen, comment="No.")

    incident.refresh_from_db()
    assert incident.is_open


def test_a_request_that_decides_on_a_part_takes_it_out_of_the_incident(
    name: str, rui: User, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    plain.set_registered_model_alias(name, "new", "2")
    plain.transition_model_version_stage(name, "3", "Staging")
    sync_mirror(mlflow_client)
    version = ModelVersion.objects.select_related("model").get(
        model__name=name, number=3
    )
    dana = make_user(level=Level.CAN_READ)
    ask = create_request(version, "stage:Production", actor=dana, comment="Better.")
    seen = gather_decision(ask).fingerprint
    review_request(ask, Review.Decision.APPROVE, actor=rui, seen=seen)

    apply_due_requests(mlflow_client)

    (effect,) = incident_on(name).effects
    assert effect["alias"] == "new"


def test_only_who_could_have_decided_reverts_or_accepts() -> None:
    incident = make_incident()
    user = make_user(level=Level.CAN_MANAGE_STAGING_VERSIONS)

    with pytest.raises(PermissionDenied):
        accept_incident(incident, actor=user, reason="!", seen=incident.digest)
    with pytest.raises(PermissionDenied):
        revert_incident(incident, actor=user, seen=incident.digest)


def test_accepting_takes_a_reason_and_somebody_who_did_not_ask() -> None:
    incident = make_incident()
    rui = make_user(level=Level.CAN_MANAGE)
    with pytest.raises(ActionError, match="Say why it may stand"):
        accept_incident(incident, actor=rui, reason=" ", seen=incident.digest)
    ask_about_incident(incident, actor=rui, comment="!", seen=incident.digest)

    with pytest.raises(ActionError, match="somebody else to accept"):
        accept_incident(incident, actor=rui, reason="!", seen=incident.digest)
    with pytest.raises(AlreadyExistsError):
        ask_about_incident(incident, actor=rui, comment="!", seen=incident.digest)

    maya = make_user(level=Level.CAN_MANAGE)
    accept_incident(incident, actor=maya, reason="Fine.", seen=incident.digest)
    with pytest.raises(ActionError, match="answered already: accepted by"):
        accept_incident(incident, actor=maya, reason="!", seen=incident.digest)


def test_an_answer_to_something_else_than_was_seen_is_refused() -> None:
    incident = make_incident()
    rui = make_user(level=Level.CAN_MANAGE)

    with pytest.raises(StaleReviewError, match="More was changed"):
        revert_incident(incident, actor=rui, seen="0123456789abcdef")


def test_an_incident_is_reverted_once() -> None:
    incident = make_incident()
    rui = make_user(level=Level.CAN_MANAGE)
    revert_incident(incident, actor=rui, seen=incident.digest)

    with pytest.raises(ActionError, match=r"Request #\d+ is to revert it already"):
        revert_incident(incident, actor=rui, seen=incident.digest)


def test_a_model_without_versions_has_nothing_to_ask_about() -> None:
    model = make_model()
    incident = Incident.objects.create(
        model=model,
        effects=[],
        seen_at=model.created_at,
        changed_at=model.created_at,
    )

    with pytest.raises(ActionError, match="no version to decide on"):
        ask_about_incident(
            incident,
            actor=make_user(level=Level.CAN_READ),
            comment="!",
            seen=incident.digest,
        )
    assert make_version().number == 1
