"""Asking for a transition (views/requests.py)."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from registry_ui.models import Level, ModelVersion, Stage, TransitionRequest
from tests.factories import make_model, make_transition_request, make_user, make_version
from tests.registry_ui.views.reading import HTMX, browser, text

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=alert(1)>"
Status = TransitionRequest.Status


def create_url(version: ModelVersion) -> str:
    args = [version.model.name, version.number]
    return reverse("registry_ui:request_create", args=args)


def asked(stage: str, **typed: str) -> dict[str, str]:
    """Return what the form that asks for a transition sends."""
    return {"stage": stage, "comment": "Better.", "how": "ask", **typed}


def test_words_that_people_typed_are_no_markup(reviewer: User) -> None:
    version = make_version(model=make_model(name=HOSTILE))
    person = make_user(username="mallory", full_name=f"Mallory {HOSTILE}")
    ask = make_transition_request(version=version, comment=HOSTILE, requested_by=person)
    client = browser(reviewer)

    pages = [
        text(client, address)
        for address in ("/requests/", create_url(version), ask.get_absolute_url())
    ]

    assert not [page for page in pages if HOSTILE in page]


@pytest.mark.parametrize(
    ("now", "proposed", "archives"),
    [
        (Stage.NONE, Stage.STAGING, False),
        (Stage.STAGING, Stage.PRODUCTION, True),
        (Stage.PRODUCTION, Stage.ARCHIVED, False),
        (Stage.ARCHIVED, Stage.PRODUCTION, True),
    ],
)
def test_the_form_proposes_the_next_stage(
    requester: User, now: Stage, proposed: Stage, archives: bool
) -> None:
    version = make_version(stage=now)

    form = browser(requester).get(create_url(version)).context["form"]

    assert form["stage"].value() == proposed
    assert form["archive_existing_versions"].value() is archives


def test_a_link_may_propose_another_stage(
    requester: User, candidate: ModelVersion
) -> None:
    response = browser(requester).get(create_url(candidate), {"stage": "Archived"})

    assert response.context["form"]["stage"].value() == "Archived"


def test_the_form_says_who_is_there_and_who_decides(
    requester: User, candidate: ModelVersion
) -> None:
    page = text(browser(requester), create_url(candidate))

    assert "held by v1" in page
    assert "it is here now" in page
    assert "needs somebody else with Can Manage Production Versions" in page


def test_asking_leads_to_the_decision_page(
    requester: User, candidate: ModelVersion
) -> None:
    data = asked("Production", archive_existing_versions="on")

    response = browser(requester).post(create_url(candidate), data)

    ask = TransitionRequest.objects.get()
    assert response.status_code == 302
    assert response["Location"] == ask.get_absolute_url()
    assert ask.target == "stage:Production"
    assert ask.requested_by == requester
    assert ask.archive_existing_versions
    assert ask.is_open


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_was_typed_stays_where_the_ask_is_refused(
    requester: User, candidate: ModelVersion, headers: dict[str, str]
) -> None:
    data = asked("Staging", comment="Because of the drift.")

    response = browser(requester).post(create_url(candidate), data, headers=headers)

    page = response.content.decode()
    assert response.status_code == 422
    assert "churn v2 is in Staging already." in page
    assert "Because of the drift." in page
    assert ("<html" in page) is (not headers)
    assert not TransitionRequest.objects.exists()


def test_an_alias_is_asked_for_as_the_model_spells_it(
    requester: User, candidate: ModelVersion
) -> None:
    incumbent = candidate.model.versions.get(number=1)
    incumbent.aliases.create(model=candidate.model, name="Champion")
    data = asked("alias", alias=" @champion", archive_existing_versions="on")

    response = browser(requester).post(create_url(candidate), data)

    ask = TransitionRequest.objects.get()
    assert response["Location"] == ask.get_absolute_url()
    assert ask.target == "alias:Champion"
    assert not ask.archive_existing_versions
    page = text(browser(requester), ask.get_absolute_url())
    assert "@Champion moves from v1 to v2" in page


@pytest.mark.parametrize(
    ("alias", "words"),
    [("", "Name the alias"), ("latest", "keeps"), ("a b", "letters, digits")],
)
def test_an_alias_that_will_not_do_is_refused_at_its_field(
    requester: User, candidate: ModelVersion, alias: str, words: str
) -> None:
    response = browser(requester).post(
        create_url(candidate), asked("alias", alias=alias)
    )

    assert response.status_code == 422
    assert words in response.context["form"].errors["alias"][0]
    assert not TransitionRequest.objects.exists()


def test_an_ask_without_a_reason_is_refused_with_words(
    requester: User, candidate: ModelVersion
) -> None:
    data = asked("Production", comment=" ")

    response = browser(requester).post(create_url(candidate), data)

    assert response.status_code == 422
    assert "Say why in a sentence" in response.content.decode()


def test_nobody_asks_twice_for_the_same(
    ask: TransitionRequest, requester: User
) -> None:
    client = browser(requester)

    response = client.post(create_url(ask.version), asked("Production"))

    assert response.status_code == 422
    assert "You already have an open request" in response.content.decode()


def test_who_holds_the_level_moves_into_staging_directly(requester: User) -> None:
    version = make_version(stage=Stage.NONE)
    data = asked("Staging", how="now")

    response = browser(requester).post(create_url(version), data)

    ask = TransitionRequest.objects.get()
    assert response["Location"] == ask.get_absolute_url()
    assert ask.status == Status.APPROVED
    assert ask.closed_by == requester


def test_nobody_moves_into_production_directly(candidate: ModelVersion) -> None:
    admin = make_user(is_superuser=True)

    response = browser(admin).post(
        create_url(candidate), asked("Production", how="now")
    )

    assert response.status_code == 403
    assert not TransitionRequest.objects.exists()


def test_a_reader_moves_nothing_directly() -> None:
    version = make_version()
    client = browser(make_user(level=Level.CAN_READ))

    offered = text(client, create_url(version))
    response = client.post(create_url(version), asked("Staging", how="now"))

    assert "Move now" not in offered
    assert response.status_code == 403
