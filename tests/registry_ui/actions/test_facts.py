"""From rows of the mirror to facts."""

import math

import pytest
from pytest_django import DjangoAssertNumQueries

from registry_ui.actions.facts import (
    FILES_NOT_READ,
    RUN_NOT_READ,
    version_facts,
    versions_facts,
)
from registry_ui.comparison import Dataset
from registry_ui.models import ModelVersion
from tests.factories import make_alias, make_model, make_version

pytestmark = pytest.mark.django_db


def test_facts_hold_what_the_mirror_knows() -> None:
    version = make_version(
        model=make_model(name="churn"),
        number=7,
        stage="Staging",
        metrics={"auc": 0.9},
        params={"depth": "6"},
        requirements=["numpy==2.1.0"],
        tags={"team": "growth"},
    )
    make_alias(version=version, name="champion")
    version.evidence.datasets = [{"name": "customers", "digest": "d1", "context": None}]
    version.evidence.flavors = {"sklearn": {}, "python_function": {}}
    version.evidence.save()

    facts = version_facts(ModelVersion.objects.get(pk=version.pk))

    assert facts.label == "churn v7"
    assert facts.key == "churn/7"
    assert facts.stage == "Staging"
    assert facts.aliases == ("champion",)
    assert facts.metrics == {"auc": 0.9}
    assert facts.params == {"depth": "6"}
    assert facts.tags == {"team": "growth"}
    assert facts.requirements == ("numpy==2.1.0",)
    assert facts.datasets == (Dataset("customers", "d1"),)
    assert facts.flavors == ("sklearn", "python_function")
    assert facts.evidence_errors == ()


def test_metrics_that_json_cannot_hold_are_numbers_again() -> None:
    version = make_version(metrics={"a": math.nan, "b": math.inf, "c": -math.inf})

    metrics = version_facts(version).metrics

    assert math.isnan(metrics["a"])
    assert (metrics["b"], metrics["c"]) == (math.inf, -math.inf)


def test_a_version_that_was_not_read_yet_says_so() -> None:
    facts = version_facts(make_version(has_evidence=False))

    assert not facts.is_run_read
    assert not facts.is_model_read
    assert facts.evidence_errors == (RUN_NOT_READ, FILES_NOT_READ)


def test_what_could_not_be_read_is_told_apart() -> None:
    version = make_version()
    version.evidence.model_error = "MLflow answered 500."
    version.evidence.save()

    facts = version_facts(version)

    assert facts.is_run_read
    assert not facts.is_model_read
    assert facts.evidence_errors == ("MLflow answered 500.",)


def test_facts_of_many_versions_cost_a_fixed_number_of_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    model = make_model()
    for _ in range(5):
        make_version(model=model, tags={"a": "b"})
    versions = list(ModelVersion.objects.all())
    prepared = list(ModelVersion.objects.with_evidence())

    with django_assert_num_queries(4):
        versions_facts(versions)
    with django_assert_num_queries(0):
        versions_facts(prepared)
