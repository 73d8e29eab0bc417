"""Transition requests over REST."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry_ui.models import (
    Level,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)
from tests.factories import (
    grant,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/requests"
JSON = "application/json"


def _ask(candidate: ModelVersion, /, **changes: Any) -> dict[str, Any]:
    body = {
        "model": candidate.model.name,
        "version": candidate.number,
        "stage": "Production",
        "comment": "Better.",
    }
    return {k: v for k, v in (body | changes).items() if v is not None}


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, content_type=JSON)


def test_a_request_is_created_with_all_that_a_decision_rests_on(
    requester: User, candidate: ModelVersion
) -> None:
    body = _ask(candidate, archive_existing_versions=True)

    answer = _post(caller(requester), URL, body)

    number = TransitionRequest.objects.get().number
    created = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == f"{settings.BASE_URL}{URL}/{number}"
    assert created["links"] == {
        "self": f"{settings.BASE_URL}{URL}/{number}",
        "page": f"{settings.BASE_URL}/requests/{number}/",
        "version": f"{settings.BASE_URL}/models/churn/versions/2/",
    }
    assert created["status"] == "open"
    assert created["target"] == "stage:Production"
    assert created["from_stage"] == "Staging"
    assert created["created_at"].endswith("Z")
    assert [gate["verdict"] for gate in created["gates"]] == ["passed", "waiting"]
    assert created["gates"][0]["needs"] is None
    assert created["gates"][1]["needs"] == {
        "act": "approve",
        "names": [],
        "version": None,
        "at_least": None,
        "at_most": None,
        "until": None,
        "approvals": [{"groups": [], "level": "CAN_MANAGE_PRODUCTION_VERSIONS"}],
    }
    assert [effect["effect"] for effect in created["plan"]] == [
        "v2 goes from Staging to Production",
        "v1 goes from Production to Archived",
    ]
    assert caller(requester).get(f"{URL}/{number}").json() == created


def test_a_target_may_be_written_out(requester: User, candidate: ModelVersion) -> None:
    body = _ask(candidate, stage=None, target="stage:Archived")

    answer = _post(caller(requester), URL, body)

    assert answer.json()["target"] == "stage:Archived"


def test_asking_twice_is_refused_as_existing(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester)
    _post(client, URL, _ask(candidate))

    answer = _post(client, URL, _ask(candidate))

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "RESOURCE_ALREADY_EXISTS"
    assert TransitionRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": None}, "`version` is missing."),
        ({"comment": None}, "`comment` is missing."),
        ({"comment": " "}, "Say why in a sentence: reviewers read it first."),
        ({"version": "seven"}, "`version`: Input should be a valid integer"),
        ({"version": 0}, "`version`: Input should be greater than or equal to 1."),
        ({"version": 2**63}, "`version`: Input should be less than or equal to"),
        ({"model": 7}, "`model`: Input should be a valid string."),
        ({"model": "a\0b"}, "`model`: This holds a NUL character"),
        ({"comment": "\ud800"}, "`comment`: This holds half of a surrogate"),
        ({"stage": None}, "Give either `target` or `stage`."),
        ({"target": "stage:Staging"}, "Give either `target` or `stage`."),
        ({"stage": "production"}, "There is no stage 'production'. Choose one of"),
        ({"stage": "Staging"}, "churn v2 is in Staging already."),
        ({"coment": "x"}, "There is no field `coment`; known: model, version,"),
        ({"archive_existing_versions": "perhaps"}, "`archive_existing_versions`:"),
        ({"archive_existing_versions": "on"}, "`archive_existing_versions`:"),
        ({"break_glass": "t"}, "`break_glass`: Input should be a valid boolean."),
        ({"break_glass": 1}, "`break_glass`: Input should be a valid boolean."),
        ({"version": True}, "`version`: It must be a number."),
    ],
)
def test_a_bad_value_is_named_and_nothing_stored(
    requester: User, candidate: ModelVersion, changes: dict[str, Any], message: str
) -> None:
    answer = _post(caller(requester), URL, _ask(candidate, **changes))

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert answer.json()["message"].startswith(message)
    assert not TransitionRequest.objects.exists()


def test_all_bad_values_are_named_at_once(
    requester: User, candidate: ModelVersion
) -> None:
    answer = _post(caller(requester), URL, _ask(candidate, model=None, version="x"))

    message = answer.json()["message"]
    assert "`model` is missing." in message
    assert "`version`: " in message


def test_what_one_may_not_read_answers_like_what_is_not_there(
    candidate: ModelVersion,
) -> None:
    ask = make_transition_request(version=candidate)
    client = caller(make_user())

    hidden = [
        client.get(f"{URL}/{ask.number}"),
        _post(client, f"{URL}/{ask.number}/reviews", {"decision": "approve"}),
        _post(client, f"{URL}/{ask.number}/cancel", {}),
        _post(client, f"{URL}/{ask.number}/comments", {"text": "Hm"}),
        _post(client, URL, _ask(candidate)),
        client.get(URL, {"model": "churn"}),
    ]
    missing = [
        client.get(f"{URL}/{ask.number + 1}"),
        _post(client, URL, _ask(candidate, model="nothing")),
        _post(client, URL, _ask(candidate, version=99)),
        client.get(URL, {"model": "nothing"}),
    ]

    for answer in hidden + missing:
        assert answer.status_code == 404
        assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert client.get(URL).json() == {"requests": [], "next_cursor": None}


def test_a_list_holds_only_what_one_may_read(candidate: ModelVersion) -> None:
    mine = make_transition_request(version=candidate)
    make_transition_request()
    reader = make_user()
    grant(reader, Level.CAN_READ, candidate.model)

    answer = caller(reader).get(URL)

    assert [item["number"] for item in answer.json()["requests"]] == [mine.number]


def test_lists_are_paged_by_number_newest_first(
    requester: User, candidate: ModelVersion
) -> None:
    numbers = [make_transition_request(version=candidate).number for _ in range(5)]
    client = caller(requester)

    pages: list[list[int]] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(URL, query).json()
        pages.append([item["number"] for item in page["requests"]])
        if (cursor := page["next_cursor"]) is None:
            break

    newest = sorted(numbers, reverse=True)
    assert pages == [newest[:2], newest[2:4], newest[4:]]


def test_lists_are_filtered_by_status_and_model(
    requester: User, candidate: ModelVersion
) -> None:
    rejected = make_transition_request(version=candidate, status="rejected")
    opened = make_transition_request(version=candidate)
    make_transition_request(status="rejected")
    client = caller(requester)

    def numbers(**query: str) -> list[int]:
        items = client.get(URL, query).json()["requests"]
        return [item["number"] for item in items]

    assert numbers(model="churn") == [opened.number, rejected.number]
    assert numbers(model="churn", status="rejected") == [rejected.number]
    assert opened.number in numbers(status="open")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "closed"}, "`status`"),
        ({"limit": "0"}, "`limit`"),
        ({"limit": "1000"}, "`limit`"),
        ({"cursor": "x"}, "`cursor`"),
        ({"stauts": "open"}, "`stauts`"),
    ],
)
def test_a_bad_filter_is_named(
    requester: User, query: dict[str, str], field: str
) -> None:
    answer = caller(requester).get(URL, query)

    assert answer.status_code == 400
    assert field in answer.json()["message"]


@pytest.mark.parametrize("number", ["x", "0", "-1", "1.5", str(2**70)])
def test_a_number_that_is_none_is_named(requester: User, number: str) -> None:
    answer = caller(requester).get(f"{URL}/{number}")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("`number`: ")


def test_a_list_costs_the_same_queries_for_many_requests(
    requester: User,
    candidate: ModelVersion,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(8):
        make_transition_request(version=candidate)
    client = caller(requester)
    client.get(URL)  # its calls are counted from now on

    with django_assert_max_num_queries(8):
        answer = client.get(URL)

    assert len(answer.json()["requests"]) == 8


def test_names_with_spaces_quotes_and_other_scripts_work(requester: User) -> None:
    version = make_version(model=make_model(name="Größe & 'Ähnlichkeit' 模型 100%"))
    client = caller(requester)

    created = _post(client, URL, _ask(version)).json()
    listed = client.get(URL, {"model": version.model.name}).json()

    assert created["model"] == version.model.name
    assert listed["requests"][0]["number"] == created["number"]
    assert client.get(created["links"]["version"]).status_code != 404


def test_a_version_that_mlflow_lost_is_refused_with_the_reason(
    requester: User, candidate: ModelVersion
) -> None:
    candidate.deleted_at = candidate.created_at
    candidate.save(update_fields=["deleted_at"])

    answer = _post(caller(requester), URL, _ask(candidate))

    assert answer.status_code == 400
    assert "was deleted in MLflow" in answer.json()["message"]


def test_a_model_that_was_made_again_is_meant_and_not_its_former_life(
    requester: User, candidate: ModelVersion
) -> None:
    RegisteredModel.objects.update(deleted_at=candidate.created_at)
    reborn = make_version(model=make_model(name="churn"))

    answer = _post(caller(requester), URL, _ask(reborn))

    assert answer.status_code == 201
    assert TransitionRequest.objects.get().version == reborn


def test_gates_tell_why_a_request_is_blocked(
    requester: User, candidate: ModelVersion
) -> None:
    number = _post(caller(requester), URL, _ask(candidate)).json()["number"]

    found = caller(requester).get(f"{URL}/{number}/gates").json()

    whole = caller(requester).get(f"{URL}/{number}").json()
    assert found["is_blocked"] is True
    assert found["blocked_by"]
    assert found["remedies"]
    assert found["gates"] == whole["gates"]
    assert found["fingerprint"] == whole["fingerprint"]


def test_nothing_blocks_a_request_that_was_decided(
    requester: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate, status="cancelled")

    found = caller(requester).get(f"{URL}/{ask.number}/gates").json()

    assert found["is_blocked"] is False
    assert found["blocked_by"] == []


def _numbers(client: Client, **query: Any) -> list[int]:
    return [one["number"] for one in client.get(URL, query).json()["requests"]]


def test_mine_and_those_that_wait_for_me_are_found(
    requester: User, reviewer: User, candidate: ModelVersion
) -> None:
    asked = make_transition_request(version=candidate, requested_by=requester)
    own = make_transition_request(version=candidate, requested_by=reviewer)
    make_transition_request(
        version=candidate, requested_by=requester, status="rejected"
    )
    reader, decider = caller(requester), caller(reviewer)

    assert _numbers(decider, waiting_for_me="true") == [asked.number]
    assert _numbers(decider, mine="true") == [own.number]
    assert _numbers(decider, mine="true", waiting_for_me="true") == []
    assert _numbers(reader, waiting_for_me="true") == []
    assert len(_numbers(reader, mine="true")) == 2
    assert reader.get(URL, {"mine": "perhaps"}).status_code == 400
