"""`registry-webhooks/list`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from registry_ui.models import Level, RegisteredModel
from tests.factories import grant, make_model, make_user
from tests.webhooks_ui.api.conftest import PREFIXES, Caller, caller
from tests.webhooks_ui.factories import make_webhook

By = Callable[[User], Caller]


def ids(answer: dict[str, Any]) -> list[str]:
    return [webhook["id"] for webhook in answer["webhooks"]]


def test_an_empty_list_is_a_list(by: By, admin: User) -> None:
    assert by(admin).call("list") == {"webhooks": []}


def test_callers_see_what_they_manage(by: By, admin: User, manager: User) -> None:
    churn, fraud = make_model(name="churn"), make_model(name="fraud")
    of_churn, of_fraud = make_webhook(model=churn), make_webhook(model=fraud)
    of_all = make_webhook()
    owner, reader = make_user(), make_user(level=Level.CAN_READ)
    grant(owner, Level.CAN_MANAGE, churn)

    assert ids(by(admin).call("list")) == [of_all.pk, of_fraud.pk, of_churn.pk]
    assert ids(by(manager).call("list")) == [of_fraud.pk, of_churn.pk]
    assert ids(by(owner).call("list")) == [of_churn.pk]
    assert ids(by(reader).call("list")) == []
    assert ids(by(reader).call("list", model_name="churn")) == []
    assert ids(by(owner).call("list", model_name="churn")) == [of_churn.pk]


@pytest.mark.parametrize("name", ["churn", "no-such-model"])
def test_a_model_that_one_may_not_read_is_not_there(
    by: By, churn: RegisteredModel, name: str
) -> None:
    answer: Any = by(make_user()).send("list", model_name=name)

    assert answer.status_code == 404
    assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert repr(name) in answer.json()["message"]


def test_any_of_the_events_will_do(by: By, admin: User) -> None:
    comment = make_webhook(events=["COMMENT_CREATED"])
    both = make_webhook(events=["MODEL_VERSION_CREATED", "COMMENT_CREATED"])
    make_webhook(events=["MODEL_VERSION_TAG_SET"])
    wanted = ["COMMENT_CREATED", "TRANSITION_REQUEST_CREATED"]
    query = "events=COMMENT_CREATED&events=TRANSITION_REQUEST_CREATED"

    in_body = by(admin).call("list", events=wanted)
    in_query: Any = by(admin).query("list", query)

    assert ids(in_body) == ids(in_query.json()) == [both.pk, comment.pk]


def test_pages_follow_each_other_whatever_comes_and_goes(by: By, admin: User) -> None:
    made = [make_webhook().pk for _ in range(5)]
    make_webhook(events=["COMMENT_CREATED"])
    given = {"max_results": 2, "events": ["MODEL_VERSION_CREATED"]}

    first = by(admin).call("list", **given)
    make_webhook()
    token = first["next_page_token"]
    second: Any = by(admin).query(
        "list", f"max_results=2&events=MODEL_VERSION_CREATED&page_token={token}"
    )
    last = by(admin).call("list", **given, page_token=second.json()["next_page_token"])

    assert ids(first) + ids(second.json()) + ids(last) == made[::-1]
    assert "next_page_token" not in last


def test_webhooks_of_one_instant_are_each_on_one_page(by: By, admin: User) -> None:
    made = [make_webhook() for _ in range(4)]
    for webhook in made:
        webhook.created_at = made[0].created_at
        webhook.save(update_fields=["created_at"])

    first = by(admin).call("list", max_results=2)
    last = by(admin).call("list", page_token=first["next_page_token"])

    assert ids(first) + ids(last) == sorted(webhook.pk for webhook in made)


@pytest.mark.parametrize(
    "given",
    [
        {"max_results": 0},
        {"max_results": 1001},
        {"max_results": "many"},
        {"page_token": "nonsense"},
        {"page_token": "99999999999999999999-abc"},
        {"page_token": "1-../x"},
        {"page_token": 7},
        {"events": ["NONSENSE"]},
        {"model_name": ""},
        {"model": "churn"},
    ],
)
def test_what_will_not_do_is_refused(
    by: By, admin: User, given: dict[str, Any]
) -> None:
    answer: Any = by(admin).send("list", **given)

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_the_preview_shows_only_what_its_client_knows(admin: User) -> None:
    make_webhook(events=["INCIDENT_OPENED"])
    both = make_webhook(events=["INCIDENT_OPENED", "COMMENT_CREATED"])
    plain, preview = (caller(admin, prefix) for prefix in PREFIXES.values())

    (shown,) = preview.call("list")["webhooks"]

    assert shown["id"] == both.pk
    assert shown["events"] == ["COMMENT_CREATED"]
    assert len(plain.call("list")["webhooks"]) == 2
    assert len(plain.call("list", events=["INCIDENT_OPENED"])["webhooks"]) == 2
    assert preview.send("list", events=["INCIDENT_OPENED"]).status_code == 400


def test_a_long_list_takes_no_more_queries(
    by: By, admin: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        make_webhook(model=make_model(), created_by=admin)
    calls = by(admin)

    with django_assert_max_num_queries(3):
        assert len(calls.call("list")["webhooks"]) == 20
