"""Policies that nobody can satisfy are warned of."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.policy_warnings import warnings_of
from registry_ui.models import Level
from registry_ui.policies import PolicyDefinition
from tests.factories import grant, make_model, make_transition_request, make_user

pytestmark = pytest.mark.django_db

PRODUCTION = Level.CAN_MANAGE_PRODUCTION_VERSIONS


def policy(rule: Mapping[str, Any], **rules: Any) -> PolicyDefinition:
    return PolicyDefinition.model_validate(
        {"name": "p", "targets": ["stage:Production"], "approvals": [rule], **rules}
    )


def warned(rule: Mapping[str, Any], **rules: Any) -> list[str]:
    return [one.text for one in warnings_of([policy(rule, **rules)])]


def member(group: str, level: Level | None = None, **columns: Any) -> User:
    user = make_user(level=level, **columns)
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


def test_a_group_that_does_not_exist_is_named() -> None:
    member("legal", PRODUCTION)

    assert warned({"groups": ["risk", "legal"]}) == ["There is no group risk."]
    assert warned({"groups": ["risk"]}) == ["There is no group risk."]


def test_a_group_of_people_who_left_is_as_empty_as_one_without_people() -> None:
    member("risk", PRODUCTION, is_active=False)

    assert warned({"groups": ["risk"]}) == ["Nobody is in risk."]


def test_a_group_in_which_nobody_may_decide_is_named_with_the_level() -> None:
    member("risk", Level.CAN_MANAGE_STAGING_VERSIONS)

    assert warned({"groups": ["risk"]}) == [
        "Nobody in risk holds Can Manage Production Versions."
    ]
    assert warned({"groups": ["risk"]}, targets=["stage:*"]) == []


def test_fewer_people_than_must_approve_are_counted() -> None:
    member("risk", PRODUCTION)
    member("risk", Level.CAN_READ)

    assert warned({"groups": ["risk"], "count": 2}) == [
        "Only 1 of 2 people needed in risk holds Can Manage Production Versions."
    ]


def test_the_level_that_a_rule_asks_for_is_what_counts() -> None:
    member("risk", PRODUCTION)

    assert warned({"groups": ["risk"], "level": "CAN_MANAGE"}) == [
        "Nobody in risk holds Can Manage."
    ]


def test_a_level_on_a_model_that_the_policy_governs_will_do() -> None:
    group = member("risk").groups.get()
    grant(group, PRODUCTION, make_model(name="churn"))

    assert warned({"groups": ["risk"]}, models=["churn"]) == []
    assert len(warned({"groups": ["risk"]}, models=["fraud"])) == 1


def test_an_administrator_may_decide_everything() -> None:
    member("risk", is_superuser=True)

    assert warned({"groups": ["risk"]}) == []


def test_a_policy_without_groups_warns_of_nothing() -> None:
    assert warned({"count": 20}) == []


def test_a_requests_gate_says_that_nobody_is_in_the_group() -> None:
    apply_policies([policy({"groups": ["risk"]})], actor=None)
    request = make_transition_request()

    gate = gather_decision(request).gates[1]
    assert gate.explanation == "0 of 1 approvals so far. Nobody is in risk."
    member("risk")
    gate = gather_decision(request).gates[1]
    assert gate.explanation == "0 of 1 approvals so far."
