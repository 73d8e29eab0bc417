"""Reporting checks."""

import json

import pytest
from django.core.exceptions import PermissionDenied

from registry_ui.actions.checks import report_check
from registry_ui.errors import ActionError
from registry_ui.models import AuditEvent, Check, Level
from tests.factories import grant, make_user, make_version

pytestmark = pytest.mark.django_db
PASSED = Check.Verdict.PASSED


def test_the_newest_verdict_stands_and_all_are_on_record() -> None:
    version, actor = make_version(), make_user(level=Level.CAN_EDIT)

    report_check(version, "fairness", Check.Verdict.FAILED, actor=actor, text="8 %")
    report_check(version, "fairness", PASSED, actor=actor)

    check = version.checks.get()
    assert (check.verdict, check.text) == ("passed", "")
    recorded = [json.loads(e.body)["details"] for e in AuditEvent.objects.all()]
    assert [details["verdict"] for details in recorded] == ["passed", "failed"]


def test_each_name_and_version_has_its_own_verdict() -> None:
    version, other = make_version(), make_version()
    actor = make_user(level=Level.CAN_EDIT)

    for target, name in ((version, "a"), (version, "b"), (other, "a")):
        report_check(target, name, PASSED, actor=actor)

    assert Check.objects.count() == 3


def test_reporting_needs_can_edit_on_the_model() -> None:
    version = make_version()
    reader, editor = make_user(level=Level.CAN_READ), make_user(level=Level.CAN_READ)
    grant(editor, Level.CAN_EDIT, version.model)

    with pytest.raises(PermissionDenied):
        report_check(version, "fairness", PASSED, actor=reader)

    assert report_check(version, "fairness", PASSED, actor=editor)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://ci.example.com/",
        "//ci.example.com/",
        "ci.example.com",
        "https://ci.example.com/" + "x" * 2000,
    ],
)
def test_a_link_that_no_page_should_offer_is_refused(link: str) -> None:
    version, actor = make_version(), make_user(level=Level.CAN_EDIT)

    with pytest.raises(ActionError, match="link"):
        report_check(version, "fairness", PASSED, actor=actor, link=link)

    assert not Check.objects.exists()


@pytest.mark.parametrize(
    "link", ["", "http://localhost:8080/job/1", "https://ci.example.com/a?b=c#d"]
)
def test_a_web_address_or_none_is_kept(link: str) -> None:
    version, actor = make_version(), make_user(level=Level.CAN_EDIT)

    check = report_check(version, " fairness ", PASSED, actor=actor, link=link)

    assert (check.name, check.link) == ("fairness", link)


def test_name_and_text_are_bounded() -> None:
    version, actor = make_version(), make_user(level=Level.CAN_EDIT)

    for name in ("", " ", "x" * 101):
        with pytest.raises(ActionError, match="name of 1 to 100"):
            report_check(version, name, PASSED, actor=actor)
    with pytest.raises(ActionError, match="65,536 characters; 65,535 fit"):
        report_check(version, "a", PASSED, actor=actor, text="x" * 65_536)


def test_a_version_that_mlflow_lost_takes_no_check() -> None:
    version, actor = make_version(), make_user(level=Level.CAN_EDIT)
    version.deleted_at = version.created_at
    version.save(update_fields=["deleted_at"])

    with pytest.raises(ActionError, match="was deleted in MLflow"):
        report_check(version, "fairness", PASSED, actor=actor)
