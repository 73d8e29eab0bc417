"""The list of incidents, the page of one, and its three answers."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from registry_ui.actions.holdings import infer_holdings
from registry_ui.models import Holding, Incident, Level, MirrorState, TransitionRequest
from tests.factories import (
    grant,
    make_alias,
    make_incident,
    make_model,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import HTMX, query_count, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def rui(client: Client) -> User:
    """Return somebody who manages the whole registry; the client is theirs."""
    user = make_user(full_name="Rui Tanaka", level=Level.CAN_MANAGE)
    client.force_login(user)
    return user


def incident_on(name: str) -> Incident:
    model = make_model(name=name)
    return make_incident(version=make_version(model=model, stage="Production"))


def answer(
    client: Client, incident: Incident, answer: str, reason: str = "", status: int = 302
) -> str:
    response = client.post(
        f"{incident.get_absolute_url()}answer/",
        {"answer": answer, "text": reason, "seen": incident.digest},
    )
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.usefixtures("rui")
def test_before_mlflow_was_read_nothing_is_said_to_be_decided(client: Client) -> None:
    page = text(client, "/incidents/")

    assert "Everything that serves was decided" not in page
    assert "No open incident is known" in page


@pytest.mark.usefixtures("rui")
def test_an_open_incident_is_on_the_overview_the_model_and_the_list(
    client: Client,
) -> None:
    incident = incident_on("churn")

    for address in ("/", "/models/churn/", "/incidents/"):
        page = text(client, address)
        assert "v1 goes from None to Production" in page
        assert incident.get_absolute_url() in page


@pytest.mark.usefixtures("rui")
def test_no_incident_says_that_all_is_decided(client: Client) -> None:
    MirrorState.objects.create(synced_at=timezone.now())

    assert "Everything that serves was decided" in text(client, "/incidents/")
    assert "No incident was answered yet" in text(client, "/incidents/?show=resolved")


@pytest.mark.usefixtures("rui")
def test_the_page_tells_what_a_revert_would_do(client: Client) -> None:
    incident = incident_on("churn")

    page = text(client, incident.get_absolute_url())

    assert "v1 goes from None to Production" in page
    assert "v1 goes from Production to None" in page
    assert "MLflow does not record who." in page


@pytest.mark.usefixtures("rui")
def test_accepting_without_a_reason_is_refused_and_with_one_is_on_record(
    client: Client,
) -> None:
    incident = incident_on("churn")

    refused = answer(client, incident, "accept", status=422)
    answer(client, incident, "accept", "It was an emergency.")

    assert "Say why it may stand" in refused
    page = text(client, incident.get_absolute_url())
    assert "Accepted by Rui Tanaka" in page
    assert "It was an emergency." in page
    assert "It was an emergency." in text(client, "/audit/?kind=Incidents")


@pytest.mark.usefixtures("rui")
def test_who_comes_second_is_told_and_gets_back_what_they_wrote(client: Client) -> None:
    incident = incident_on("churn")
    answer(client, incident, "accept", "It was an emergency.")

    late = answer(client, incident, "accept", "It was agreed by phone.", status=422)

    assert "This was answered already" in late
    assert "You wrote: It was agreed by phone." in late


@pytest.mark.usefixtures("rui")
def test_reverting_leads_to_the_request_that_does_it(client: Client) -> None:
    incident = incident_on("churn")

    answer(client, incident, "revert")

    ask = TransitionRequest.objects.get()
    page = text(client, ask.get_absolute_url())
    assert f"churn as it was before incident {incident.number}" in page
    assert incident.get_absolute_url() in page
    assert f"Request #{ask.number} is to revert it already" in answer(
        client, incident, "revert", status=422
    )


def test_who_may_only_read_is_told_why_and_may_ask(client: Client) -> None:
    incident = incident_on("churn")
    client.force_login(make_user(level=Level.CAN_READ))

    page = text(client, incident.get_absolute_url())
    answer(client, incident, "ask", "Please look at it.")

    assert "takes the level Can Manage Production Versions" in page
    assert 'value="revert"' not in page
    ask = TransitionRequest.objects.get()
    assert "approving it lets it stand" in text(client, ask.get_absolute_url())
    assert answer(client, incident, "accept", "!", status=403)


@pytest.mark.usefixtures("rui")
def test_an_answer_with_htmx_gets_the_page_alone(client: Client) -> None:
    incident = incident_on("churn")

    response = client.post(
        f"{incident.get_absolute_url()}answer/",
        {"answer": "accept", "text": "", "seen": incident.digest},
        headers=HTMX,
    )

    assert response.status_code == 422
    assert response.content.decode().lstrip().startswith('<div class="stack" id="page"')


def test_incidents_of_models_one_may_not_read_do_not_exist(client: Client) -> None:
    hidden, mine = incident_on("fraud"), incident_on("churn")
    user = make_user()
    grant(user, Level.CAN_READ, mine.model)
    client.force_login(user)

    page = text(client, "/incidents/")

    assert "churn" in page
    assert "fraud" not in page
    text(client, hidden.get_absolute_url(), status=404)
    answer(client, hidden, "accept", "!", status=404)


@pytest.mark.usefixtures("rui")
def test_the_list_takes_the_same_queries_for_few_and_many(client: Client) -> None:
    incident_on("model-0")
    few = query_count(client, "/incidents/")
    for number in range(1, 15):
        incident_on(f"model-{number}")

    assert query_count(client, "/incidents/") == few


@pytest.mark.usefixtures("rui")
def test_twins_and_contradictions_are_shown_on_the_model(client: Client) -> None:
    model = make_model(name="churn")
    make_version(model=model, stage="Production")
    second = make_version(model=model)
    for name in ("champion", "Champion"):
        make_alias(version=second, name=name)

    page = text(client, "/models/churn/")

    assert "@Champion (v2) and @champion (v2) differ only in case" in page
    assert "@champion is v2, Production is v1." in page


@pytest.mark.usefixtures("rui")
def test_the_history_lists_who_held_what_and_at_one_instant(client: Client) -> None:
    version = make_version(model=make_model(name="churn"), stage="Production")
    make_alias(version=version)
    seen_at = timezone.now()
    infer_holdings(seen_at=seen_at)

    page = text(client, "/models/churn/history/")
    early = text(client, "/models/churn/history/?at=2020-01-01T00:00")
    now = text(client, "/models/churn/history/?at=2026-06-01T00:00:00Z")
    wrong = text(client, "/models/churn/history/?at=yesterday", status=422)

    assert "@champion" in page
    assert page.count("inferred") == 2
    assert "inferred" not in early  # nothing held then
    assert now.count("@champion") == 1  # now, not then: MLflow keeps no time of it
    assert "Production" in now
    assert "Give a date and time such as 2026-03-01T12:00" in wrong


@pytest.mark.usefixtures("rui")
def test_the_history_compares_two_instants(client: Client) -> None:
    model = make_model(name="churn")
    old, new = (make_version(model=model) for _ in range(2))
    noon = timezone.now().replace(microsecond=0)
    for version, started, ended in (
        (old, noon - timedelta(days=9), noon - timedelta(days=3)),
        (new, noon - timedelta(days=3), None),
    ):
        Holding.objects.create(
            model=model,
            version=version,
            target="stage:Production",
            started_at=started,
            ended_at=ended,
        )
    Holding.objects.create(
        model=model, version=old, target="alias:best", started_at=noon
    )

    def at(days: int) -> str:
        return f"{noon - timedelta(days=days):%Y-%m-%dT%H:%M:%S}"

    until_now = text(client, f"/models/churn/history/?at={at(5)}")
    earlier = text(client, f"/models/churn/history/?at={at(8)}&later={at(5)}")
    wrong = text(client, "/models/churn/history/?later=tomorrow", status=422)

    assert 'href="/compare/?v=churn%2F1&amp;v=churn%2F2"' in until_now
    assert "Compare v1 with v2" in until_now
    assert ">changed<" in until_now  # @best was not set then
    assert "the same" in earlier
    assert "Compare v" not in earlier
    assert "Give a date and time" in wrong
