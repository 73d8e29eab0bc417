"""People, and a request that one of them made."""

import pytest
from django.contrib.auth.models import User

from registry_ui.actions.requests import create_request
from registry_ui.models import Level, ModelVersion, Stage, TransitionRequest
from tests.factories import make_model, make_user, make_version


@pytest.fixture
def requester() -> User:
    level = Level.CAN_MANAGE_STAGING_VERSIONS
    return make_user(username="dana", full_name="Dana Okafor", level=level)


@pytest.fixture
def reviewer() -> User:
    level = Level.CAN_MANAGE_PRODUCTION_VERSIONS
    return make_user(username="rui", full_name="Rui Tanaka", level=level)


@pytest.fixture
def candidate() -> ModelVersion:
    """Version 2 of churn in Staging; version 1 is in Production."""
    model = make_model(name="churn")
    make_version(model=model, stage=Stage.PRODUCTION, metrics={"val_auc": 0.88})
    return make_version(model=model, stage=Stage.STAGING, metrics={"val_auc": 0.91})


@pytest.fixture
def ask(candidate: ModelVersion, requester: User) -> TransitionRequest:
    """Dana asked for Production, and to archive who is there."""
    return create_request(
        candidate,
        "stage:Production",
        actor=requester,
        comment="Better on every metric.",
        archive_existing_versions=True,
    )
