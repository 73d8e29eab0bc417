"""What databricks-sdk and MLflow ask before they call."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

CONFIG = "/.well-known/databricks-config"


def test_there_is_nothing_to_know_before_a_call(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = Client().get(CONFIG)

    assert answer.status_code == 200
    assert answer.json() == {}


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Basic nonsense"])
def test_credentials_are_not_looked_at(db: None, authorization: str) -> None:
    answer = Client(headers={"Authorization": authorization}).get(CONFIG)

    assert answer.status_code == 200
