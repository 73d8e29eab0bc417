"""Which names real actions and syncs fire, and which webhooks hear of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings

from registry_ui.actions.comments import create_comment, edit_comment
from registry_ui.actions.registration import rename_model
from registry_ui.actions.requests import cancel_request, create_request
from registry_ui.models import RegisteredModel, Review
from tests.factories import make_model, make_version
from tests.mlflow_server import MLflowServer
from tests.webhooks_ui.factories import make_webhook
from tests.webhooks_ui.happenings import Registry, govern, make_registry
from webhooks_ui.models import EventName, Webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_mlflow(mlflow_server: MLflowServer, settings: Settings) -> Registry:
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri
    return make_registry(mlflow_server.uri)


def make_ear(model: RegisteredModel | None = None) -> Webhook:
    """Make a webhook that is subscribed to all there is."""
    return make_webhook(events=[*EventName.values], model=model)


def heard(webhook: Webhook) -> list[dict[str, Any]]:
    """Return what it is told, event by event; of one event in any order."""
    return [
        json.loads(one.body)
        for one in webhook.deliveries.order_by("event__position", "id")
    ]


def names(webhook: Webhook) -> list[str]:
    return [told["event"] for told in heard(webhook)]


# --- As Databricks' fire ------------------------------------------------------------


def test_only_a_comment_of_its_own_fires_as_one() -> None:
    registry = make_registry()
    ear = make_ear()

    registry.review(registry.ask(), Review.Decision.REJECT)
    cancel_request(registry.ask(), actor=registry.dana, comment="v3 is better.")
    registry.approve("stage:Staging")
    assert "COMMENT_CREATED" not in names(ear)
    comment = create_comment(registry.version(2), "Which data?", actor=registry.rui)
    edit_comment(comment, "Which data, please?", actor=registry.rui)

    assert names(ear).count("COMMENT_CREATED") == 1


def test_what_is_archived_along_fires_both_names_once(in_mlflow: Registry) -> None:
    ear = make_ear()

    in_mlflow.approve()
    in_mlflow.work()

    moves = [
        (told["version"], told["event"].removeprefix("MODEL_VERSION_TRANSITIONED_"))
        for told in heard(ear)
        if "TRANSITIONED" in told["event"]
    ]
    assert sorted(moves) == [
        ("1", "STAGE"),
        ("1", "TO_ARCHIVED"),
        ("2", "STAGE"),
        ("2", "TO_PRODUCTION"),
    ]
    along = next(one for one in heard(ear) if one.get("is_side_effect"))
    assert (along["version"], along["through"]) == ("1", "request")
    assert along["user_id"] == in_mlflow.rui.username
    assert along["request_number"] > 0


def test_a_request_for_none_fires_the_generic_name_alone() -> None:
    registry = make_registry()
    ear = make_ear()

    registry.ask("stage:None", number=1)

    assert names(ear) == ["TRANSITION_REQUEST_CREATED"]


def test_a_move_to_none_fires_the_generic_name_alone(in_mlflow: Registry) -> None:
    ear = make_ear()

    in_mlflow.plain.transition_model_version_stage(in_mlflow.name, "1", "None")
    in_mlflow.sync()

    assert [one for one in names(ear) if "TRANSITION" in one] == [
        "MODEL_VERSION_TRANSITIONED_STAGE"
    ]


def test_each_request_for_an_alias_fires_the_generic_name_alone() -> None:
    registry = make_registry()
    ear = make_ear()

    registry.ask("alias:champion")

    (told,) = heard(ear)
    assert told["event"] == "TRANSITION_REQUEST_CREATED"
    assert told["target"] == "alias:champion"
    assert "to_stage" not in told


# --- Seen in MLflow -----------------------------------------------------------------


def _everything(plain: PlainClient, name: str) -> None:
    plain.set_model_version_tag(name, "2", "k", "v")
    plain.create_model_version(name, "s3://bucket/secret/model", tags={"first": "1"})
    plain.transition_model_version_stage(name, "2", "Staging")
    plain.set_registered_model_alias(name, "champion", "2")
    plain.set_registered_model_alias(name, "challenger", "1")
    plain.create_registered_model(f"{name}-other")


def test_what_is_done_in_mlflow_is_told_and_names_nobody(in_mlflow: Registry) -> None:
    ear = make_ear()

    _everything(in_mlflow.plain, in_mlflow.name)
    in_mlflow.sync()

    assert sorted(names(ear)) == [
        "INCIDENT_OPENED",
        "MODEL_VERSION_ALIAS_MOVED",
        "MODEL_VERSION_ALIAS_SET",
        "MODEL_VERSION_CREATED",
        "MODEL_VERSION_TAG_SET",
        "MODEL_VERSION_TRANSITIONED_STAGE",
        "MODEL_VERSION_TRANSITIONED_TO_STAGING",
        "REGISTERED_MODEL_CREATED",
    ]
    for told in heard(ear):
        assert "user_id" not in told
        assert "request_number" not in told
        assert told.get("through", "mlflow") == "mlflow"


def test_the_first_sync_fires_nothing(
    mlflow_server: MLflowServer, settings: Settings
) -> None:
    ear = make_ear()
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri

    make_registry(mlflow_server.uri)

    assert heard(ear) == []


# --- Who hears ----------------------------------------------------------------------


def test_a_webhook_of_one_model_hears_nothing_of_others() -> None:
    registry = make_registry()
    other = make_version(model=make_model(name="other"))
    bound, wide = make_ear(registry.model), make_ear()

    create_request(other, "stage:Staging", actor=registry.dana, comment="Mine.")
    govern()

    assert heard(bound) == []
    assert sorted(names(wide)) == [
        "POLICY_CHANGED",
        "TRANSITION_REQUEST_CREATED",
        "TRANSITION_REQUEST_TO_STAGING_CREATED",
    ]


def _rename_here(registry: Registry, name: str) -> None:
    rename_model(registry.model, name, actor=registry.dana)


def _rename_in_mlflow(registry: Registry, name: str) -> None:
    registry.plain.rename_registered_model(registry.name, name)
    registry.sync()


@pytest.mark.parametrize("rename", [_rename_here, _rename_in_mlflow])
def test_a_webhook_stays_with_a_model_that_is_renamed(
    rename: Callable[[Registry, str], None], in_mlflow: Registry
) -> None:
    bound = make_ear(in_mlflow.model)
    old, new = in_mlflow.name, f"{in_mlflow.name}-renamed"

    rename(in_mlflow, new)
    in_mlflow.name = new
    create_comment(in_mlflow.version(2), "Nice name.", actor=in_mlflow.rui)

    told = heard(bound)
    renamed = next(one for one in told if one["event"] == "REGISTERED_MODEL_RENAMED")
    assert (renamed["model_name"], renamed["name_before"]) == (new, old)
    assert (told[-1]["event"], told[-1]["model_name"]) == ("COMMENT_CREATED", new)
    bound.refresh_from_db()
    assert bound.scope_label == new


def test_the_deletion_of_its_model_is_the_last_that_a_webhook_hears(
    in_mlflow: Registry,
) -> None:
    model = in_mlflow.model
    bound = make_ear(model)

    in_mlflow.plain.delete_registered_model(model.name)
    in_mlflow.sync()
    in_mlflow.plain.create_registered_model(model.name)
    in_mlflow.plain.create_model_version(model.name, "s3://bucket/secret/model")
    in_mlflow.sync()

    assert set(names(bound)) == {"REGISTERED_MODEL_DELETED", "INCIDENT_OPENED"}
    bound.refresh_from_db()
    assert bound.scope_label == f"{model.name} (deleted)"
