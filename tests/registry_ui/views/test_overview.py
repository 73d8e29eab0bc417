"""The first page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from registry_ui.events import EventType, record_event
from registry_ui.models import Level, MirrorState, Stage, TransitionRequest
from registry_ui.views.waiting import requests_to_decide
from tests.factories import (
    grant,
    make_model,
    make_token,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import HTMX, query_count, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(client: Client) -> User:
    """Return somebody who decides on Production; the client is theirs."""
    user = make_user(username="rui", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    client.force_login(user)
    return user


def to_decide(user: User) -> list[TransitionRequest]:
    request = HttpRequest()
    request.user = user
    return requests_to_decide(request)


def overview(client: Client) -> str:
    response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


def test_what_i_may_decide_comes_first_with_its_open_gates(
    client: Client, reviewer: User
) -> None:
    dana = make_user(full_name="Dana Okafor")
    version = make_version(model=make_model(name="churn"), stage=Stage.STAGING)
    ask = make_transition_request(version=version, requested_by=dana)

    page = overview(client)

    assert page.index("Waiting for you") < page.index("What changed")
    for words in ("churn v1 to Production", "Dana Okafor", "0 of 1 approvals so far."):
        assert words in page
    assert ask.get_absolute_url() in page


def test_my_own_request_waits_for_somebody_else(client: Client, reviewer: User) -> None:
    make_transition_request(requested_by=reviewer)

    page = overview(client)

    assert "Nothing waits for you" in page
    assert "You asked for" in page


@pytest.mark.parametrize(
    ("level", "target", "waits"),
    [
        (Level.CAN_EDIT, "stage:Staging", False),
        (Level.CAN_MANAGE_STAGING_VERSIONS, "stage:Staging", True),
        (Level.CAN_MANAGE_STAGING_VERSIONS, "stage:Production", False),
        (Level.CAN_MANAGE_PRODUCTION_VERSIONS, "stage:Production", True),
        (Level.CAN_MANAGE_STAGING_VERSIONS, "alias:champion", False),
    ],
)
def test_a_request_waits_for_those_with_the_level(
    level: Level, target: str, waits: bool
) -> None:
    ask = make_transition_request(target=target)
    user = make_user()
    grant(user, level, ask.version.model)

    assert to_decide(user) == ([ask] if waits else [])


def test_the_highest_of_several_levels_counts() -> None:
    ask = make_transition_request()
    user = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    grant(user, Level.CAN_READ, ask.version.model)

    assert to_decide(user) == [ask]


def test_few_of_many_requests_are_shown_with_their_number(
    client: Client, reviewer: User
) -> None:
    for _ in range(7):
        make_transition_request()

    assert "All 7 requests" in overview(client)


def test_failed_applications_are_named_with_the_reason(
    client: Client, reviewer: User
) -> None:
    make_transition_request(status="failed", failure="MLflow refused: <b>no</b>")

    page = overview(client)

    assert "Approved, but not carried out" in page
    assert "MLflow refused: &lt;b&gt;no&lt;/b&gt;" in page


def test_changes_are_sentences_about_models_not_about_tokens(
    client: Client, reviewer: User
) -> None:
    version = make_version(model=make_model(name="churn"))
    make_token(user=reviewer)
    with transaction.atomic():
        record_event(
            EventType.MODEL_VERSION_TRANSITIONED,
            actor=None,
            version=version,
            from_stage="None",
            to_stage="Staging",
            through="mlflow",
        )

    page = overview(client)

    assert "Somebody in MLflow moved churn v1 from None to Staging" in page
    assert "API token" not in page


def test_a_stranger_sees_nothing_of_the_registry(client: Client) -> None:
    client.force_login(make_user())
    make_transition_request(version=make_version(model=make_model(name="churn")))

    page = overview(client)

    assert "You may not read any model yet" in page
    assert "churn" not in page


def test_an_empty_mirror_says_so(client: Client, reviewer: User) -> None:
    MirrorState.objects.create(error="MLflow does not answer at http://x.")

    page = overview(client)

    assert "MLflow has not been read yet" in page
    assert "MLflow does not answer at http://x." in page


def test_a_fresh_mirror_without_models_says_what_to_do(
    client: Client, reviewer: User
) -> None:
    MirrorState.objects.create(synced_at=timezone.now())

    assert "MLflow has no registered models yet" in overview(client)


def test_an_old_mirror_is_called_old(client: Client, reviewer: User) -> None:
    MirrorState.objects.create(synced_at=timezone.now() - timedelta(hours=2))

    assert "Nothing is being synced." in overview(client)


# --- A sync under way ---------------------------------------------------------------


def reading(client: Client) -> str:
    """Return the card of the mirror, as a page that polls it gets it."""
    return text(client, "/mirror/", headers=HTMX)


def begin_reading(phase: str, count: int, *, seconds_left: float = 60) -> None:
    """Let a sync be under way."""
    MirrorState.objects.update_or_create(
        id=MirrorState.ONLY,
        defaults={
            "phase": phase,
            "phase_count": count,
            "lease_token": "theirs",
            "lease_expires_at": timezone.now() + timedelta(seconds=seconds_left),
        },
    )


def test_a_sync_under_way_shows_how_far_it_is_and_is_polled(
    client: Client, reviewer: User
) -> None:
    model = make_model()
    for _ in range(4):
        make_version(model=model)
    begin_reading("versions", 3)

    for page in (overview(client), reading(client)):
        assert "3 of 4 versions" in page
        assert 'value="3" max="4"' in page
        assert 'hx-trigger="every 2s"' in page


@pytest.mark.parametrize("phase", ["poll", "models", "versions"])
def test_how_much_there_is_learns_nobody_who_may_not_read_it_all(
    client: Client, phase: str
) -> None:
    MirrorState.objects.update_or_create(
        id=MirrorState.ONLY, defaults={"synced_at": timezone.now()}
    )
    mine, _ = make_model(name="mine"), make_model(name="hidden")
    reader = make_user()
    grant(reader, Level.CAN_READ, mine)
    client.force_login(reader)
    begin_reading(phase, 7123)

    for page in (overview(client), reading(client)):
        card = page.partition('id="mirror"')[2].partition("</section>")[0]
        assert '<progress aria-labelledby="mirror-reading"></progress>' in card
        assert "7,123" not in card
        assert " of " not in card.partition("Reading now")[2].partition("</dd>")[0]


def test_more_than_was_known_is_no_more_than_all(
    client: Client, reviewer: User
) -> None:
    make_model()
    begin_reading("models", 2)

    assert 'value="2" max="2"' in overview(client)


@pytest.mark.parametrize(
    ("phase", "words"),
    [("models", "1,200 models"), ("", "the first page")],
)
def test_the_first_sync_counts_without_a_total(
    client: Client, reviewer: User, phase: str, words: str
) -> None:
    begin_reading(phase, 1200)

    page = overview(client)

    assert words in page
    assert "Nothing is being synced." not in page
    assert '<progress aria-labelledby="mirror-reading"></progress>' in page
    assert 'hx-get="/mirror/?first"' in page


def test_the_end_of_the_first_sync_reloads_the_page(
    client: Client, reviewer: User
) -> None:
    begin_reading("versions", 3)
    during = client.get("/mirror/?first", headers=HTMX)
    MirrorState.objects.update(synced_at=timezone.now(), lease_expires_at=None)
    after = client.get("/mirror/?first", headers=HTMX)

    assert "HX-Refresh" not in during.headers
    assert after.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("seconds_left", [None, -1])
def test_without_a_sync_nothing_is_polled(
    client: Client, reviewer: User, seconds_left: float | None
) -> None:
    make_model()
    if seconds_left is not None:  # it died long ago
        begin_reading("versions", 3, seconds_left=seconds_left)

    for page in (overview(client), reading(client)):
        assert "<progress" not in page
        assert "hx-trigger" not in page.partition('id="mirror"')[2].partition(">")[0]


def test_the_card_alone_is_for_pages_that_poll(client: Client, reviewer: User) -> None:
    assert client.get("/mirror/").headers["Location"] == "/"


def test_more_requests_take_no_more_queries_than_those_shown(
    client: Client, reviewer: User
) -> None:
    def make_requests(count: int) -> None:
        for _ in range(count):
            make_transition_request()
            make_transition_request(requested_by=reviewer)
            make_transition_request(status="failed")

    make_requests(5)
    few = query_count(client, "/")
    make_requests(25)

    assert query_count(client, "/") == few
