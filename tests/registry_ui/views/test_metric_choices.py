"""The headline metric and the directions that people choose for a model."""

import pytest
from django.test import Client

from registry_ui.models import AuditEvent, Level, ModelVersion, Stage
from tests.factories import make_model, make_user, make_version
from tests.registry_ui.views.reading import browser, text

pytestmark = pytest.mark.django_db

PAGE = "/models/churn/metrics/"
METRICS = {"auc": 0.9, "rmse": 2.0, "odd": 1.0}


@pytest.fixture
def manager() -> Client:
    return browser(make_user(username="mira", level=Level.CAN_MANAGE))


@pytest.fixture
def versions() -> tuple[ModelVersion, ModelVersion]:
    """v1 in Production, v2 in Staging with each metric 10 % higher."""
    model = make_model(name="churn")
    higher = {name: value * 1.1 for name, value in METRICS.items()}
    return (
        make_version(model=model, number=1, stage=Stage.PRODUCTION, metrics=METRICS),
        make_version(model=model, number=2, stage=Stage.STAGING, metrics=higher),
    )


def choose(client: Client, **chosen: str) -> None:
    fields = {
        "headline" if name == "headline" else f"better:{name}": value
        for name, value in chosen.items()
    }
    response = client.post(PAGE, fields)
    assert response.status_code == 302, response.content.decode()


@pytest.mark.usefixtures("versions")
def test_the_page_offers_each_metric_and_says_what_is_inferred(manager: Client) -> None:
    page = text(manager, PAGE)

    assert "By the rule (auc)" in page
    for name, words in (("auc", "higher"), ("rmse", "lower"), ("odd", "neither")):
        assert f'name="better:{name}"' in page
        assert f"By its name ({words}" in page


@pytest.mark.usefixtures("versions")
def test_what_is_chosen_shows_on_every_page_that_judges(manager: Client) -> None:
    choose(manager, headline="odd", odd="lower")

    board = text(manager, "/models/churn/")
    comparison = text(manager, "/compare/?v=churn/1&v=churn/2")
    matrix = text(manager, "/stages/")
    listed = text(manager, "/models/")
    version = text(manager, "/models/churn/versions/2/")

    assert '<span class="mono">odd</span>, compared with Production v1' in board
    assert "better when lower, as people chose" in comparison
    assert 'data-heat="worse-2"' in matrix
    assert 'title="odd"' in matrix
    assert '<span class="metric-name" title="odd">odd</span> 1.000' in listed
    assert version.index("odd") < version.index("auc")


@pytest.mark.usefixtures("versions")
def test_the_choice_is_on_record_and_stands_in_the_form_again(manager: Client) -> None:
    choose(manager, headline="rmse", auc="unknown")
    choose(manager, headline="rmse", auc="unknown")  # nothing new: no second event

    event = AuditEvent.objects.get(type="registered_model.metrics_chosen")

    assert event.actor_name == "mira"
    assert event.details["before"] == {"headline": "", "directions": {}}
    assert event.details["after"] == {
        "headline": "rmse",
        "directions": {"auc": "unknown"},
    }
    page = text(manager, PAGE)
    assert '<option value="rmse" selected>' in page
    assert '<option value="unknown" selected>' in page
    assert "mira chose how metrics of churn are read" in text(manager, "/audit/")


@pytest.mark.usefixtures("versions")
def test_a_choice_that_nobody_offered_is_refused(manager: Client) -> None:
    page = text(manager, PAGE, status=200)
    assert "not-a-metric" not in page

    wrong = manager.post(PAGE, {"headline": "not-a-metric", "better:auc": "sideways"})

    assert wrong.status_code == 422
    assert wrong.content.decode().count("Select a valid choice") == 2
    assert not AuditEvent.objects.filter(type="registered_model.metrics_chosen")


def test_a_metric_that_is_gone_can_be_unchosen(
    manager: Client, versions: tuple[ModelVersion, ModelVersion]
) -> None:
    model = versions[0].model
    model.headline_metric, model.metric_directions = "gone", {"lost": "higher"}
    model.save(update_fields=["headline_metric", "metric_directions"])

    assert '<option value="gone" selected>' in text(manager, PAGE)
    choose(manager)

    model.refresh_from_db()
    assert (model.headline_metric, model.metric_directions) == ("", {})


def test_a_model_without_metrics_says_so(manager: Client) -> None:
    make_version(model=make_model(name="churn"))

    assert "No metric is known yet" in text(manager, PAGE)
