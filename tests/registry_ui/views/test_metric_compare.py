"""One metric of several versions by step."""

import pytest
from django.test import Client
from django.utils import timezone

from registry_ui.models import Level, MetricHistory, ModelVersion
from tests.factories import make_model, make_user, make_version
from tests.registry_ui.views.reading import HTMX, browser, text

pytestmark = pytest.mark.django_db

URL = "/compare/metric/?v=churn/1&v=churn/2&key=val/auc"


@pytest.fixture
def versions() -> tuple[ModelVersion, ModelVersion]:
    model = make_model(name="churn")
    return (
        make_version(model=model, metrics={"val/auc": 0.9}),
        make_version(model=model, metrics={"val/auc": 0.8}),
    )


@pytest.fixture
def reader() -> Client:
    return browser(make_user(level=Level.CAN_READ))


def store(version: ModelVersion, *values: float | str) -> MetricHistory:
    return MetricHistory.objects.create(
        version=version,
        key="val/auc",
        points=[[10 * step, value] for step, value in enumerate(values)],
        point_count=len(values),
        read_at=timezone.now(),
    )


def test_metrics_of_a_comparison_lead_there(
    versions: tuple[ModelVersion, ModelVersion], reader: Client
) -> None:
    page = text(reader, "/compare/?v=churn/1&v=churn/2&only=differences")

    href = 'href="/compare/metric/?v=churn%2F1&amp;v=churn%2F2&amp;key=val%2Fauc"'
    assert href in page


def test_curves_lie_over_each_other_with_a_table_behind(
    versions: tuple[ModelVersion, ModelVersion], reader: Client
) -> None:
    store(versions[0], 0.5, 0.7, 0.9)
    store(versions[1], 0.4, 0.8)

    page = text(reader, URL)

    assert page.count('<path class="series') == 2
    assert "churn v1 ends at 0.9; churn v2 ends at 0.8" in page
    assert page.count("<tr><td") == 3  # steps 0, 10, 20
    assert '<td class="numeric">20</td><td class="numeric">0.9</td>' in page
    assert "hx-post" not in page.partition('id="curves"')[2]


def test_what_lacks_is_read_when_somebody_looks(
    versions: tuple[ModelVersion, ModelVersion], reader: Client
) -> None:
    store(versions[0], 0.5, 0.9)
    before = text(reader, URL)

    answer = reader.post(URL)

    assert 'hx-trigger="load"' in before
    assert answer.status_code == 302
    lacking = MetricHistory.objects.get(version=versions[1])
    assert lacking.due_at is not None
    assert MetricHistory.objects.filter(due_at=None).count() == 1
    after = text(reader, URL, headers=HTMX)
    assert 'hx-trigger="every 1s"' in after
    assert "Others are being read" in after


def test_smoothing_and_a_logarithmic_scale_change_the_drawing_alone(
    versions: tuple[ModelVersion, ModelVersion], reader: Client
) -> None:
    for version in versions:
        store(version, 0.001, 1.0, 0.01, 0.5)

    plain, smooth, log = (
        text(reader, f"{URL}{query}", headers=HTMX)
        for query in ("", "&smooth=0.9", "&scale=log")
    )

    def path(page: str) -> str:
        return page.partition('<path class="series')[2].partition("/>")[0]

    assert len({path(plain), path(smooth), path(log)}) == 3
    assert "exponential moving average" in smooth
    assert ">0.001<" in log  # a tick
    for page in (plain, smooth, log):
        assert page.count('<td class="numeric">0.5</td>') == 2


def test_values_without_a_logarithm_are_gaps(
    versions: tuple[ModelVersion, ModelVersion], reader: Client
) -> None:
    store(versions[0], 0.0, -1.0, "NaN")
    store(versions[1], 0.0, 0.1, 1.0)

    page = text(reader, f"{URL}&scale=log")

    assert "churn v1 has no values" in page
    assert page.count('<path class="series') == 1


@pytest.mark.parametrize(
    "url",
    [
        "/compare/metric/",
        "/compare/metric/?v=churn/1&v=churn/2",
        "/compare/metric/?v=churn/1&v=churn/2&key=nonsense",
        "/compare/metric/?v=churn/1&v=churn/9&key=val/auc",
    ],
)
def test_what_is_not_there_is_not_found(
    versions: tuple[ModelVersion, ModelVersion], reader: Client, url: str
) -> None:
    assert reader.get(url).status_code == 404


def test_names_are_plain_text(reader: Client) -> None:
    model = make_model(name="<i>x")
    for _ in range(2):
        store(make_version(model=model, metrics={"val/auc": 0.9}), 0.1, 0.2)

    page = text(reader, URL.replace("churn", "<i>x"))

    assert "<i>x" not in page
    assert "&lt;i&gt;x v1 ends at 0.2" in page
