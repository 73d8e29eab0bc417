"""Text and metrics compared by the database: the same on both."""

import math

import pytest
from django.db.models import F

from registry_ui.models import ModelVersion, RegisteredModel
from registry_ui.models.text import (
    CodePoints,
    MetricValue,
    NameOrder,
    contains,
    equals,
    starts_with,
)
from tests.factories import make_model, make_version

pytestmark = pytest.mark.django_db

NAMES = ["b", "A", "a", "B", "_", "Z1", "z", "é", "É", "ß", "10", "9", "a-b", "a b"]


def test_names_are_in_the_order_that_python_computes() -> None:
    for name in NAMES:
        make_model(name=name)

    models = RegisteredModel.objects.order_by(NameOrder("name"), CodePoints("name"))

    expected = sorted(NAMES, key=lambda name: (NameOrder.of(name), name))
    assert [model.name for model in models] == expected
    assert expected.index("a") < expected.index("b") < expected.index("z")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("HUR", {"churn"}),
        ("é", {"Résumé"}),
        ("RÉSUMÉ", {"Résumé"}),
        ("%", {"100%"}),
        ("_", {"a_b"}),
        ("\\", {"back\\slash"}),
        ("'", {"it's"}),
        ('"', {'say "hi"'}),
        (".*", set()),
        ("é.", set()),
    ],
)
def test_a_part_is_found_in_any_case_and_nothing_in_it_is_special(
    text: str, found: set[str]
) -> None:
    for name in (
        *("churn", "Résumé", "100%", "a_b", "back\\slash", "it's", 'say "hi"'),
    ):
        make_model(name=name)

    models = RegisteredModel.objects.filter(contains("name", text))

    assert {model.name for model in models} == found


@pytest.mark.parametrize("text", ["CHURN", "churn"])
def test_a_whole_name_is_no_part_and_a_beginning_is_no_middle(text: str) -> None:
    for name in ("Churn", "churn-2", "my-churn"):
        make_model(name=name)
    models = RegisteredModel.objects

    assert [m.name for m in models.filter(equals("name", text))] == ["Churn"]
    beginning = models.filter(starts_with("name", text))
    assert {m.name for m in beginning} == {"Churn", "churn-2"}


def test_a_whole_name_with_an_accent_is_no_part_either() -> None:
    for name in ("École", "École 2", "école\n"):
        make_model(name=name)

    models = RegisteredModel.objects.filter(equals("name", "ÉCOLE"))

    assert [model.name for model in models] == ["École"]


@pytest.mark.parametrize("name", ["auc", "0", "val/auc: 5", "a.b"])
def test_a_metric_is_read_whatever_it_is_called(name: str) -> None:
    make_version(metrics={name: 0.1 + 0.2, "other": 1.0})

    assert _values(name) == [0.1 + 0.2]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (math.nan, None),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
        (-0.5, -0.5),
        (1e300, 1e300),
    ],
)
def test_what_json_has_no_numbers_for_is_read_too(
    value: float, shown: float | None
) -> None:
    make_version(metrics={"auc": value})

    assert [MetricValue.shown(value) for value in _values("auc")] == [shown]


def test_a_metric_that_is_not_there_is_null() -> None:
    make_version(metrics={"auc": 0.5})
    make_version(has_evidence=False)

    assert _values("loss") == [None, None]


@pytest.mark.parametrize("name", ['a"b', "a\\b", "", "a'b", "a%b", "a$b", "a\x00"])
def test_names_that_no_metric_can_have_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="No metric"):
        MetricValue(name)


def _values(name: str) -> list[float | None]:
    versions = ModelVersion.objects.annotate(value=MetricValue(name))
    return list(versions.order_by(F("pk")).values_list("value", flat=True))
