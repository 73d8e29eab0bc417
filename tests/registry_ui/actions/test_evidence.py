"""Reading evidence: one at a time, in small bites, and again when wished."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.evidence import (
    ALL,
    Bound,
    EvidenceReport,
    read_again,
    read_evidence,
)
from registry_ui.actions.leases import take_lease
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowClient, MLflowError, MLflowUnavailable
from registry_ui.models import Evidence, EvidenceState, Level
from tests.factories import make_user, make_version
from tests.registry_ui.actions.registering import (
    evidence_of,
    mirrored,
    read,
    registered_text,
)
from tests.registry_ui.mlflow_client.raw_server import http, raw_server

pytestmark = pytest.mark.django_db


def test_runs_are_read_before_files_and_each_part_says_when(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    run_id = theirs.create_run("0").info.run_id
    version = mirrored(theirs, run_id=run_id)

    with pytest.raises(MLflowUnavailable):
        read_evidence(MLflowClient("http://127.0.0.1:9"), mlflow_client)

    evidence = evidence_of(version)
    assert evidence.run_read_at is not None
    assert evidence.run_status == "RUNNING"
    assert evidence.model_read_at is None
    assert evidence.model_error == ""


@pytest.mark.parametrize(
    "reply",
    [
        http("200 OK", b"<html>", "text/html"),
        http("200 OK", b'{"experiments": [{}]}'),
        http("200 OK", b"[]"),
        http("500 Internal Server Error", b"<html>oops</html>", "text/html"),
        http("401 Unauthorized", b"no"),
        b"nonsense\r\n\r\n",
    ],
)
def test_an_mlflow_that_answers_nonsense_leaves_versions_unread(reply: bytes) -> None:
    version = make_version(has_evidence=False)
    filed = make_version()
    Evidence.objects.filter(version=filed).update(
        model_read_at=None, model_due_at=timezone.now()
    )

    with raw_server(reply) as server:
        client = MLflowClient(server.uri)
        with pytest.raises(MLflowError):
            read_evidence(client, client)

    state = EvidenceState.load()
    assert state.error
    assert state.lease_token == ""
    assert not Evidence.objects.filter(version=version).exists()
    # Text that comes with 200 may be what the file holds: an answer, in words.
    evidence = evidence_of(filed)
    assert (evidence.model_read_at is None) == (evidence.model_error == "")


def test_files_are_read_where_runs_cannot_be(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = registered_text(theirs, "flavors: {odd: {}}", path="model/MLmodel")
    Evidence.objects.create(version=version, model_due_at=timezone.now())
    make_version(has_evidence=False)

    with pytest.raises(MLflowError):
        read_evidence(mlflow_client, MLflowClient("http://127.0.0.1:9"))

    assert evidence_of(version).flavors == {"odd": {}}


def test_a_small_reading_after_a_quiet_minute_is_followed_by_the_next_at_once(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    mirrored(theirs)
    report = read(mlflow_client)
    assert report is not None
    assert (report.runs, report.files) == (1, 1)

    state = EvidenceState.load()
    for resume_at in (state.runs_resume_at, state.files_resume_at):
        assert resume_at is not None
        assert resume_at < timezone.now()


def test_mlflow_rests_for_what_a_reading_has_cost_it(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    mirrored(theirs)
    before = timezone.now()
    EvidenceState.objects.create(runs_resume_at=before, files_resume_at=before)
    read(mlflow_client)
    cost = timezone.now() - before

    state = EvidenceState.load()

    assert state.runs_resume_at is not None
    assert state.files_resume_at is not None
    rests = state.runs_resume_at + (state.files_resume_at - before)
    assert rests - before > 10 * cost


def test_nothing_is_read_while_mlflow_rests(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    mirrored(theirs)
    resting = timezone.now() + timedelta(minutes=1)
    EvidenceState.objects.create(runs_resume_at=resting, files_resume_at=resting)

    assert read_evidence(mlflow_client, mlflow_client, only_when_due=True) is None


def test_a_new_run_need_not_wait_for_the_files_of_others(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    mirrored(theirs)
    resting = timezone.now() + timedelta(minutes=1)
    EvidenceState.objects.create(files_resume_at=resting)

    report = read_evidence(mlflow_client, mlflow_client, only_when_due=True)

    assert report is not None
    assert (report.runs, report.files) == (1, 0)
    assert EvidenceState.load().files_resume_at == resting


def test_only_one_reads_at_a_time(mlflow_client: MLflowClient) -> None:
    assert take_lease(EvidenceState)

    assert read_evidence(mlflow_client, mlflow_client) is None


def test_who_lost_the_lease_stops(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    mirrored(theirs)

    def steal(_: EvidenceReport) -> None:
        EvidenceState.objects.update(lease_token="others")  # noqa: S106 - a lease's name

    report = read_evidence(mlflow_client, mlflow_client, bound=ALL, progress=steal)

    assert report is None
    assert EvidenceState.load().lease_token == "others"  # noqa: S105 - as above


def test_who_may_edit_has_a_version_read_again_before_its_time(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = mirrored(theirs)
    read(mlflow_client)

    read_again(version, actor=make_user(level=Level.CAN_EDIT))
    report = read_evidence(mlflow_client, mlflow_client, only_when_due=True)

    assert report is not None
    assert (report.runs, report.files) == (1, 1)
    assert evidence_of(version).wished_at is None


def test_a_wish_made_while_others_are_read_need_not_wait_for_the_rest(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = mirrored(theirs)
    wished = make_version()
    editor = make_user(level=Level.CAN_EDIT)

    def wish(report: EvidenceReport) -> None:
        if report.files == 1 and wished.evidence.wished_at is None:
            read_again(wished, actor=editor)
            wished.evidence.refresh_from_db()

    one_file = Bound(runs=None, file_seconds=0.0)
    read_evidence(mlflow_client, mlflow_client, bound=one_file, progress=wish)
    report = read_evidence(mlflow_client, mlflow_client, only_when_due=True)

    assert report is not None
    assert evidence_of(version).model_read_at is not None
    assert evidence_of(wished).wished_at is None


def test_who_may_only_read_and_a_deleted_version_have_nothing_read_again() -> None:
    version = make_version()

    with pytest.raises(PermissionDenied):
        read_again(version, actor=make_user(level=Level.CAN_READ))
    version.deleted_at = timezone.now()
    with pytest.raises(ActionError, match="was deleted"):
        read_again(version, actor=make_user(level=Level.CAN_EDIT))
