"""Pages that say who may do what and why, and on which levels are granted."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from registry_ui.models import AuditEvent, Level, ModelPermission, RegisteredModel
from registry_ui.permissions import ON_A_MODEL
from tests.factories import grant, make_model, make_user
from tests.registry_ui.views.reading import browser, query_count, text

pytestmark = pytest.mark.django_db

PAGE = "/models/churn/permissions/"
EVERYWHERE = "/permissions/"
EDIT, MANAGE = str(int(Level.CAN_EDIT)), str(int(Level.CAN_MANAGE))


@pytest.fixture
def model() -> RegisteredModel:
    return make_model(name="churn")


@pytest.fixture
def manager(model: RegisteredModel) -> User:
    user = make_user(username="maya", full_name="Maya Okafor")
    grant(user, Level.CAN_MANAGE, model)
    return user


def make_group(name: str, *members: User) -> Group:
    group = Group.objects.create(name=name)
    group.user_set.add(*members)
    return group


def plain(html: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def send(client: Client, url: str = PAGE, **data: str) -> str:
    """Send a form that will do, and return the page that it leads to."""
    response = client.post(url, data, follow=True)
    assert [status for _, status in response.redirect_chain] == [302]
    return plain(response.content.decode())


def refused(client: Client, url: str = PAGE, **data: str) -> str:
    """Send a form that will not do, and return the page that says so."""
    response = client.post(url, data)
    assert response.status_code == 422
    return response.content.decode()


def held(model: RegisteredModel | None) -> dict[str, int]:
    grants = ModelPermission.objects.filter(model=model)
    return {str(found.user or found.group): found.level for found in grants}


# --- What is shown ------------------------------------------------------------------


def test_each_person_is_shown_with_the_level_that_counts_and_all_ways(
    model: RegisteredModel, manager: User
) -> None:
    dana = make_user(username="dana", full_name="Dana Ferrari", level=Level.CAN_READ)
    grant(make_group("ml", dana), Level.CAN_EDIT, model)
    make_user(username="ada", full_name="Ada Lindqvist", is_superuser=True)
    make_user(
        username="gone", full_name="Gone Away", level=Level.CAN_READ, is_active=False
    )

    page = plain(text(browser(dana), PAGE))

    assert "Ada Lindqvist ada Can Manage administrator" in page
    assert "Maya Okafor maya Can Manage granted on this model" in page
    ways = "as member of ml, granted on this model; Can Read granted registry-wide"
    assert f"Dana Ferrari dana Can Edit {ways}" in page
    assert "Gone Away gone not active Can Read all models" in page
    assert page.count("Gone Away") == 1  # granted, but nobody whom it serves


def test_ones_own_access_says_what_one_may_not_and_who_can_change_that(
    model: RegisteredModel, manager: User
) -> None:
    page = plain(text(browser(make_user(level=Level.CAN_EDIT)), PAGE))

    own = page[page.index("Your access") : page.index("Granted")]
    may, may_not = own.split("What you may not")
    for ability in ON_A_MODEL:
        words = ability.words[0].upper() + ability.words[1:].replace("'", "&#x27;")
        side = may if ability.level <= Level.CAN_EDIT else may_not
        assert words in side
    assert "Through: granted registry-wide." in own
    assert "Who can change that: MO Maya Okafor" in own
    assert 'method="post" action="/models' not in page


def test_where_nobody_manages_the_page_does_not_name_anybody(
    model: RegisteredModel,
) -> None:
    page = plain(text(browser(make_user(level=Level.CAN_READ)), PAGE))

    assert "Nobody who is active can change that" in page


def test_a_stranger_sees_the_abilities_and_whom_to_ask_but_no_grants() -> None:
    make_user(username="ada", full_name="Ada Lindqvist", is_superuser=True)
    make_user(username="dana", full_name="Dana Ferrari", level=Level.CAN_EDIT)

    page = plain(text(browser(make_user()), EVERYWHERE))

    assert "Your access No permissions" in page
    assert "What each level allows" in page
    assert "Who can change that: AL Ada Lindqvist" in page
    assert "Dana Ferrari" not in page


def test_pages_lead_there(model: RegisteredModel, manager: User) -> None:
    reader = browser(make_user(level=Level.CAN_READ))
    chief = browser(make_user(level=Level.CAN_MANAGE))

    assert f'href="{PAGE}"' in text(reader, "/models/churn/")
    assert f'href="{EVERYWHERE}"' not in text(reader, "/models/churn/")
    assert f'href="{EVERYWHERE}"' not in text(browser(manager), "/models/churn/")
    assert f'href="{EVERYWHERE}"' in text(chief, "/models/churn/")


def test_more_people_take_no_more_queries(
    model: RegisteredModel, manager: User
) -> None:
    client = browser(manager)
    grant(make_group("ml", make_user()), Level.CAN_READ, model)
    few = query_count(client, PAGE)

    for number in range(10):
        member = make_user(level=Level.CAN_READ)
        grant(make_group(f"team-{number}", member, manager), Level.CAN_EDIT, model)

    assert query_count(client, PAGE) == few


def test_of_many_people_those_who_hold_most_are_shown(
    model: RegisteredModel, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry_ui.views.access.SHOWN_PEOPLE", 2)
    for number in range(3):
        make_user(username=f"reader{number}", level=Level.CAN_READ)

    page = plain(text(browser(manager), PAGE))

    assert "The 2 who hold most, of 4." in page


# --- Granting -----------------------------------------------------------------------


def test_a_level_is_granted_to_a_user_changed_and_removed_on_record(
    model: RegisteredModel, manager: User
) -> None:
    client = browser(manager)
    dana = make_user(username="dana", full_name="Dana Ferrari")

    page = send(client, holder="dana", level=EDIT)
    assert "Dana Ferrari holds Can Edit on churn." in page
    found = ModelPermission.objects.get(user=dana)
    form = text(client, f"{PAGE}?change={found.pk}")
    assert 'value="dana"' in form
    assert f'<option value="{EDIT}" selected>' in form
    send(client, holder="dana", level="1")
    assert held(model) == {"maya": 5, "dana": 1}
    question = plain(text(client, f"{PAGE}?remove={found.pk}"))
    assert "Remove Can Read of dana" in question
    page = send(client, act="remove", grant=str(found.pk))

    assert "Can Read on churn is taken back from Dana Ferrari." in page
    assert held(model) == {"maya": 5}
    events = AuditEvent.objects.filter(model_pk=model.pk).order_by("position")
    kinds = [(event.type, event.actor_name) for event in events]
    granted, revoked = ("permission.granted", "maya"), ("permission.revoked", "maya")
    assert kinds == [granted, granted, revoked]


def test_a_group_is_granted_a_level(model: RegisteredModel, manager: User) -> None:
    make_group("ml platform")

    page = send(browser(manager), holder="ml platform", level=EDIT)

    assert "ml platform holds Can Edit on churn." in page
    assert held(model)["ml platform"] == Level.CAN_EDIT


def test_a_name_that_a_user_and_a_group_share_must_be_made_plain(
    model: RegisteredModel, manager: User
) -> None:
    client = browser(manager)
    make_user(username="ops")
    group = make_group("ops")

    page = plain(refused(client, holder="ops", level=EDIT))
    assert "Write user:ops or group:ops." in page
    send(client, holder="group:ops", level=EDIT)

    found = ModelPermission.objects.get(group=group)
    form = text(client, f"{PAGE}?change={found.pk}")
    assert 'value="group:ops"' in form
    send(client, holder="user:ops", level="1")
    assert sorted(ModelPermission.objects.values_list("level", flat=True)) == [1, 2, 5]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"holder": "nobody", "level": EDIT}, "No user and no group is called"),
        ({"holder": "group:dana", "level": EDIT}, "No user and no group is called"),
        ({"holder": "gone", "level": EDIT}, "The account gone is not active."),
        ({"holder": "", "level": EDIT}, "Name a user or a group"),
        ({"holder": "x" * 201, "level": EDIT}, "so long a name"),
        ({"holder": "a\x00b", "level": EDIT}, "Null characters are not allowed."),
        ({"holder": "dana", "level": ""}, "Choose a level."),
        ({"holder": "dana", "level": "6"}, "There is no such level."),
        ({"holder": "dana", "level": "x"}, "There is no such level."),
        ({"act": "remove"}, "choose it in the table"),
        ({"act": "remove", "grant": "999999"}, "This was removed already."),
        ({"act": "remove", "grant": "9" * 30}, "This was removed already."),
        ({"act": "remove", "grant": "x"}, "This was removed already."),
    ],
)
def test_what_will_not_do_is_said_beside_what_was_typed(
    model: RegisteredModel, manager: User, data: dict[str, str], sentence: str
) -> None:
    make_user(username="dana")
    make_user(username="gone", is_active=False)

    page = refused(browser(manager), **data)

    assert sentence in page
    if "act" not in data:
        assert page.count(" autofocus") == 1
    if data.get("holder", "\x00").isalpha():
        assert f'value="{data["holder"]}"' in page
    assert held(model) == {"maya": Level.CAN_MANAGE}


def test_a_grant_on_another_model_is_out_of_reach(
    model: RegisteredModel, manager: User
) -> None:
    client = browser(manager)
    elsewhere = grant(make_user(), Level.CAN_READ, make_model(name="fraud"))
    everywhere = grant(make_user(), Level.CAN_READ)

    for found in (elsewhere, everywhere):
        assert "Remove Can Read" not in text(client, f"{PAGE}?remove={found.pk}")
        refused(client, act="remove", grant=str(found.pk))

    assert ModelPermission.objects.filter(level=Level.CAN_READ).count() == 2


def test_the_record_of_a_model_that_is_gone_has_readers_to_choose_too(
    manager: User, model: RegisteredModel
) -> None:
    RegisteredModel.objects.filter(pk=model.pk).update(deleted_at=model.created_at)
    make_user(username="dana")

    send(browser(manager), holder="dana", level="1")

    assert held(model)["dana"] == Level.CAN_READ


# --- The whole registry -------------------------------------------------------------


def test_who_manages_the_whole_registry_grants_on_all_of_it() -> None:
    client = browser(make_user(username="maya", level=Level.CAN_MANAGE))
    make_user(username="dana")

    page = send(client, EVERYWHERE, holder="dana", level=EDIT)

    assert "dana holds Can Edit on all models." in page
    assert held(None) == {"maya": 5, "dana": 2}


def test_webhooks_of_the_whole_registry_stay_with_administrators() -> None:
    client = browser(make_user(level=Level.CAN_MANAGE))
    url = {"url": "https://receiver.example.com/", "events": "COMMENT_CREATED"}

    response = client.post("/webhooks/new/", url | {"status": "ACTIVE"})

    assert response.status_code == 422


def test_who_manages_one_model_grants_nothing_registry_wide(manager: User) -> None:
    client = browser(manager)

    assert "Grant level" not in text(client, EVERYWHERE)
    answer = client.post(EVERYWHERE, {"holder": "maya", "level": MANAGE})

    assert answer.status_code == 403
    assert held(None) == {}


# --- Giving up one's own ------------------------------------------------------------


def test_giving_up_ones_own_can_manage_takes_a_second_click(
    model: RegisteredModel, manager: User
) -> None:
    client = browser(manager)
    own = ModelPermission.objects.get(user=manager)

    page = refused(client, holder="maya", level="1")
    assert "You give up your own Can Manage" in page
    assert "You hold Can Read then" in page
    assert held(model) == {"maya": Level.CAN_MANAGE}
    send(client, holder="maya", level="1", sure="on")
    assert held(model) == {"maya": Level.CAN_READ}
    assert client.post(PAGE, {"act": "remove", "grant": own.pk}).status_code == 403


def test_removing_ones_own_level_warns_and_leads_to_what_one_may_read(
    model: RegisteredModel, manager: User
) -> None:
    client = browser(manager)
    own = ModelPermission.objects.get(user=manager)
    remove = {"act": "remove", "grant": str(own.pk)}

    question = text(client, f"{PAGE}?remove={own.pk}")
    assert "You give up your own Can Manage" in question
    assert "You hold no level at all then" in question
    assert "You give up" in refused(client, **remove)
    response = client.post(PAGE, remove | {"sure": "on"})

    assert (response.status_code, response["Location"]) == (302, "/models/")
    assert held(model) == {}
    text(client, PAGE, 404)


def test_through_a_group_it_is_ones_own_too(
    model: RegisteredModel, manager: User
) -> None:
    ModelPermission.objects.all().delete()
    own = grant(make_group("leads", manager), Level.CAN_MANAGE, model)

    page = refused(browser(manager), act="remove", grant=str(own.pk))

    assert "You give up your own Can Manage" in page


@pytest.mark.parametrize("keeps", ["administrator", "registry-wide", "group"])
def test_who_keeps_it_through_something_else_is_not_warned(
    model: RegisteredModel, manager: User, keeps: str
) -> None:
    own = ModelPermission.objects.get(user=manager)
    if keeps == "administrator":
        User.objects.filter(pk=manager.pk).update(is_superuser=True)
    elif keeps == "registry-wide":
        grant(manager, Level.CAN_MANAGE)
    else:
        grant(make_group("leads", manager), Level.CAN_MANAGE, model)

    client = browser(manager)
    assert "You give up" not in text(client, f"{PAGE}?remove={own.pk}")
    send(client, act="remove", grant=str(own.pk))

    assert "maya" not in held(model)
