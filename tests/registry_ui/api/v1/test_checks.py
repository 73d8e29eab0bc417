"""Checks over REST."""

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User

from registry_ui.models import AuditEvent, Check, Level, ModelVersion
from tests.factories import make_model, make_user, make_version
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/models/churn/versions/2/checks"
JSON = "application/json"


def test_a_check_is_reported_and_listed(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester)
    body = {
        "name": "fairness",
        "verdict": "failed",
        "link": "https://ci.example.com/builds/812",
        "text": "8 % between groups.",
    }

    answer = client.post(URL, body, content_type=JSON)

    assert answer.status_code == 201
    assert answer.json().items() >= body.items()
    assert answer.json()["reported_by"] == "rita"
    assert client.get(URL).json() == {"checks": [answer.json()]}


def test_a_later_report_replaces_the_verdict_and_both_stay_on_record(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester)
    for verdict in ("pending", "passed"):
        body = {"name": "fairness", "verdict": verdict}
        client.post(URL, body, content_type=JSON)

    assert [check["verdict"] for check in client.get(URL).json()["checks"]] == [
        "passed"
    ]
    assert AuditEvent.objects.filter(type="check.reported").count() == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "Give the check a name of 1 to 100 characters."),
        ({"name": "x" * 101}, "Give the check a name of 1 to 100 characters."),
        ({"verdict": "ok"}, "`verdict`: Input should be 'pending', 'passed' or"),
        ({"link": "javascript:alert(1)"}, "The link must be an http:// or https://"),
        ({"text": 7}, "`text`: Input should be a valid string."),
        ({"verdcit": "ok"}, "There is no field `verdcit`; known: name, verdict,"),
    ],
)
def test_a_bad_value_is_named(
    requester: User, candidate: ModelVersion, changes: dict[str, Any], message: str
) -> None:
    body = {"name": "fairness", "verdict": "passed"} | changes

    answer = caller(requester).post(URL, body, content_type=JSON)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(message)
    assert not Check.objects.exists()


def test_a_version_that_one_may_not_read_is_not_there(candidate: ModelVersion) -> None:
    client = caller(make_user())
    body = {"name": "fairness", "verdict": "passed"}

    for answer in (client.get(URL), client.post(URL, body, content_type=JSON)):
        assert answer.status_code == 404
        assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_reporting_needs_more_than_reading(candidate: ModelVersion) -> None:
    client = caller(make_user(level=Level.CAN_READ))
    body = {"name": "fairness", "verdict": "passed"}

    assert client.get(URL).status_code == 200
    assert client.post(URL, body, content_type=JSON).status_code == 403


@pytest.mark.parametrize("name", ["Größe & 模型", "100% <b>", "a b"])
def test_any_name_of_a_model_works_in_the_path(requester: User, name: str) -> None:
    make_version(model=make_model(name=name))

    answer = caller(requester).get(f"/api/v1/models/{quote(name)}/versions/1/checks")

    assert answer.status_code == 200


@pytest.mark.parametrize("version", ["x", "0", str(2**63)])
def test_a_version_that_is_no_number_is_named(requester: User, version: str) -> None:
    answer = caller(requester).get(f"/api/v1/models/churn/versions/{version}/checks")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("`version`: ")
