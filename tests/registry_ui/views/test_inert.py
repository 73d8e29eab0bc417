"""What comes from MLflow is text: in pages, in tables for spreadsheets, in JSON.

Paper is the page, so what is inert there is inert in print.
"""

import csv
import io
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from registry_ui.models import (
    Evidence,
    Level,
    MetricHistory,
    ModelTag,
    ModelVersion,
    Stage,
    TransitionRequest,
)
from tests.factories import (
    make_alias,
    make_model,
    make_token,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import browser, text

pytestmark = pytest.mark.django_db

# MLflow takes neither of / and : in the name of a model.
NAME = """=1+1"'><img src=x onerror=alert(1)>{{7*7}}"""
EVIL = f"""{NAME}<script>alert(2)</script>[x](javascript:alert(3))${{7*7}}"""
METRIC = "val/auc"
_MARKS = {"=", "+", "-", "@", "\t", "\r"}


class Acts(HTMLParser):
    """Collects what in a page would act or load because of what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img" and not given.get("src", "").startswith("/static/"):
            self.found.append(f"{tag} {given}")
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.found.append(f"{tag} {given}")
        if any(name.startswith("on") for name in given):
            self.found.append(f"{tag} {given}")
        for name in ("href", "src", "action", "formaction", "hx-get", "hx-post"):
            if given.get(name, "").strip().casefold().startswith("javascript:"):
                self.found.append(f"{tag} {given}")


def make_evil(model_name: str = NAME) -> list[ModelVersion]:
    """Make a model with three versions; all that MLflow lets people write is EVIL."""
    model = make_model(name=model_name, description=EVIL, tags={EVIL: EVIL})
    ModelTag.objects.create(model=model, key="owner", value=EVIL)
    versions = []
    stages = (Stage.PRODUCTION, Stage.STAGING, Stage.NONE)
    for number, stage in enumerate(stages, start=1):
        text_of = f"{EVIL}{number}"
        version = make_version(
            model=model,
            number=number,
            stage=stage,
            metrics={METRIC: number / 10, "ms": float(number)},
            params={EVIL: text_of, "long": f"{'some words ' * 20}{text_of}"},
            tags={EVIL: text_of},
            signature={
                part: [{"type": text_of, "name": EVIL, "required": True}]
                for part in ("inputs", "outputs", "params")
            },
            requirements=[text_of, f"numpy=={number}  # {EVIL}"],
            description=text_of,
            source=f"javascript:{EVIL}",
            run_link=f"javascript:{EVIL}",
            status_message=EVIL,
        )
        Evidence.objects.filter(version=version).update(
            run_name=text_of,
            run_user=text_of,
            experiment_id=EVIL[:64],
            run_tags={
                "mlflow.source.git.commit": text_of,
                "mlflow.source.git.repoURL": f"javascript://x/{EVIL}",
                EVIL: text_of,
            },
            datasets=[{"name": EVIL, "digest": text_of, "context": EVIL}],
            flavors={EVIL: {EVIL: text_of}},
            model_metadata={EVIL: {EVIL: text_of}, "list": [EVIL]},
            python_version=EVIL[:64],
            mlflow_version=EVIL[:64],
            has_input_example=True,
            input_example=f"{text_of} {'and more of it ' * 20}",
            files={EVIL: number, f"{EVIL}/{EVIL}": None},
            files_error=EVIL if number == 3 else "",
        )
        MetricHistory.objects.create(
            version=version, key=METRIC, error=EVIL if number == 3 else ""
        )
        versions.append(version)
    make_alias(version=versions[0], name="<b>{{7*7}}")
    make_transition_request(version=versions[1])
    return versions


def keys(versions: list[ModelVersion]) -> str:
    return urlencode([("v", version.compare_key) for version in versions])


@pytest.fixture
def evil() -> list[ModelVersion]:
    return make_evil()


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/models/",
        "/stages/",
        "/models/{name}/",
        "/models/{name}/?col=param:long&sort=-metric:val/auc",
        "/models/{name}/versions/2/",
        "/models/{name}/versions/2/request/",
        "/models/{name}/compare/",
        "/models/{name}/history/",
        "/models/{name}/metrics/",
        "/models/{name}/metrics/val/auc/",
        "/models/{name}/metrics/val/auc/?against=param:long",
        "/compare/?{pair}",
        "/compare/?{pair}&only=differences&find=%3Cscript%3E&pin=params/%3Cb%3E",
        "/compare/?{all}",
        "/compare/metric/?{all}&key=val/auc",
        "/requests/{request}/",
    ],
)
def test_no_page_acts_on_what_it_shows(address: str, evil: list[ModelVersion]) -> None:
    reader = browser(make_user(level=Level.CAN_MANAGE))
    url = address.format(
        name=quote(NAME, ""),
        pair=keys(evil[:2]),
        all=keys(evil),
        request=TransitionRequest.objects.get().number,
    )

    page = text(reader, url)

    acts = Acts()
    acts.feed(page)
    assert acts.found == []
    assert "{{7*7}}" in page


def test_no_cell_of_the_table_is_a_formula(evil: list[ModelVersion]) -> None:
    reader = browser(make_user(level=Level.CAN_READ))

    response = reader.get(f"/compare/csv/?{keys(evil)}")

    assert response["Content-Type"].startswith("text/csv")
    assert "attachment" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    sections = {row[0] for row in rows[1:]}
    assert {"files", "MLmodel", "input example", "lineage", "data sets"} <= sections
    formulas = [
        cell for row in rows for cell in row if cell[:1] in _MARKS and not _number(cell)
    ]
    assert formulas == []


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_json_is_json_whatever_it_holds(evil: list[ModelVersion]) -> None:
    _, secret = make_token(user=make_user(level=Level.CAN_READ))

    response = Client().get(
        f"/api/v1/compare?{keys(evil)}", headers={"Authorization": f"Bearer {secret}"}
    )

    assert response["Content-Type"].startswith("application/json")
    assert response["X-Content-Type-Options"] == "nosniff"
    found: dict[str, Any] = response.json()
    (row,) = (one for one in found["parameters"] if one["name"] == EVIL)
    assert row["cells"][0]["value"] == f"{EVIL}1"
    assert {one["name"] for one in found["files"]} == {EVIL, f"{EVIL}/{EVIL}"}
