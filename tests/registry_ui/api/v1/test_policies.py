"""Policies over REST."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.actions.policies import apply_policies
from registry_ui.models import Level, ModelVersion, PolicyVersion
from registry_ui.policies import PolicyDefinition
from tests.factories import grant, make_user
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/policies"
JSON = "application/json"
STAGE = "stage:Production"
TWO_EYES = """
policies:
- name: production
  targets: ['stage:Production']
  approvals: [{count: 2}]
"""


@pytest.fixture
def admin(db: None) -> Client:
    return caller(make_user(username="ada", is_superuser=True))


@pytest.fixture
def held(candidate: ModelVersion) -> None:
    """Two policies: one governs churn, one governs fraud alone."""
    apply_policies(
        [
            PolicyDefinition(
                name="production", models=("churn", "fraud"), targets=(STAGE,)
            ),
            PolicyDefinition(name="fraud", models=("fraud",), targets=(STAGE,)),
        ],
        actor=None,
    )


def _put(client: Client, document: str, **headers: str) -> Any:
    return client.put(URL, {"document": document}, content_type=JSON, headers=headers)


def test_one_sees_what_governs_ones_models_and_no_other(
    held: None, candidate: ModelVersion
) -> None:
    user = make_user()
    grant(user, Level.CAN_READ, candidate.model)
    client = caller(user)

    (policy,) = client.get(URL).json()["policies"]

    assert policy["definition"]["models"] == ["churn"]
    assert client.get(f"{URL}/production").json().items() >= policy.items()
    assert client.get(f"{URL}/fraud").status_code == 404
    assert client.get(f"{URL}/fraud/versions").status_code == 404


def test_a_draft_is_checked_and_changes_nothing(admin: Client, held: None) -> None:
    before = PolicyVersion.objects.count()

    answer = admin.post(f"{URL}/check", {"document": TWO_EYES}, content_type=JSON)

    assert answer.status_code == 200, answer.json()
    changes = {one["policy"]: one["change"] for one in answer.json()["changes"]}
    assert changes == {"production": "changed", "fraud": "retired"}
    assert PolicyVersion.objects.count() == before


def test_policies_are_applied_by_who_has_read_what_holds(
    admin: Client, held: None
) -> None:
    etag = admin.get(URL)["ETag"]

    answer = _put(admin, TWO_EYES, **{"If-Match": etag})

    assert answer.status_code == 200, answer.json()
    assert answer["ETag"] == admin.get(URL)["ETag"] != etag
    (first, second) = admin.get(f"{URL}/production/versions").json()["versions"]
    assert (first["version"], second["version"]) == (2, 1)
    assert (first["created_by"], second["created_by"]) == ("ada", None)
    assert (first["is_in_force"], second["is_in_force"]) == (True, False)
    assert admin.get(f"{URL}/production/versions/1").json() == second
    assert admin.get(f"{URL}/production/versions/9").status_code == 404


def test_a_second_editor_overwrites_nothing(admin: Client, held: None) -> None:
    etag = admin.get(URL)["ETag"]
    _put(admin, TWO_EYES, **{"If-Match": etag})

    answer = _put(admin, "policies: []", **{"If-Match": etag})

    assert answer.status_code == 412
    assert answer.json()["error_code"] == "RESOURCE_CONFLICT"
    assert admin.get(URL).json()["policies"]


def test_an_etag_does_that_was_made_weak_on_its_way(admin: Client, held: None) -> None:
    answer = admin.get(URL, headers={"Accept-Encoding": "gzip"})
    etag = answer["ETag"]

    assert (answer["Content-Encoding"], etag[:2]) == ("gzip", "W/")
    assert _put(admin, TWO_EYES, **{"If-Match": '"old", W/"older"'}).status_code == 412
    assert _put(admin, TWO_EYES, **{"If-Match": f'"old", {etag}'}).status_code == 200


def test_what_was_read_must_be_said_or_waived(admin: Client, held: None) -> None:
    assert _put(admin, TWO_EYES).status_code == 428
    assert _put(admin, TWO_EYES, **{"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("policies: [{name: A}]", "line 1: policies[0].name"),
        ("{", "This is no YAML"),
        ("[" * 10_000, "This is no YAML"),
        ("policies: 7", "line 1: policies:"),
        ("", "'policies' is missing"),
    ],
)
def test_a_document_that_will_not_do_is_named_by_line(
    admin: Client, document: str, message: str
) -> None:
    for answer in (
        admin.post(f"{URL}/check", {"document": document}, content_type=JSON),
        _put(admin, document, **{"If-Match": "*"}),
    ):
        assert answer.status_code == 400
        assert message in answer.json()["message"]


def test_checking_and_applying_is_for_administrators(requester: User) -> None:
    client = caller(requester)

    check = client.post(f"{URL}/check", {"document": TWO_EYES}, content_type=JSON)

    assert check.status_code == 403
    assert _put(client, TWO_EYES, **{"If-Match": "*"}).status_code == 403
