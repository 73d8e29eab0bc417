"""Whom a text mentions."""

import pytest
from django.contrib.auth.models import Group

from registry_ui.actions.comments import create_comment, edit_comment
from registry_ui.actions.mentions import mentioned_in, people_mentioned
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.models import AuditEvent, Level, ModelVersion, Review
from tests.factories import grant, make_alias, make_model, make_user, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> ModelVersion:
    return make_version(model=make_model(name="churn"))


def test_who_may_read_the_model_is_mentioned_whatever_the_way(
    version: ModelVersion,
) -> None:
    ways = [version.model, None]
    for number, model in enumerate(ways):
        grant(make_user(username=f"u{number}"), Level.CAN_READ, model)
        group = Group.objects.create(name=f"g{number}")
        group.user_set.add(make_user(username=f"m{number}"))
        grant(group, Level.CAN_EDIT, model)
    make_user(username="ada", is_superuser=True, full_name="Ada Lindqvist")

    people = people_mentioned(version.model, ["@u0 @u1", "@m0 @m1 @ada @nobody"])

    assert people == {
        "u0": "u0",
        "u1": "u1",
        "m0": "m0",
        "m1": "m1",
        "ada": "Ada Lindqvist",
    }


def test_nobody_else_is_told_from_somebody_who_does_not_exist(
    version: ModelVersion,
) -> None:
    make_user(username="stranger")
    grant(make_user(username="elsewhere"), Level.CAN_MANAGE, make_model())
    make_user(username="gone", is_active=False, level=Level.CAN_MANAGE)
    make_user(username="root", is_active=False, is_superuser=True)

    text = "@stranger @elsewhere @gone @root @nobody"

    assert people_mentioned(version.model, [text]) == {}


def test_an_alias_of_the_model_wins_over_a_person(version: ModelVersion) -> None:
    make_user(username="champion", level=Level.CAN_READ)
    other = make_alias(version=make_version(), name="champion")
    assert mentioned_in("@champion", version.model) == ["champion"]

    make_alias(version=version, name="champion")

    assert mentioned_in("@champion", version.model) == []
    assert mentioned_in("@champion", other.model) == []


def test_mentions_are_on_record_in_their_order(version: ModelVersion) -> None:
    rui = make_user(username="rui", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    dana = make_user(username="dana", level=Level.CAN_READ)

    ask = create_request(version, "stage:Production", actor=dana, comment="See, @rui")
    comment = create_comment(version, "@rui and @dana, `@ada`", actor=dana)
    edit_comment(comment, "@dana @nobody", actor=dana)
    reject = Review.Decision.REJECT
    review_request(ask, reject, actor=rui, seen=None, comment="No, @dana.")

    told = {
        event.type: event.details["mentions"]
        for event in AuditEvent.objects.all()
        if "mentions" in event.details
    }
    assert told == {
        "transition_request.created": ["rui"],
        "comment.created": ["rui", "dana"],
        "comment.updated": ["dana"],
        "review.given": ["dana"],
    }
