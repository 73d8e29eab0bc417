"""Models and versions over REST."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from registry_ui.models import Level, ModelVersion
from tests.factories import grant, make_alias, make_model, make_user, make_version
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/models"


def test_models_are_listed_by_name_a_page_at_a_time(
    requester: User, candidate: ModelVersion
) -> None:
    for name in ("fraud", "anomaly", "Zeta"):
        make_model(name=name)
    make_model(name="gone", deleted_at=timezone.now())
    client = caller(requester)

    first = client.get(URL, {"limit": 3}).json()
    rest = client.get(URL, {"limit": 3, "cursor": first["next_cursor"]}).json()

    names = [one["name"] for one in first["models"] + rest["models"]]
    assert sorted(names) == ["Zeta", "anomaly", "churn", "fraud"]
    assert rest["next_cursor"] is None


def test_a_model_names_its_aliases_and_tags(
    requester: User, candidate: ModelVersion
) -> None:
    make_alias(version=candidate, name="champion")
    candidate.model.tags.create(key="owner", value="growth")

    model = caller(requester).get(f"{URL}/churn").json()

    assert model["aliases"] == {"champion": 2}
    assert model["tags"] == {"owner": "growth"}


def test_only_what_one_may_read_is_there(candidate: ModelVersion) -> None:
    make_model(name="fraud")
    user = make_user()
    grant(user, Level.CAN_READ, candidate.model)
    client = caller(user)

    listed = client.get(URL).json()["models"]

    assert [one["name"] for one in listed] == ["churn"]
    for path in ("fraud", "fraud/versions", "fraud/versions/1"):
        assert client.get(f"{URL}/{path}").status_code == 404


def test_a_model_that_is_gone_keeps_its_record(requester: User) -> None:
    make_model(name="gone", deleted_at=timezone.now())

    assert caller(requester).get(f"{URL}/gone").json()["deleted_at"]


def test_versions_are_listed_by_stage_newest_first(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester)

    everything = client.get(f"{URL}/churn/versions").json()["versions"]
    staged = client.get(f"{URL}/churn/versions", {"stage": "Staging"}).json()

    assert [one["version"] for one in everything] == [2, 1]
    assert [one["version"] for one in staged["versions"]] == [2]


def test_a_version_has_its_evidence(requester: User, candidate: ModelVersion) -> None:
    version = caller(requester).get(f"{URL}/churn/versions/2").json()

    assert version["metrics"] == {"auc": 0.91}
    assert version["stage"] == "Staging"


def test_a_version_without_evidence_is_read_too(requester: User) -> None:
    make_version(model=make_model(name="bare"))

    assert caller(requester).get(f"{URL}/bare/versions/1").status_code == 200


@pytest.mark.parametrize("path", ["?stage=Live", "?limit=0", "?nonsense=1"])
def test_a_bad_filter_is_refused(
    requester: User, candidate: ModelVersion, path: str
) -> None:
    answer = caller(requester).get(f"{URL}/churn/versions{path}")

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
