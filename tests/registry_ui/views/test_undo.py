"""A plan that failed midway: what its page says and offers, and how it ends."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from registry_ui.models import Level, TransitionRequest
from registry_ui.planning import Effect, EffectKind, Plan
from tests.factories import (
    make_alias,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import browser, text

pytestmark = pytest.mark.django_db

Status = TransitionRequest.Status
EFFECTS = (
    Effect(EffectKind.TRANSITION, 2, "None", "Production"),
    Effect(EffectKind.ARCHIVE, 1, "Production", "Archived"),
    Effect(EffectKind.SET_ALIAS, 2, "1", "2", "champion"),
)


@pytest.fixture
def reviewer() -> User:
    return make_user(full_name="Rui Tanaka", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


def failed(*done: Effect, **columns: Any) -> TransitionRequest:
    """Make a request of which some effects came true."""
    model = make_model(name="churn")
    first = make_version(model=model, stage="Archived")
    make_alias(version=first)
    outcome = [
        {"effect": str(e), "found": "x", "came_true": e in done} for e in EFFECTS
    ]
    defaults = {
        "status": Status.FAILED,
        "failure": "MLflow refused: no aliases.",
        "plan": Plan("stage:Production", 2, EFFECTS, archives=True).as_json(),
        "outcome": outcome,
        "carried_out": [effect.as_json() for effect in done],
    }
    version = make_version(model=model, stage="Production")
    return make_transition_request(version=version, **(defaults | columns))


def url(ask: TransitionRequest) -> str:
    return reverse("registry_ui:request_undo", args=[ask.number])


def test_it_says_what_trying_again_and_undoing_will_do(reviewer: User) -> None:
    page = text(browser(reviewer), failed(*EFFECTS[:2]).get_absolute_url())

    assert "Approved, but only a part of it was carried out." in page
    assert "Carries out what is missing: @champion moves from v1 to v2." in page
    assert (
        "Takes back what was carried out: v1 goes from Archived to Production;"
        " v2 goes from Production to None."
    ) in page


def test_where_nothing_came_true_an_undo_only_closes_it(reviewer: User) -> None:
    ask = failed()
    client = browser(reviewer)
    page = text(client, ask.get_absolute_url())
    assert "Approved, but it could not be carried out." in page
    assert "Closes the request; there is nothing in MLflow to take back." in page

    response = client.post(url(ask), follow=True)

    page = response.content.decode()
    assert "Undone by Rui Tanaka." in page
    assert "nothing was changed in MLflow" in page
    assert "nothing of it was left to take back" in page
    assert "Try again" not in page


def test_while_it_is_undone_the_page_waits_for_the_worker(reviewer: User) -> None:
    ask = failed(*EFFECTS[:2])

    response = browser(reviewer).post(url(ask), follow=True)

    page = response.content.decode()
    assert "a worker is taking back in MLflow what had come true" in page
    assert "asked for an undo" in page
    ask.refresh_from_db()
    assert ask.is_being_undone


def test_what_nothing_takes_back_is_said_before(reviewer: User) -> None:
    ask = failed(*EFFECTS[:2])
    ask.version.model.versions.filter(number=1).update(deleted_at=ask.created_at)

    page = text(browser(reviewer), ask.get_absolute_url())

    assert "Takes back what was carried out: v2 goes from Production to None." in page
    assert "v1 was deleted, and MLflow brings nothing back." in page


@pytest.mark.parametrize("verb", ["retry", "undo"])
def test_in_a_second_tab_either_says_what_is_so_now(reviewer: User, verb: str) -> None:
    ask = failed(*EFFECTS[:2])
    client = browser(reviewer)
    client.post(url(ask))

    address = reverse(f"registry_ui:request_{verb}", args=[ask.number])
    response = client.post(address, follow=True)

    assert "this is applying" in response.content.decode()


def test_a_revert_offers_no_undo(reviewer: User) -> None:
    ask = failed(*EFFECTS[:2], kind=TransitionRequest.Kind.REVERT)

    page = text(browser(reviewer), ask.get_absolute_url())

    assert "Try again" in page
    assert "Undo" not in page


def test_who_may_not_decide_is_offered_nothing() -> None:
    reader = make_user(level=Level.CAN_READ)

    page = text(browser(reader), failed(*EFFECTS[:2]).get_absolute_url())

    assert "only a part of it was carried out" in page
    assert "Undo" not in page
    assert "Try again" not in page
