"""Comparison of versions over REST."""

import math

import pytest
from django.contrib.auth.models import User

from registry_ui.models import ModelVersion
from tests.factories import make_model, make_version
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/compare"


def test_it_says_what_the_page_says(requester: User, candidate: ModelVersion) -> None:
    answer = caller(requester).get(f"{URL}?v=churn/1&v=churn/2")

    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert [(one["model"], one["version"]) for one in found["versions"]] == [
        ("churn", 1),
        ("churn", 2),
    ]
    assert found["headline_metric"] == "auc"
    (auc,) = found["metrics"]
    assert (auc["direction"], auc["is_chosen"]) == ("higher", False)
    assert auc["cells"][1]["verdict"] == "better"
    assert auc["cells"][1]["change"] == pytest.approx(0.03)
    assert found["summary"][0]["text"].startswith("auc 0.88 → 0.91")


def test_metrics_that_are_no_numbers_are_words(requester: User) -> None:
    model = make_model(name="odd")
    for value in (math.nan, math.inf):
        make_version(model=model, metrics={"auc": value})

    (auc,) = caller(requester).get(f"{URL}?v=odd/1&v=odd/2").json()["metrics"]

    assert [cell["value"] for cell in auc["cells"]] == ["NaN", "Infinity"]
    assert [cell["change"] for cell in auc["cells"]] == [None, None]


def test_only_differences_leaves_out_what_is_equal(requester: User) -> None:
    model = make_model(name="odd")
    for depth in ("6", "8"):
        make_version(model=model, params={"depth": depth, "eta": "0.1"})

    query = "?v=odd/1&v=odd/2&only=differences"
    found = caller(requester).get(f"{URL}{query}").json()["parameters"]

    assert [row["name"] for row in found] == ["depth"]
    assert [cell["change"] for cell in found[0]["cells"]] == ["same", "changed"]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("?v=churn/1", 400, "`v`"),
        ("", 400, "`v`"),
        ("?" + "&".join(f"v=churn/{n}" for n in range(11)), 400, "`v`"),
        ("?v=churn/1&v=churn/9", 404, "churn/9"),
        ("?v=churn/1&v=hidden", 404, "model/number"),
        ("?v=churn/1&v=churn/1", 400, "`v` must name another version each time."),
        ("?v=churn/1&v=churn/2&v=churn/v1", 400, "`v` must name another version"),
        ("?v=churn/1&v=churn/2&only=all", 400, "`only`"),
        (f"?v=churn/1&v=churn/2{2 * '&only=differences'}", 400, "Give `only` once"),
        ("?v=churn/1&v=churn/2&base=1", 400, "base"),
    ],
)
def test_bad_queries_are_refused_with_the_field_and_the_remedy(
    requester: User, candidate: ModelVersion, query: str, status: int, words: str
) -> None:
    answer = caller(requester).get(f"{URL}{query}")

    assert answer.status_code == status, answer.content
    assert words in answer.json()["message"]
