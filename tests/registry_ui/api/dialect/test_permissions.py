"""`permissions/registered-models/*`: what is granted, on a model and registry-wide."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from registry_ui.models import AuditEvent, Level, ModelPermission, ModelVersion
from tests.factories import grant, make_user
from tests.registry_ui.api.dialect.conftest import By, caller, message, refusal

AT = "permissions/registered-models"
ROOT = f"{AT}/root"
INHERITED = {"inherited": True, "inherited_from_object": ["/registered-models/root"]}


@pytest.fixture
def churn(candidate: ModelVersion) -> str:
    return f"{AT}/{candidate.model.pk}"


@pytest.fixture
def owner(candidate: ModelVersion) -> User:
    """Manages the model, and nothing else."""
    user = make_user(username="olga")
    grant(user, Level.CAN_MANAGE, candidate.model)
    return user


@pytest.fixture
def admin(db: None) -> User:
    return make_user(username="ada", full_name="Ada Admin", is_superuser=True)


def direct(answer: dict[str, Any]) -> dict[str, str]:
    """Return who was granted what on the object itself."""
    return {
        entry.get("user_name") or entry["group_name"]: one["permission_level"]
        for entry in answer["access_control_list"]
        for one in entry["all_permissions"]
        if not one["inherited"]
    }


def test_whoever_reads_the_model_reads_who_holds_what(
    by: By, churn: str, owner: User, reader: User, admin: User, candidate: ModelVersion
) -> None:
    group = Group.objects.create(name="ml")
    grant(group, Level.CAN_EDIT, candidate.model)
    grant(reader, Level.CAN_EDIT, candidate.model)

    answer = by(reader).query("GET", churn)

    entries = answer.pop("access_control_list")
    assert answer == {
        "object_id": f"/registered-models/{candidate.model.pk}",
        "object_type": "registered-model",
    }
    assert entries == [
        {
            "user_name": "olga",
            "display_name": "olga",
            "all_permissions": [{"permission_level": "CAN_MANAGE", "inherited": False}],
        },
        {
            "group_name": "ml",
            "all_permissions": [{"permission_level": "CAN_EDIT", "inherited": False}],
        },
        {
            "user_name": "rosa",
            "display_name": "Rosa Reads",
            "all_permissions": [
                {"permission_level": "CAN_EDIT", "inherited": False},
                {"permission_level": "CAN_READ", **INHERITED},
            ],
        },
        {
            "user_name": "ada",
            "display_name": "Ada Admin",
            "all_permissions": [{"permission_level": "CAN_MANAGE", **INHERITED}],
        },
    ]


def test_levels_are_told_with_what_they_allow(by: By, churn: str, reader: User) -> None:
    of_model = by(reader).query("GET", f"{churn}/permissionLevels")
    of_root = by(reader).query("GET", f"{ROOT}/permissionLevels")

    assert of_model == of_root
    found = {
        one["permission_level"]: one["description"] for one in of_model.popitem()[1]
    }
    assert list(found) == [level.name for level in Level]
    assert "ask for a transition" in found["CAN_READ"]
    assert "permissions of the model" in found["CAN_MANAGE"]


def test_an_update_grants_and_leaves_the_rest(
    by: By, churn: str, owner: User, candidate: ModelVersion
) -> None:
    Group.objects.create(name="ml")
    user = make_user(username="uma")
    grant(user, Level.CAN_READ, candidate.model)
    wanted = [
        {"user_name": "uma", "permission_level": "CAN_EDIT"},
        {"group_name": "ml", "permission_level": "CAN_MANAGE_STAGING_VERSIONS"},
    ]

    answer = by(owner).call("PATCH", churn, access_control_list=wanted)

    assert direct(answer) == {
        "olga": "CAN_MANAGE",
        "uma": "CAN_EDIT",
        "ml": "CAN_MANAGE_STAGING_VERSIONS",
    }
    told = AuditEvent.objects.filter(type="permission.granted", actor_name="olga")
    assert told.count() == 2


def test_setting_takes_back_what_is_not_in_it(
    by: By, churn: str, owner: User, reader: User, candidate: ModelVersion
) -> None:
    grant(reader, Level.CAN_EDIT, candidate.model)
    wanted = [{"user_name": "rosa", "permission_level": "CAN_MANAGE"}]

    answer = by(owner).call("PUT", churn, access_control_list=wanted)

    assert direct(answer) == {"rosa": "CAN_MANAGE"}
    # What is inherited stays.
    assert ModelPermission.objects.filter(user=reader, model=None).exists()


def test_setting_nothing_takes_back_all_that_is_direct(
    churn: str, owner: User, admin: User
) -> None:
    answer = caller(owner).call("PUT", churn)

    assert direct(answer) == {}
    again = caller(owner).send("GET", churn)
    assert refusal(again) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_what_was_read_can_be_set(
    churn: str, owner: User, candidate: ModelVersion
) -> None:
    gone = make_user(username="gus", is_active=False)
    grant(gone, Level.CAN_READ, candidate.model)
    calls = caller(owner)
    before = direct(calls.query("GET", churn))
    same = [
        {"user_name": name, "permission_level": level} for name, level in before.items()
    ]
    count = AuditEvent.objects.count()

    after = direct(calls.call("PUT", churn, access_control_list=same))

    assert after == before == {"olga": "CAN_MANAGE", "gus": "CAN_READ"}
    assert AuditEvent.objects.count() == count


def test_registry_wide_levels_are_granted_by_who_manages_the_registry(
    by: By, manager: User, admin: User
) -> None:
    make_user(username="uma")
    wanted = [{"user_name": "uma", "permission_level": "CAN_READ"}]

    answer = by(manager).call("PATCH", ROOT, access_control_list=wanted)
    left = by(admin).call("PUT", ROOT, access_control_list=wanted)

    assert answer["object_id"] == "/registered-models/root"
    assert direct(answer) == {"mia": "CAN_MANAGE", "uma": "CAN_READ"}
    assert direct(left) == {"uma": "CAN_READ"}
    # Administrators hold theirs by office: nobody takes it from them here.
    assert left["access_control_list"][-1]["user_name"] == "ada"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_who_does_not_manage_it_changes_nothing(
    method: str, churn: str, owner: User, reviewer: User, reader: User
) -> None:
    before = ModelPermission.objects.count()
    # Whether the account exists is not told.
    wanted = [{"user_name": "nobody", "permission_level": "CAN_READ"}]

    answers = [
        caller(user).send(method, path, access_control_list=wanted)
        for user, path in [(reviewer, churn), (reader, churn), (owner, ROOT)]
    ]

    assert {refusal(one) for one in answers} == {(403, "PERMISSION_DENIED")}
    assert ModelPermission.objects.count() == before


def test_of_the_registry_only_who_manages_it_reads_who_holds_what(
    reviewer: User, owner: User
) -> None:
    for user in (reviewer, owner):
        answer = caller(user).send("GET", ROOT)
        assert refusal(answer) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_a_model_that_one_may_not_read_is_not_there(
    method: str, churn: str, stranger: User, manager: User
) -> None:
    nonsense = f"{AT}/999999"

    hidden = caller(stranger).send(method, churn)
    answers = [
        hidden,
        caller(stranger).send(method, nonsense),
        caller(manager).send(method, nonsense),
        caller(manager).send(method, f"{AT}/churn"),
        caller(manager).send(method, f"{AT}/{'9' * 40}"),
    ]

    assert {refusal(one) for one in answers} == {(404, "RESOURCE_DOES_NOT_EXIST")}
    known = churn.rpartition("/")[2]
    assert message(answers[1]) == message(hidden).replace(known, "999999")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"user_name": "nobody"}, "no active account 'nobody'"),
        ({"user_name": "gus"}, "no active account 'gus'"),
        ({"group_name": "nobody"}, "no group 'nobody'"),
        ({"user_name": "olga", "group_name": "ml"}, "one of `user_name` and"),
        ({}, "one of `user_name` and"),
        ({"service_principal_name": "3c4f"}, "no service principals"),
        ({"user_name": ""}, "This is empty"),
        ({"user_name": "olga", "permission_level": "CAN_FLY"}, "no such level"),
        ({"user_name": "olga", "permission_level": 5}, "no such level"),
        ({"user_name": "olga", "level": "CAN_READ"}, "There is no field"),
        ("olga", "access_control_list.0"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_will_not_do_is_refused_whole(
    method: str, entry: Any, said: str, churn: str, owner: User
) -> None:
    make_user(username="gus", is_active=False)
    make_user(username="uma")
    good = {"user_name": "uma", "permission_level": "CAN_READ"}
    bad = {"permission_level": "CAN_READ", **entry} if entry != "olga" else entry

    alone = caller(owner).send(method, churn, access_control_list=[bad])
    beside = caller(owner).send(method, churn, access_control_list=[good, bad])

    assert refusal(alone) == refusal(beside) == (400, "INVALID_PARAMETER_VALUE")
    assert said in message(alone)
    assert [one.holder for one in ModelPermission.objects.all()] == [owner]


def test_nobody_is_named_twice_and_no_list_is_endless(churn: str, owner: User) -> None:
    entry = {"user_name": "olga", "permission_level": "CAN_MANAGE"}

    twice = caller(owner).send("PUT", churn, access_control_list=[entry, entry])
    endless = caller(owner).send("PUT", churn, access_control_list=[entry] * 1001)

    assert refusal(twice) == refusal(endless) == (400, "INVALID_PARAMETER_VALUE")
    assert "'olga' is named twice" in message(twice)
    assert "1000" in message(endless)


def test_the_address_says_the_id_and_nothing_else_does(churn: str, owner: User) -> None:
    answer = caller(owner).send("PUT", churn, id="root")

    assert refusal(answer) == (400, "INVALID_PARAMETER_VALUE")
    assert "stands in the address already" in message(answer)


def test_a_method_that_is_not_there_is_an_endpoint_not_found(
    churn: str, owner: User
) -> None:
    for method in ("POST", "DELETE"):
        assert refusal(caller(owner).send(method, churn)) == (404, "ENDPOINT_NOT_FOUND")
