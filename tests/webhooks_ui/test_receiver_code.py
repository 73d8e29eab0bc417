"""The code that we give to receivers, run on what we really sign."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

from webhooks_ui.signing import generate_secret, signature_headers

FOLDER = Path(settings.BASE_DIR) / "docs" / "receivers"
BODY = '{"event":"MODEL_VERSION_CREATED","text":"ümläut \\u0000 \'"}\n\n'.encode()
ID = "01a205c4f4e27bd7a870df8cee4da2ff"
TOLERANCE_SECONDS = 300

PYTHON = """
import json, sys
from verify import keep, verify, verify_databricks
given = json.load(sys.stdin)
body = bytes.fromhex(given["body"])
secrets, headers = given["secrets"], given["headers"]
print(json.dumps({
    "standard": verify(secrets, headers, body),
    "databricks": verify_databricks(secrets, headers, body),
    "kept": keep(given["folder"], headers["webhook-id"], body),
}))
"""
NODE = """
import { keep, verify, verifyDatabricks } from "./verify.mjs";
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf8"));
const body = Buffer.from(given.body, "hex");
const headers = {};
for (const name in given.headers) headers[name.toLowerCase()] = given.headers[name];
console.log(JSON.stringify({
  standard: verify(given.secrets, headers, body),
  databricks: verifyDatabricks(given.secrets, headers, body),
  kept: keep(given.folder, headers["webhook-id"], body),
}));
"""
GO = """package main

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"time"
)

func main() {
	var given struct {
		Secrets      []string
		Headers      map[string]string
		Body, Folder string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		panic(err)
	}
	body, _ := hex.DecodeString(given.Body)
	headers := http.Header{}
	for name, value := range given.Headers {
		headers.Set(name, value)
	}
	kept, err := Keep(given.Folder, headers.Get("webhook-id"), body)
	if err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]bool{
		"standard":   Verify(given.Secrets, headers, body, time.Now()),
		"databricks": VerifyDatabricks(given.Secrets, headers, body),
		"kept":       kept,
	})
}
"""


@dataclass(frozen=True)
class Message:
    """What reaches a receiver, and the secrets that it knows."""

    secrets: list[str]
    headers: dict[str, str]
    body: bytes = BODY


@dataclass(frozen=True)
class Verdict:
    """What a receiver's code makes of a message."""

    standard: bool
    databricks: bool
    kept: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class Runner:
    """Runs the code of one language in a folder of its own."""

    folder: Path
    judge: Callable[[Message], Verdict]

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"


def _run(command: list[str], **more: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, timeout=300, **more)  # type: ignore[call-overload,no-any-return] # noqa: S603, PLW1510 - passes options on


def _through_json(command: list[str], folder: Path) -> Callable[[Message], Verdict]:
    """Return a judge that hands the message to a program as JSON."""

    def judge(message: Message) -> Verdict:
        given = {
            "secrets": message.secrets,
            "headers": message.headers,
            "body": message.body.hex(),
            "folder": str(folder / "inbox"),
        }
        done = _run(command, cwd=folder, input=json.dumps(given).encode())
        assert done.returncode == 0, done.stderr.decode()
        return Verdict(**json.loads(done.stdout))

    return judge


def _through_shell(folder: Path) -> Callable[[Message], Verdict]:
    """Return a judge that calls the script; 3 means: right, and here before."""
    (folder / "tmp").mkdir()

    def judge(message: Message) -> Verdict:
        body = folder / "tmp" / "body"
        body.unlink(missing_ok=True)
        body.write_bytes(message.body)
        names = {name.upper().replace("-", "_"): name for name in message.headers}
        environ = {
            "PATH": os.environ["PATH"],
            "SECRETS": "\n".join(message.secrets),
            **{variable: message.headers[name] for variable, name in names.items()},
        }

        def call(*arguments: str) -> int:
            command = ["/bin/sh", str(folder / "verify.sh"), *arguments]
            return _run(command, env=environ).returncode

        standard = call("standard", str(body), str(folder / "inbox"))
        databricks = call("databricks", str(body))
        assert {standard, databricks} <= {0, 1, 3}
        return Verdict(standard in {0, 3}, databricks == 0, standard == 0)

    return judge


