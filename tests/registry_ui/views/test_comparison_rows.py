"""Rows of a comparison: pinned, marked, and those of the model's files."""

import pytest
from django.test import Client

from registry_ui.models import Evidence, Level
from tests.factories import make_model, make_user, make_version
from tests.registry_ui.views.reading import browser
from tests.registry_ui.views.test_comparison import compare_url, pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    return browser(make_user(level=Level.CAN_READ))


def test_a_pinned_row_stays_on_top_and_in_the_addresses(reader: Client) -> None:
    versions = pair()

    page = reader.get(compare_url(*versions, only="differences", pin="params/eta"))

    html = page.content.decode()
    assert html.index("eta</td>") < html.index("depth</td>")
    assert (
        'value="params/eta" aria-label="Pin eta" title="Keep on top" checked>' in html
    )
    assert 'value="params/depth" aria-label="Pin depth" title="Keep on top">' in html
    assert "pin=params%2Feta&amp;" not in html.split("/api/v1/compare")[1][:200]
    assert "only=differences&amp;pin=params%2Feta" in html


def test_a_pin_that_names_nothing_is_no_error(reader: Client) -> None:
    address = f"{compare_url(*pair())}&pin=nonsense&pin=params/none&pin="

    assert reader.get(address).status_code == 200


def test_in_a_long_value_the_difference_is_marked(reader: Client) -> None:
    model = make_model(name="churn")
    long = "a note that goes on and on, since people write such notes; "
    for rate in ("0.12", "<b>0.15</b>"):
        params = {"note": long * 5 + f"rate {rate} at last"}
        make_version(model=model, params=params)

    page = reader.get("/compare/?v=churn/1&v=churn/2").content.decode()

    assert "<del>0.12</del>" in page
    assert "<ins>&lt;b&gt;0.15&lt;/b&gt;</ins>" in page
    assert "<details><summary>…" in page


def test_files_and_the_mlmodel_file_are_compared(reader: Client) -> None:
    before, after = pair()
    Evidence.objects.filter(version=before).update(
        files={"model.pkl": 1000}, model_metadata={"mlflow_version": "3.1"}
    )
    Evidence.objects.filter(version=after).update(
        files={"model.pkl": 2000}, files_error="<i>Cut</i>."
    )

    page = reader.get(compare_url(before, after)).content.decode()

    assert "1,000 B" in page
    assert "2,000 B" in page
    assert "v2: &lt;i&gt;Cut&lt;/i&gt;." in page
    assert ">mlflow_version</td>" in page
