"""Each command: what it does, what it refuses, what scripts read of it."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping

import pytest

from tests.system.command_line.conftest import Run, ask

pytestmark = pytest.mark.system


def test_requests_are_listed_for_people_and_for_scripts(
    run: Run, model: str, number: int
) -> None:
    table = run("requests", "list", "--model", model, "--limit", "1")
    content = run("requests", "list", "--model", model, "--status", "open", "--json")

    assert table.status == 0
    heading, row = table.answer.splitlines()
    assert heading.split() == ["#", "model", "to", "status", "by", "asked", "why"]
    assert row.split()[:6] == [str(number), model, "v7", "Staging", "open", "dana"]
    assert "\x1b" not in table.answer
    assert [item["number"] for item in content.content["requests"]] == [number]
    assert content.notes == ""


def test_what_waits_for_one_and_what_is_ones_own(
    run: Run, model: str, number: int
) -> None:
    own = run("requests", "list", "--mine", "--model", model, "--json")
    waiting = run("requests", "list", "--waiting-for-me", "--json")

    assert number in [item["number"] for item in own.content["requests"]]
    assert waiting.content == {"requests": []}


def test_whose_token_it_is(run: Run) -> None:
    lines = run("whoami").answer.splitlines()

    assert lines[0].startswith("dana")
    assert lines[1] == "Can Edit on the whole registry."
    assert lines[2].startswith("Token ")
    assert run("whoami", "--json").content["username"] == "dana"
    assert run("--version").answer.startswith("signoff 0.")


def test_a_token_is_made_used_and_revoked(run: Run) -> None:
    made = run("token", "create", "nightly", "--scope", "read", "--days", "30")
    secret = made.answer.strip()
    by_it = run("whoami", "--json", by=secret)
    stronger = run("token", "create", "x", "--scope", "admin", by=secret)
    listed = run("token", "list")
    content = run("token", "list", "--json").content["tokens"]
    pk = str(content[0]["id"])
    revoked = run("token", "revoke", pk)

    assert made.status == 0
    assert made.notes.startswith(f"Token {pk}; ends: 20")
    assert by_it.content["token"]["scopes"] == ["read"]
    assert stronger.status == 3
    heading, row, *_ = listed.answer.splitlines()
    assert heading.split()[:3] == ["#", "name", "token"]
    assert content[0]["made_with"]
    assert f" {content[0]['made_with']}… " in row
    assert row.split()[:2] == [pk, "nightly"]
    assert secret not in listed.answer + str(content)
    assert revoked.answer == f"Revoked: token {pk}.\n"
    assert run("whoami", by=secret).status == 3
    assert run("token", "list").answer.splitlines()[1].split()[-1] == "revoked"


def test_a_request_is_shown(run: Run, model: str, number: int) -> None:
    page = run("requests", "show", str(number)).answer

    assert page.startswith(f"#{number}  {model} v7: None → Staging  open\n")
    assert "v7 goes from None to Staging" in page
    content = run("requests", "show", str(number), "--json").content
    assert (content["number"], content["status"]) == (number, "open")
    assert content["fingerprint"]


@pytest.mark.parametrize("command", ["requests show", "approve", "cancel", "wait"])
def test_what_is_not_there_is_status_1(run: Run, command: str) -> None:
    refused = run(*command.split(), "999999")
    content = run(*command.split(), "999999", "--json")

    said = "There is no request 999999, or you may not read its model."
    assert (refused.status, refused.answer) == (1, "")
    assert refused.notes.splitlines()[-1] == f"Error: {said}"
    assert content.status == 1
    assert f'"message": "{said}", "status": 404' in content.notes


def test_who_has_no_token_is_told_so(run: Run) -> None:
    refused = run("requests", "list", by="signoff_nonsense")

    assert refused.status == 3
    assert refused.notes.startswith("Error: Send a valid token")


def test_a_request_needs_a_reason_and_a_target_that_there_is(
    run: Run, model: str
) -> None:
    silent = run("request", model, "7", "Production")
    astray = run("request", model, "7", "Nowhere", "--comment", "Better.")

    assert (silent.status, silent.answer) == (2, "")
    assert "Pass --comment: nobody can be asked here." in silent.notes
    assert astray.status == 1
    assert "There is no stage 'Nowhere'." in astray.notes


def test_an_alias_is_asked_for_with_its_sign(run: Run, model: str) -> None:
    asked = ask(run, model, "6", "@champion")

    assert asked.content["target"] == "alias:champion"


def test_who_may_not_decide_is_status_3(run: Run, number: int) -> None:
    refused = run("approve", str(number), "--yes")

    assert refused.status == 3
    assert refused.notes.startswith("Error: Your permission level does not allow this.")


def test_nobody_is_asked_where_nobody_sits(run: Run, number: int) -> None:
    refused = run("approve", str(number), by="rui")

    assert refused.status == 2
    assert "Pass --yes: nobody can be asked here." in refused.notes


def test_a_person_sees_it_and_is_asked(
    environment: Mapping[str, str], tokens: dict[str, str], run: Run, number: int
) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "signoff", "approve", str(number)],
        env={**environment, "SIGNOFF_TOKEN": tokens["rui"], "NO_COLOR": "1"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as asking:
        os.write(ours, b"n\n")
        answer, notes = asking.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)

    assert asking.returncode == 1
    assert "v7 goes from None to Staging" in answer
    assert notes.startswith(f"Approve request {number}? [y/N]: ")
    assert run("requests", "show", str(number), "--json").content["reviews"] == []


def test_what_is_approved_is_waited_for(run: Run, model: str) -> None:
    number = str(ask(run, model, "1", "Staging").content["number"])

    approved = run("approve", number, "--yes", "--comment", "Fine.", by="rui")
    waited = run("wait", number, "--timeout", "60")

    assert (approved.status, waited.status) == (0, 0)
    assert waited.answer == f"Request {number} was applied.\n"
    content = run("wait", number, "--json").content
    (review,) = content["reviews"]
    assert (review["comment"], review["was_seen"]) == ("Fine.", True)


def test_what_changed_since_it_was_seen_is_not_approved(
    run: Run, model: str, number: int
) -> None:
    seen = run("requests", "show", str(number), "--json").content["fingerprint"]
    assert ask(run, model, "8", "Staging").status == 0
    other = run("requests", "list", "--model", model, "--limit", "1", "--json")
    other_number = str(other.content["requests"][0]["number"])

    refused = run("approve", other_number, "--yes", "--fingerprint", seen, by="rui")
    malformed = run("approve", other_number, "--yes", "--fingerprint", "x", by="rui")

    assert (refused.status, malformed.status) == (1, 1)
    assert "changed" in refused.notes
    assert "fingerprint" in malformed.notes


def test_waiting_ends_with_status_1_once_it_is_rejected(
    environment: Mapping[str, str], tokens: dict[str, str], run: Run, number: int
) -> None:
    waiting = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "signoff", "wait", str(number), "--json"],
        env={**environment, "SIGNOFF_TOKEN": tokens["dana"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    rejected = run("reject", str(number), "--yes", "--comment", "Slower.", by="rui")
    answer, _ = waiting.communicate(timeout=60)

    assert rejected.status == 0
    assert rejected.answer.endswith(f"Request {number} is rejected now.\n")
    assert waiting.returncode == 1
    assert '"status": "rejected"' in answer


def test_waiting_ends_with_status_4_when_the_time_is_over(
    run: Run, number: int
) -> None:
    late = run("wait", str(number), "--timeout", "1")

    assert (late.status, late.answer) == (4, "")
    begun, ended = late.notes.splitlines()
    assert begun == f"Request {number} is open, not passed yet: Approvals."
    still = rf"Error: Request {number} is still open after \d+ seconds\."
    assert re.fullmatch(still, ended)


def test_ctrl_c_ends_the_waiting_without_a_word_too_many(
    environment: Mapping[str, str], tokens: dict[str, str], number: int
) -> None:
    # Tests that a shell runs in the background are deaf to it, and so are children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    waiting = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "signoff", "wait", str(number)],
        env={**environment, "SIGNOFF_TOKEN": tokens["dana"]},
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    assert waiting.stderr is not None
    said = waiting.stderr.readline()
    time.sleep(1)  # until it waits: amid printing, rich would print once more
    waiting.send_signal(signal.SIGINT)
    _, notes = waiting.communicate(timeout=60)

    assert said.startswith(f"Request {number} is open")
    assert notes.strip() == ""
    assert waiting.returncode == 130


def test_a_request_is_withdrawn_once(run: Run, number: int) -> None:
    cancelled = run("cancel", str(number), "--comment", "Superseded.")
    again = run("cancel", str(number))

    assert cancelled.answer == f"Request {number} is cancelled now.\n"
    assert again.status == 1
    assert "cancelled" in again.notes


def test_checks_are_reported_and_read(run: Run, model: str) -> None:
    link = "https://ci.example.com/builds/812"
    reported = run("check", "report", model, "2", "fairness", "passed", "--link", link)
    refused = run("check", "report", model, "2", "x", "passed", "--link", "nowhere")
    (check,) = run("check", "list", model, "2", "--json").content["checks"]

    assert reported.answer == f"Reported: fairness passed on {model} v2.\n"
    assert refused.status == 1
    assert "must be an http:// or https:// address" in refused.notes
    assert (check["name"], check["verdict"], check["link"]) == (
        "fairness",
        "passed",
        link,
    )
    assert "fairness  passed" in run("check", "list", model, "2").answer


def test_versions_are_compared(run: Run, model: str) -> None:
    content = run("compare", model, "3", "4", "--json").content
    page = run("compare", model, "3", "4", "--all")
    missing = run("compare", model, "3", "99")

    assert [item["version"] for item in content["versions"]] == [3, 4]
    assert page.status == 0
    assert "v3 None" in page.answer
    assert missing.status == 1
    assert f"There is no version '{model}/99'" in missing.notes