@pytest.fixture(scope="module", params=["python", "node", "go", "shell"])
def runner(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Runner:
    """The code of each language that is installed; Python and shell always are."""
    language = str(request.param)
    if language in {"node", "go"} and not shutil.which(language):
        pytest.skip(f"{language} is not installed")
    folder = tmp_path_factory.mktemp(language)
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    (folder / "inbox").mkdir()
    if language == "shell":
        return Runner(folder, _through_shell(folder))
    if language == "go":
        (folder / "main.go").write_text(GO)
        environ = os.environ | {"GO111MODULE": "off"}
        build = ["go", "build", "-o", "judge", "verify.go", "main.go"]
        built = _run(build, cwd=folder, env=environ)
        assert built.returncode == 0, built.stderr.decode()
        command = ["./judge"]
    elif language == "node":
        command = ["node", "--input-type=module", "-e", NODE]
    else:
        command = [sys.executable, "-c", PYTHON]
    return Runner(folder, _through_json(command, folder))


def signed(
    *secrets: str, body: bytes = BODY, age: int = 0, message_id: str = ID
) -> dict[str, str]:
    """Return the headers of an attempt that was made so many seconds ago."""
    return signature_headers(
        secrets, message_id=message_id, timestamp=int(time.time()) - age, body=body
    )


@pytest.mark.parametrize(
    ("secret", "body"),
    [
        (generate_secret(), BODY),
        (generate_secret(), bytes(range(256)) * 40),
        ("anyRandomString", b"{}"),
        ("whsec_not base64!", BODY),
        ("whsec_QUJD", b""),
        ("a long one of one's own, with 'quotes' and $(things) " * 4, BODY),
    ],
    ids=["ours", "bytes", "databricks", "no base64", "short", "long"],
)
def test_what_we_sign_verifies(runner: Runner, secret: str, body: bytes) -> None:
    message = Message([secret], signed(secret, body=body), body)

    assert runner.judge(message) == Verdict(True, True)


def test_with_another_secret_nothing_verifies(runner: Runner) -> None:
    message = Message([generate_secret()], signed(generate_secret()))

    assert runner.judge(message) == Verdict(False, False)


def test_a_changed_body_does_not_verify(runner: Runner) -> None:
    secret = generate_secret()
    message = Message([secret], signed(secret), BODY + b" ")

    assert runner.judge(message) == Verdict(False, False)


@pytest.mark.parametrize(
    ("age", "is_recent"),
    [
        (0, True),
        (TOLERANCE_SECONDS - 60, True),
        (TOLERANCE_SECONDS + 60, False),
        (-TOLERANCE_SECONDS - 60, False),
    ],
)
def test_only_what_was_signed_just_now_verifies(
    runner: Runner, age: int, is_recent: bool
) -> None:
    secret = generate_secret()
    message = Message([secret], signed(secret, age=age))

    # Databricks' signature covers no time: it is as good tomorrow.
    assert runner.judge(message) == Verdict(is_recent, True)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_part_of_what_is_signed(runner: Runner, name: str) -> None:
    secret = generate_secret()
    headers = signed(secret)
    headers[name] = headers[name][:-1] + ("0" if headers[name][-1] != "0" else "1")

    assert runner.judge(Message([secret], headers)).standard is False


def test_while_the_sender_replaces_a_secret_either_one_verifies(
    runner: Runner,
) -> None:
    new, old, other = (generate_secret() for _ in range(3))
    headers = signed(new, old)

    assert runner.judge(Message([new], headers)) == Verdict(True, True)
    # Databricks' header has room for the newest one's alone.
    assert runner.judge(Message([old], headers)) == Verdict(True, False)
    assert runner.judge(Message([other], headers)) == Verdict(False, False)


def test_while_the_receiver_replaces_a_secret_it_knows_both(runner: Runner) -> None:
    new, old = generate_secret(), generate_secret()

    for secret in (new, old):
        message = Message([new, old], signed(secret))
        assert runner.judge(message) == Verdict(True, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1a,AAAA * ? [a-z]"),
        ("webhook-signature", "v1,ü é"),
        ("webhook-timestamp", "soon"),
        ("webhook-timestamp", "-1"),
        ("webhook-timestamp", "9" * 40),
        ("webhook-timestamp", "$(exit 3)"),
    ],
)
def test_headers_that_are_none_of_ours_do_not_verify(
    runner: Runner, name: str, value: str
) -> None:
    secret = generate_secret()

    verdict = runner.judge(Message([secret], signed(secret) | {name: value}))

    assert verdict.standard is False


def test_without_a_signature_nothing_verifies(runner: Runner) -> None:
    message = Message([generate_secret()], signed())

    assert runner.judge(message) == Verdict(False, False)


def test_a_message_that_comes_again_is_kept_once(runner: Runner) -> None:
    secret = generate_secret()
    name = "kept-once"
    message = Message([secret], signed(secret, message_id=name))

    kept = [runner.judge(message).kept for _ in range(3)]

    assert kept == [True, False, False]
    assert (runner.inbox / f"{name}.json").read_bytes() == BODY
