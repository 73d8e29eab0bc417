"""People who call the API, each with a token."""

from collections.abc import Collection

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import Level, ModelVersion, Scope
from tests.factories import make_model, make_token, make_user, make_version


def caller(user: User, scopes: Collection[str] = tuple(Scope)) -> Client:
    """Return a client that sends a token of the user with each call."""
    _, secret = make_token(user=user, scopes=scopes)
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def requester(db: None) -> User:
    return make_user(username="rita", full_name="Rita Req", level=Level.CAN_EDIT)


@pytest.fixture
def reviewer(db: None) -> User:
    level = Level.CAN_MANAGE_PRODUCTION_VERSIONS
    return make_user(username="ravi", full_name="Ravi Rev", level=level)


@pytest.fixture
def candidate(db: None) -> ModelVersion:
    """Version 2 of churn; version 1 is in Production."""
    model = make_model(name="churn")
    make_version(model=model, stage="Production", metrics={"auc": 0.88})
    return make_version(model=model, stage="Staging", metrics={"auc": 0.91})
