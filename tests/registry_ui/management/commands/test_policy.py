"""`manage.py policy`: policies as code."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from registry_ui.actions.policies import policies_in_force

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
    assert capsys.readouterr().out == "+ production v1 is new\n"
    assert policies_in_force() == []

    call_command("policy", "apply", str(file))
    assert [one.label for one in policies_in_force()] == ["production v1"]
    capsys.readouterr()

    call_command("policy", "show")
    assert capsys.readouterr().out == FILE
    call_command("policy", "check", str(file))
    assert capsys.readouterr().out == "= production v1 stays\n"


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
