"""`manage.py policy`: policies as code."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.holdings import infer_holdings
from registry_ui.actions.policies import policies_in_force
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.models import Level, Review
from tests.factories import make_model, make_user, make_version

pytestmark = pytest.mark.django_db

FILE = """\
policies:
- name: production
  targets:
  - stage:Production
  single_holder: true
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policies.yaml"
    path.write_text(FILE)
    return path


def test_a_file_is_checked_applied_and_shown(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("policy", "check", str(file))
    assert capsys.readouterr().out.startswith("+ production v1 is new\n")
    assert policies_in_force() == []

    call_command("policy", "apply", str(file))
    assert [one.label for one in policies_in_force()] == ["production v1"]
    capsys.readouterr()

    call_command("policy", "show")
    assert capsys.readouterr().out == FILE
    call_command("policy", "check", str(file))
    assert capsys.readouterr().out.startswith("= production v1 stays\n")


def test_a_check_tells_what_is_open_held_and_past(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(
        FILE + "  tags: [owner]\n  approvals: [{count: 1, groups: [risk]}]\n"
    )
    model = make_model(name="churn")
    make_version(model=model, stage="Production")
    infer_holdings(seen_at=timezone.now())
    requests = [
        create_request(
            make_version(model=model),
            "stage:Production",
            actor=make_user(level=Level.CAN_READ),
            comment="Better.",
        )
        for _ in range(2)
    ]
    review_request(
        requests[0],
        Review.Decision.APPROVE,
        actor=make_user(level=Level.CAN_MANAGE),
        seen=gather_decision(requests[0]).fingerprint,
    )

    call_command("policy", "check", str(file))
    report = capsys.readouterr().out
    call_command("policy", "check", "--json", str(file))
    told = json.loads(capsys.readouterr().out)

    assert "! production: There is no group risk." in report
    assert "Open requests: 1 of 1 would change." in report
    assert (
        "  churn v1 in Production, by production\n    Tags, failed: It lacks" in report
    )
    assert (
        "Backtest: Would have blocked 1 of 1 promotion in the last 90 days." in report
    )
    assert f"/requests/{requests[0].number}/" in report
    assert "taken as they are today" in report
    (blocked,) = told["backtest"]["blocked"]
    assert blocked["number"] == requests[0].number
    assert {
        gate["name"] for gate in blocked["gates"] if gate["verdict"] != "passed"
    } > {"Tags"}
    assert told["holders"]["failing"][0]["version"] == 1
    assert told["open_requests"][0]["number"] == requests[1].number
    assert told["warnings"][0]["policy"] == "production"


def test_a_file_with_problems_changes_nothing_and_names_them(file: Path) -> None:
    file.write_text(FILE.replace("stage:Production", "stage:Prod"))

    with pytest.raises(CommandError) as error:
        call_command("policy", "apply", str(file))

    assert "line 4: policies[0].targets[0]: 'stage:Prod' is no target." in (
        str(error.value)
    )
    assert policies_in_force() == []


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "policies.yaml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CommandError, match=r"policies\.yaml"):
        call_command("policy", "check", str(path))


def test_the_schema_is_published(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("policy", "schema")

    assert "PolicyDefinition" in json.loads(capsys.readouterr().out)["$defs"]
