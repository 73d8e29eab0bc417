"""The page that breaks the glass, and where that is shown."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from registry_ui.actions.break_glass import break_glass
from registry_ui.models import Holding, Level, ModelVersion, TransitionRequest
from tests.factories import make_transition_request, make_user, make_version
from tests.registry_ui.views.reading import browser

pytestmark = pytest.mark.django_db

REASON = "v1 answers nothing but errors."
STATUS = TransitionRequest.Status


@pytest.fixture(autouse=True)
def _impatient(settings: Settings) -> None:
    settings.APPLY_PATIENCE_SECONDS = 0


@pytest.fixture
def ada() -> User:
    return make_user(full_name="Ada Lindqvist", level=Level.CAN_MANAGE)


@pytest.fixture
def version() -> ModelVersion:
    return make_version(stage="Staging")


def page_of(version: ModelVersion, page: str = "break-glass/") -> str:
    return f"{version.get_absolute_url()}{page}"


def text_of(client: Client, address: str) -> str:
    text = client.get(address).content.decode()
    return " ".join(text.split())


def test_the_page_takes_a_reason_and_an_understanding(
    ada: User, version: ModelVersion
) -> None:
    client = browser(ada)
    typed = {"stage": "Production", "comment": REASON, "understood": "on"}

    for missing, said in (
        ("comment", "Say what the emergency is"),
        ("understood", "Say that you know what this means."),
    ):
        answer = client.post(page_of(version), typed | {missing: ""})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not TransitionRequest.objects.exists()

    answer = client.post(page_of(version), typed)
    request = TransitionRequest.objects.get(kind="break-glass")
    assert answer.headers["Location"] == request.get_absolute_url()
    assert request.target == "stage:Production"


def test_it_is_marked_wherever_it_is_shown(ada: User, version: ModelVersion) -> None:
    request = break_glass(version, "stage:Production", actor=ada, reason=REASON)
    review = request.retrospective
    rui = browser(make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS))

    page = text_of(rui, request.get_absolute_url())
    assert "Ada Lindqvist broke the glass: nobody else had looked at this." in page
    assert review.get_absolute_url() in page
    page = text_of(rui, review.get_absolute_url())
    assert "Open at that time: Approvals (waiting)." in page
    assert "Approving says that it was right" in page
    for address in (version.get_absolute_url(), version.model.get_absolute_url()):
        page = text_of(rui, address)
        assert "was put into Production by break-glass, and nobody has" in page
    assert "Break-glass that nobody has reviewed" in text_of(rui, "/")
    assert "Break-glass" in text_of(rui, "/requests/?show=all")
    assert "broke the glass" in text_of(rui, "/audit/")


def test_an_overdue_review_is_shown_as_that(ada: User, version: ModelVersion) -> None:
    break_glass(version, "stage:Production", actor=ada, reason=REASON)
    past = timezone.now() - timedelta(hours=1)
    TransitionRequest.objects.filter(kind="retrospective").update(review_due_at=past)

    assert "<b>overdue</b> since" in text_of(browser(ada), "/")
    assert "The review was due by" in text_of(browser(ada), version.get_absolute_url())


def test_the_overview_tells_the_share(ada: User) -> None:
    now = timezone.now()
    for kind, days in (
        ("promotion", 1),
        ("rollback", 2),
        ("break-glass", 3),
        ("break-glass", 91),
        ("retrospective", 1),
    ):
        applied = now - timedelta(days=days)
        request = make_transition_request(
            kind=kind, status=STATUS.APPLIED, applied_at=applied
        )
    hidden = make_transition_request(
        kind="break-glass", status=STATUS.APPLIED, applied_at=now
    )
    reader = make_user()
    assert "0 <small" in text_of(browser(reader), "/")

    shown = text_of(browser(ada), "/")
    assert "2 <small>of 4 changes, 50 %" in shown
    assert hidden.pk > request.pk


def test_who_manages_the_model_is_led_there_and_nobody_else(
    ada: User, version: ModelVersion
) -> None:
    ask = make_transition_request(version=version)
    rui = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    address = f"{page_of(version)}?stage=Production"

    assert address in text_of(browser(ada), ask.get_absolute_url())
    assert page_of(version) in text_of(browser(ada), page_of(version, "request/"))
    assert "break-glass/" not in text_of(browser(rui), ask.get_absolute_url())
    assert "break-glass/" not in text_of(browser(rui), page_of(version, "request/"))


def test_roll_back_leads_to_who_was_in_production_before(
    ada: User, version: ModelVersion
) -> None:
    now = timezone.now()
    roll_back = f"{version.model.get_absolute_url()}roll-back/"
    client = browser(ada)

    assert client.get(roll_back).headers["Location"] == (
        version.model.get_absolute_url()
    )
    assert "There is no version to go back to" in text_of(
        client, version.model.get_absolute_url()
    )

    Holding.objects.create(
        model=version.model,
        version=version,
        target="stage:Production",
        started_at=now - timedelta(days=2),
        ended_at=now,
    )
    form = f"{page_of(version, 'request/')}?stage=Production"
    assert client.get(roll_back).headers["Location"] == form
    assert "going back to what was here before" in text_of(client, form)
