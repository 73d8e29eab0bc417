"""Reading the environment strictly (config/env.py), and keys made once (keys.py)."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import keys
from config.env import Address, Environment, broker, database, email

Read = Callable[[Environment], Any]
WEB = ("http", "https")
POLICIES = ("four-eyes", "open")

READ: dict[str, Read] = {
    "text": lambda env: env.text("NAME", "fallback"),
    "flag": lambda env: env.flag("NAME", default=False),
    "flag, on by default": lambda env: env.flag("NAME", default=True),
    "number": lambda env: env.number("NAME", 10),
    "number from 0": lambda env: env.number("NAME", 0, at_least=0),
    "choice": lambda env: env.choice("NAME", POLICIES),
    "address": lambda env: env.address("NAME", "127.0.0.1:8000"),
    "url": lambda env: env.url("NAME", "http://localhost", WEB),
    "words": lambda env: env.words("NAME"),
    "networks": lambda env: env.networks("NAME"),
    "path": lambda env: env.path("NAME", "/somewhere"),
    "required": lambda env: env.required("NAME", "everybody needs it"),
    "database": lambda env: env.parsed("NAME", database, "postgres://…")["NAME"],
    "broker": lambda env: env.parsed("NAME", broker, "redis://…"),
    "email": lambda env: env.parsed("NAME", email, "smtp://…")["EMAIL_HOST"],
}

_AUTHORIZATION = """
import django
django.setup()
from registry_ui.mlflow_client.credentials import read_access
print(read_access("http://mlflow").headers["Authorization"])
"""


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("text", " a ", "a"),
        ("flag", "1", True),
        ("flag", "TRUE", True),
        ("flag", "yes", True),
        ("flag", "on", True),
        ("flag, on by default", "0", False),
        ("flag, on by default", "off", False),
        ("number", "7", 7),
        ("number from 0", "0", 0),
        ("choice", "open", "open"),
        ("address", "0.0.0.0:80", Address("0.0.0.0", 80)),  # noqa: S104 - not bound
        ("address", "[::1]:8000", Address("::1", 8000)),
        ("url", "https://signoff.example.com/", "https://signoff.example.com"),
        ("words", " a, b,,c ", ["a", "b", "c"]),
        ("networks", "10.1.0.0/16, fd00::/8", ["10.1.0.0/16", "fd00::/8"]),
        ("path", "/data/../var", Path("/var").resolve()),
        ("required", "here", "here"),
        ("database", "postgres://u:p@db:5432/signoff", "signoff"),
        ("broker", "redis://:p@redis:6379/0", "redis://:p@redis:6379/0"),
        ("broker", "sentinel://a:1;sentinel://b:2", "sentinel://a:1;sentinel://b:2"),
        ("broker", "filesystem://", "filesystem://"),
        ("broker", "redis+socket:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("broker", "mongodb://a:1,b:2/signoff", "mongodb://a:1,b:2/signoff"),
        ("email", "smtp+tls://u:p@mail.example.com:587", "mail.example.com"),
    ],
)
def test_a_good_value_is_read_in_its_type(
    kind: str, given: str, expected: object
) -> None:
    assert READ[kind](Environment({"NAME": given})) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("text", "fallback"),
        ("flag", False),
        ("flag, on by default", True),
        ("number", 10),
        ("choice", "four-eyes"),
        ("address", Address("127.0.0.1", 8000)),
        ("url", "http://localhost"),
        ("words", []),
        ("networks", []),
        ("path", Path("/somewhere")),
    ],
)
@pytest.mark.parametrize("source", [{}, {"NAME": ""}, {"NAME": "  "}])
def test_unset_and_empty_alike_mean_the_default(
    kind: str, expected: object, source: dict[str, str]
) -> None:
    assert READ[kind](Environment(source)) == expected


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("flag", "ture"),
        ("flag", "2"),
        ("number", "-1"),
        ("number", "0"),
        ("number", "ten"),
        ("number", "1.5"),
        ("number", "1_000"),
        ("number", "9" * 20),
        ("number", "9" * 5000),
        ("number", "\N{ARABIC-INDIC DIGIT SEVEN}"),
        ("choice", "Open"),
        ("choice", "four eyes"),
        ("address", "localhost"),
        ("address", ":8000"),
        ("address", "localhost:0"),
        ("address", "localhost:65536"),
        ("address", "localhost:http"),
        ("address", "http://localhost:8000"),
        ("address", "localhost:8000/path"),
        ("address", "[::1:8000"),
        ("url", "localhost:8000"),
        ("url", "ftp://localhost"),
        ("url", "https://"),
        ("url", "http://[::1"),
        ("url", "https://localhost:99999"),
        ("url", "https://localhost:0"),
        ("url", "https://localhost:http"),
        ("networks", "10.1.0.0/33"),
        ("networks", "10.1.0.1/16"),
        ("networks", "intranet"),
        ("required", ""),
        ("database", "signoff"),
        ("database", "oracle2://u:hunter2@db/signoff"),
        ("database", "postgres://u:hunter2@db:port/signoff"),
        ("broker", "redis.example.com:6379"),
        ("broker", "foo://u:hunter2@redis"),
        ("broker", "redis://u:hunter2@redis:99999"),
        ("broker", "redis://u:hunter2@[redis"),
        ("email", "carrier-pigeon://u:hunter2@mail"),
    ],
)
def test_a_malformed_value_stops_the_start_and_names_the_variable(
    kind: str, given: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        READ[kind](Environment({"NAME": given}))

    message = str(refused.value)
    assert message.startswith("NAME must ")
    assert message.endswith(".")


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("database", "oracle2://u:hunter2@db/signoff"),
        ("broker", "foo://u:hunter2@redis"),
        ("broker", "redis://u:hunter2@redis:99999"),
        ("broker", "redis://u:hunter2@[redis"),
        ("email", "carrier-pigeon://u:hunter2@mail"),
        ("url", "ftp://u:hunter2@mlflow"),
    ],
)
def test_a_password_in_a_malformed_value_is_not_repeated(kind: str, given: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        READ[kind](Environment({"NAME": given}))

    assert "hunter2" not in str(refused.value)


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")

    env = Environment({"NAME_FILE": str(tmp_path / "key")})

    assert env.text("NAME") == "from the file"


def test_a_file_that_cannot_be_read_stops_the_start_and_names_the_variable(
    tmp_path: Path,
) -> None:
    env = Environment({"NAME_FILE": str(tmp_path / "nothing")})

    with pytest.raises(ImproperlyConfigured, match=r"^NAME_FILE cannot be read: .*\.$"):
        env.text("NAME")


def test_a_file_that_holds_no_text_stops_the_start_and_names_the_variable(
    tmp_path: Path,
) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    env = Environment({"NAME_FILE": str(tmp_path / "key")})

    with pytest.raises(ImproperlyConfigured, match=r"^NAME_FILE holds no text: "):
        env.text("NAME")


def test_addresses_are_written_as_urls_need_them() -> None:
    assert str(Address("::1", 80)) == "[::1]:80"
    assert str(Address("localhost", 80)) == "localhost:80"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"SIGNOFF_SYNC_SECONDS": "soon"}, "SIGNOFF_SYNC_SECONDS"),
        ({"SIGNOFF_DEFAULT_POLICY": "closed"}, "SIGNOFF_DEFAULT_POLICY"),
        ({"SIGNOFF_SECRET_KEY": "short"}, "SIGNOFF_SECRET_KEY"),
        ({"DATABASE_URL": "postgres://u@db/name"}, "SIGNOFF_SECRET_KEY"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"CELERY_BROKER_URL": "nonsense"}, "CELERY_BROKER_URL"),
    ],
)
def test_the_settings_refuse_to_load_in_a_sentence(
    tmp_path: Path, given: dict[str, str], name: str
) -> None:
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    data_dir = {"SIGNOFF_DATA_DIR": str(tmp_path)}

    loaded = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        env=kept | data_dir | given,
        capture_output=True,
        text=True,
        check=False,
    )

    assert loaded.returncode == 1
    last_line = loaded.stderr.strip().splitlines()[-1]
    assert f"ImproperlyConfigured: {name}" in last_line


def test_the_credentials_for_mlflow_may_stand_in_files_too(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("t0ken\n")
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    given = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SIGNOFF_DATA_DIR": str(tmp_path),
        "MLFLOW_TRACKING_TOKEN_FILE": str(tmp_path / "secret"),
    }

    read = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _AUTHORIZATION],
        env=kept | given,
        capture_output=True,
        text=True,
        check=True,
    )

    assert read.stdout == "Bearer t0ken\n"


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret_key"

    made = keys.read_or_create(path)

    assert len(made) >= 43  # 256 bits in base 64
    assert keys.read_or_create(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_at_once_end_with_one_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    code = (
        "import sys, pathlib; from config.keys import read_or_create\n"
        "sys.stdin.readline(); print(read_or_create(pathlib.Path(sys.argv[1])))"
    )
    processes = [
        subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    secrets = {process.communicate("go\n")[0] for process in processes}

    assert secrets == {f"{path.read_text()}\n"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_data_dir_that_cannot_be_written_is_named_with_the_remedy(
    tmp_path: Path,
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")

    with pytest.raises(ImproperlyConfigured) as refused:
        keys.read_or_create(in_the_way / "secret_key")

    assert str(refused.value).startswith(
        f"SIGNOFF_DATA_DIR={in_the_way} cannot be used"
    )
    assert "Name a folder that this user may write." in str(refused.value)


@pytest.mark.parametrize(
    ("said", "found"), [("true", True), ("1", True), ("False", False), ("0", False)]
)
def test_a_pooler_behind_which_no_cursors_are_is_told_by_the_url(
    said: str, found: bool
) -> None:
    url = f"postgres://u:p@db/signoff?DISABLE_SERVER_SIDE_CURSORS={said}"

    assert database(url)["DISABLE_SERVER_SIDE_CURSORS"] is found
