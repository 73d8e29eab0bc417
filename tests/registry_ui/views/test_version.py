"""A version's page and the comments on it (views/catalog.py)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from registry_ui.models import (
    AuditEvent,
    Check,
    Comment,
    EvidenceState,
    Level,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from tests.factories import (
    make_alias,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import HTMX, query_count, text

pytestmark = pytest.mark.django_db

DELETED = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def reader() -> User:
    """Return somebody who may read the whole registry."""
    return make_user(username="dana", full_name="Dana Okafor", level=Level.CAN_READ)


@pytest.fixture
def browser_of_reader(client: Client, reader: User) -> Client:
    client.force_login(reader)
    return client


@pytest.fixture
def browser_of_stranger(client: Client) -> Client:
    client.force_login(make_user())
    return client


def churn(**evidence: Any) -> ModelVersion:
    """Make the model churn with one version in Production."""
    model = make_model(name="churn", description="Who cancels?\nTrained weekly.")
    return make_version(
        model=model, stage=Stage.PRODUCTION, metrics={"val_auc": 0.94}, **evidence
    )


# --- a version --------------------------------------------------------------------


def test_a_version_shows_its_evidence(browser_of_reader: Client) -> None:
    version = churn(
        params={"max_depth": "8"},
        requirements=["scikit-learn==1.7.0"],
        tags={"commit": "8f2c91e"},
        signature={
            "inputs": '[{"type": "long", "name": "tenure", "required": true}]',
            "outputs": '[{"type": "tensor",'
            ' "tensor-spec": {"dtype": "int64", "shape": [-1]}}]',
            "params": None,
        },
    )

    page = text(browser_of_reader, version.get_absolute_url())

    for words in ("val_auc", "0.94", "max_depth", "tenure", "int64 tensor (any)"):
        assert words in page
    assert "scikit-learn==1.7.0" in page
    assert "8f2c91e" in page


def test_numbers_that_are_none_are_shown_as_such(browser_of_reader: Client) -> None:
    version = make_version(
        metrics={"loss": float("nan"), "gain": float("inf"), "drop": float("-inf")}
    )

    page = text(browser_of_reader, version.get_absolute_url())

    for words in ("NaN", "∞", "\N{MINUS SIGN}∞"):
        assert f'<td class="numeric">{words}</td>' in page


def test_a_run_links_to_mlflow_without_its_password(
    browser_of_reader: Client, settings: Settings
) -> None:
    settings.MLFLOW_TRACKING_URI = "https://me:secret@mlflow.example.com/base"
    version = make_version(run_id="r/1")
    version.evidence.experiment_id = "12"
    version.evidence.save()

    page = text(browser_of_reader, version.get_absolute_url())

    assert "https://mlflow.example.com/base/#/experiments/12/runs/r%2F1" in page
    assert "secret" not in page


def test_a_version_without_evidence_says_it_is_being_read(
    browser_of_reader: Client,
) -> None:
    version = make_version(has_evidence=False)

    assert "Being read" in text(browser_of_reader, version.get_absolute_url())


def test_what_could_not_be_read_is_said_with_the_reason(
    browser_of_reader: Client,
) -> None:
    version = make_version()
    version.evidence.run_error = "MLflow has its run no longer."
    version.evidence.model_error = "No MLmodel file."
    version.evidence.save()

    page = text(browser_of_reader, version.get_absolute_url())

    assert "MLflow has its run no longer." in page
    assert "No MLmodel file." in page
    assert page.count("Unknown: ") == 6


def test_a_part_that_was_not_read_yet_is_told_from_one_that_is_not_readable(
    browser_of_reader: Client,
) -> None:
    version = make_version()
    version.evidence.model_read_at = None
    version.evidence.save()
    EvidenceState.objects.create(error="Nothing listens there.")

    page = text(browser_of_reader, version.get_absolute_url())

    assert page.count("Not read yet.") == 3
    assert "Unknown: " not in page
    assert "files not read yet" in page
    assert "Nothing listens there." in page


def test_libraries_and_the_input_example_are_shown(browser_of_reader: Client) -> None:
    version = make_version(requirements=["numpy==2.1.0", "pandas[parquet]>=2"])
    version.evidence.has_input_example = True
    version.evidence.input_example = '{"age": "<b>20</b>"}'
    version.evidence.save()

    page = text(browser_of_reader, version.get_absolute_url())

    for words in ("numpy", "2.1.0", "[parquet] &gt;=2", "Input example"):
        assert words in page
    assert "&lt;b&gt;20&lt;/b&gt;" in page


def test_who_may_edit_has_the_evidence_read_again(client: Client) -> None:
    version = churn()
    client.force_login(make_user(level=Level.CAN_EDIT))
    assert "Read again" in text(client, version.get_absolute_url())

    response = client.post("/models/churn/versions/1/read-again/")

    assert response["Location"] == version.get_absolute_url()
    version.evidence.refresh_from_db()
    assert version.evidence.wished_at is not None
    assert "being read again" in text(client, version.get_absolute_url())


def test_who_may_only_read_is_offered_no_reading(browser_of_reader: Client) -> None:
    assert "Read again" not in text(browser_of_reader, churn().get_absolute_url())


def test_a_signature_that_is_none_of_mlflows_is_said_to_be_unreadable(
    browser_of_reader: Client,
) -> None:
    version = make_version(signature={"inputs": "[{]", "outputs": None})

    page = text(browser_of_reader, version.get_absolute_url())

    assert "Not readable, because it is not JSON." in page


def test_links_of_checks_and_runs_never_run_scripts(browser_of_reader: Client) -> None:
    version = make_version(run_link="javascript:alert(1)")
    Check.objects.create(
        version=version,
        name="bias",
        verdict=Check.Verdict.PASSED,
        link="javascript:alert(2)",
        reported_by=make_user(),
        reported_at=DELETED,
    )

    page = text(browser_of_reader, version.get_absolute_url())

    assert "bias" in page
    assert "javascript:" not in page


def test_a_deleted_version_is_still_shown_and_not_asked_for(
    browser_of_reader: Client,
) -> None:
    version = make_version(deleted_at=DELETED)

    page = text(browser_of_reader, version.get_absolute_url())

    assert "was deleted in MLflow" in page
    assert "/request/" not in page


def test_another_version_compares_with_production(browser_of_reader: Client) -> None:
    version = make_version(model=churn().model)

    page = text(browser_of_reader, version.get_absolute_url())

    assert "/compare/?v=churn/1&amp;v=churn/2" in page


def test_a_version_takes_the_same_queries_for_little_and_much(
    browser_of_reader: Client,
) -> None:
    version = churn()

    def add_all(number: int) -> None:
        make_alias(version=version, name=f"a{number}")
        make_transition_request(version=version)
        Comment.objects.create(version=version, author=make_user(), text="hm")

    add_all(0)
    few = query_count(browser_of_reader, version.get_absolute_url())
    for number in range(1, 20):
        add_all(number)

    assert query_count(browser_of_reader, version.get_absolute_url()) == few


# --- comments ---------------------------------------------------------------------


def test_a_comment_is_stored_and_shown(browser_of_reader: Client) -> None:
    version = churn()

    response = browser_of_reader.post(
        "/models/churn/versions/1/comment/", {"text": "Which <b>data</b>?"}, follow=True
    )

    page = response.content.decode()
    assert response.redirect_chain[0][0] == f"{version.get_absolute_url()}#comments"
    assert "Which &lt;b&gt;data&lt;/b&gt;?" in page
    assert AuditEvent.objects.get().type == "comment.created"


def test_an_empty_comment_is_refused_beside_the_form(browser_of_reader: Client) -> None:
    churn()

    response = browser_of_reader.post(
        "/models/churn/versions/1/comment/", {"text": " "}, headers=HTMX
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert page.lstrip().startswith('<section class="card" id="comments"')
    assert "Write something first." in page


def test_a_comment_that_is_too_long_stays_in_the_form(
    browser_of_reader: Client,
) -> None:
    churn()
    long = "x" * 70_000

    response = browser_of_reader.post(
        "/models/churn/versions/1/comment/", {"text": long}
    )

    assert response.status_code == 422
    assert long in response.content.decode()
    assert not Comment.objects.exists()


def test_reading_the_address_of_comments_leads_to_the_version(
    browser_of_reader: Client,
) -> None:
    version = churn()

    response = browser_of_reader.get("/models/churn/versions/1/comment/")

    assert response["Location"] == version.get_absolute_url()


def test_a_stranger_comments_on_nothing(browser_of_stranger: Client) -> None:
    churn()

    response = browser_of_stranger.post(
        "/models/churn/versions/1/comment/", {"text": "hi"}
    )

    assert response.status_code == 404
    assert not Comment.objects.exists()


def test_reading_pages_writes_nothing(browser_of_reader: Client) -> None:
    version = churn()

    for url in ("/models/", "/models/churn/", version.get_absolute_url()):
        text(browser_of_reader, url)

    assert not AuditEvent.objects.exists()
    assert not TransitionRequest.objects.exists()
    assert RegisteredModel.objects.count() == 1
