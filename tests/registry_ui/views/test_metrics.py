"""The page of one metric by step (views/metrics.py)."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from registry_ui.models import Level, MetricHistory, ModelVersion
from tests.factories import make_model, make_user, make_version
from tests.registry_ui.views.reading import HTMX, browser, query_count, text

pytestmark = pytest.mark.django_db

URL = "/models/churn/versions/1/metrics/val/auc/"


@pytest.fixture
def version() -> ModelVersion:
    return make_version(model=make_model(name="churn"), metrics={"val/auc": 0.91})


@pytest.fixture
def reader() -> Client:
    return browser(make_user(level=Level.CAN_READ))


def stored(version: ModelVersion, **columns: Any) -> MetricHistory:
    defaults: dict[str, Any] = {
        "points": [[0, 0.5], [1, "NaN"], [2, 0.91]],
        "point_count": 3,
        "read_at": timezone.now(),
    }
    return MetricHistory.objects.create(
        version=version, key="val/auc", **(defaults | columns)
    )


def test_the_metrics_of_a_version_lead_to_their_pages(
    version: ModelVersion, reader: Client
) -> None:
    assert f'href="{URL}"' in text(reader, version.get_absolute_url())


def test_what_was_never_read_is_asked_for_by_the_page_itself(
    version: ModelVersion, reader: Client
) -> None:
    page = text(reader, URL)

    assert f'hx-post="{URL}"' in page
    assert 'hx-trigger="load"' in page
    assert "Read its history" in page
    assert not MetricHistory.objects.exists()


def test_asking_stores_a_wish_and_the_page_waits(
    version: ModelVersion,
    reader: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        response = reader.post(URL)

    assert response["Location"] == URL
    assert len(callbacks) == 1
    page = text(reader, URL, headers=HTMX)
    assert page.lstrip().startswith('<section class="card"')
    assert 'hx-trigger="every 1s"' in page
    assert "Load again" in page


def test_a_history_is_a_curve_with_its_numbers(
    version: ModelVersion, reader: Client
) -> None:
    stored(version)

    page = text(reader, URL)

    assert 'data-chart="line"' in page
    assert "The 3 points as numbers" in page
    assert "NaN" in page
    assert "hx-trigger" not in page.split('id="history"')[1]


def test_a_cut_history_and_an_unreadable_one_say_so(
    version: ModelVersion, reader: Client
) -> None:
    history = stored(version, is_cut=True, point_count=100_000)
    assert "the first 100,000 points" in text(reader, URL)

    history.error = "No answer within 10 s."
    history.save(update_fields=["error"])
    assert "No answer within 10 s." in text(reader, URL)


def test_one_value_needs_no_curve(version: ModelVersion, reader: Client) -> None:
    stored(version, points=[[7, 0.91]], point_count=1)

    assert "logged once, at step 7" in text(reader, URL)


def test_a_metric_that_was_not_logged_has_no_page(
    version: ModelVersion, reader: Client
) -> None:
    text(reader, "/models/churn/versions/1/metrics/other/", 404)


def test_long_histories_take_no_more_queries(
    version: ModelVersion, reader: Client
) -> None:
    history = stored(version)
    few = query_count(reader, URL)
    history.points = [[step, 0.5] for step in range(900)]
    history.save(update_fields=["points"])

    assert query_count(reader, URL) == few
