"""The house's rules that no linter knows (STYLE): layers, docs, the one command."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from registry_ui.events import EventType

ROOT = Path(settings.BASE_DIR)
MOST_LINES = 400
MOST_BYTES_OF_A_PICTURE = 300_000
WRITES = re.compile(
    r"save|create|update|delete|bulk_\w+|get_or_create|update_or_create"
)
SUBJECTS = {"actor", "model", "version", "request", "record"}
THIRD_PARTY = (".min.js", ".min.css", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".map")


def _tracked() -> list[Path]:
    """Return the files in git and those that are about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.splitlines())
    return [path for path in paths if path.is_file()]


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


TRACKED = _tracked()
PYTHON = [path for path in TRACKED if path.suffix == ".py"]
PRODUCT = [path for path in PYTHON if "tests" not in path.relative_to(ROOT).parts]
VIEWS = [path for path in PRODUCT if path.parent.name == "views"]
TEXTS = [
    path
    for path in TRACKED
    if path.suffix in {".py", ".html", ".md", ".css", ".js", ".toml", ".txt", ".json"}
    or path.name in {"Makefile", "run"}
]
COMMANDS = [
    path.stem
    for path in PRODUCT
    if path.parent.name == "commands" and path.stem != "__init__"
]


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield node


@pytest.mark.parametrize("path", VIEWS, ids=_named)
def test_a_view_does_not_write(path: Path) -> None:
    writes = [
        f"line {call.lineno}: .{call.func.attr}()"
        for call in _calls(path)
        if isinstance(call.func, ast.Attribute)
        and WRITES.fullmatch(call.func.attr)
        # A dict that gathers a page's context may be updated.
        and not (
            isinstance(call.func.value, ast.Name) and call.func.value.id == "context"
        )
    ]

    assert not writes


def test_only_wake_ups_and_the_clock_wait_for_the_broker() -> None:
    """Everybody else, requests above all, leaves that to them."""
    publishing = {
        _named(path)
        for path in PRODUCT
        for call in _calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in {"apply_async", "delay", "send_task"}
    }

    assert publishing == {"registry_ui/wakeups.py", "config/clock.py"}


def test_the_registry_never_names_the_webhooks() -> None:
    naming = [
        _named(path)
        for path in TEXTS
        if {"registry_ui"} & set(path.relative_to(ROOT).parts)
        and "tests" not in path.relative_to(ROOT).parts
        and "webhooks_ui" in path.read_text()
    ]

    assert not naming


# --- Documentation ------------------------------------------------------------------


def _documented_events() -> dict[str, str]:
    """Return the row of docs/events.md by event."""
    page = (ROOT / "docs" / "events.md").read_text()
    return dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` (\|.*)$", page, re.MULTILINE))


def test_every_event_is_documented_and_no_other() -> None:
    assert set(_documented_events()) == set(EventType.values)


def test_every_detail_of_an_event_is_documented() -> None:
    page = (ROOT / "docs" / "events.md").read_text()
    of_each_webhook = page.partition("## Webhooks")[2].partition("\n|")[0]
    rows = _documented_events()

    missing = [
        f"{_named(path)}:{call.lineno}: {event}: {detail}"
        for path in PRODUCT
        for call in _calls(path)
        if (event := _recorded(call))
        for detail in _details(call)
        if f"`{detail}`" not in rows.get(event, "")
        and not (event.startswith("webhook.") and f"`{detail}`" in of_each_webhook)
    ]

    assert not missing


def _recorded(call: ast.Call) -> str:
    """Return the event that a call records; empty if it records none."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else ""
    name = function.id if isinstance(function, ast.Name) else name
    if name.lstrip("_") not in {"add", "record", "record_event"} or not call.args:
        return ""
    event = call.args[0]
    if not (isinstance(event, ast.Attribute) and event.attr in EventType.__members__):
        return ""
    return str(EventType[event.attr])


def _details(call: ast.Call) -> set[str]:
    return {word.arg for word in call.keywords if word.arg} - SUBJECTS


def test_every_variable_that_the_settings_read_is_documented() -> None:
    page = (ROOT / "docs" / "operating.md").read_text()
    source = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'_env\.\w+\(\s*"([A-Z_]+)"', source))

    assert read
    assert not {name for name in read if f"`{name}`" not in page}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    page = (ROOT / "docs" / "operating.md").read_text()

    assert re.search(rf"`manage\.py {command}\b", page)


def test_links_between_documents_lead_somewhere() -> None:
    dead = [
        f"{_named(path)}: {target}"
        for path in TRACKED
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", path.read_text())
        if not (path.parent / target).exists()
    ]

    assert not dead


# --- The one command ----------------------------------------------------------------


def test_readme_makefile_and_the_machine_that_builds_agree() -> None:
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=[`\n]|$)", readme))
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))

    assert {"run", "test"} <= named
    assert named <= targets
    last_line = (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1]
    assert last_line == "SIGNOFF_REQUIRE_ALL=1 make test"


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "clients.txt"])
def test_a_lock_file_names_no_registry(name: str) -> None:
    lock = (ROOT / "requirements" / name).read_text()

    assert "--hash=sha256:" in lock
    assert "://" not in lock


# --- Files --------------------------------------------------------------------------


def test_no_python_file_is_too_long() -> None:
    written = [path for path in PYTHON if path.parent.name != "migrations"]
    lengths = {_named(path): path.read_text().count("\n") for path in written}

    assert not {name: n for name, n in lengths.items() if n > MOST_LINES}


def test_nothing_of_third_parties_is_in_git() -> None:
    assert not [_named(p) for p in TRACKED if p.name.endswith(THIRD_PARTY)]


def test_pictures_are_small() -> None:
    pictures = (ROOT / "docs" / "img").glob("*.png")

    assert not [
        _named(picture)
        for picture in pictures
        if picture.stat().st_size >= MOST_BYTES_OF_A_PICTURE
    ]


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    # Put together here, so that this file does not hold what it looks for.
    places = "|".join(["/wor" + "k/", "/roo" + "t/", "/hom" + "e/", "/User" + "s/"])
    personal = re.compile(rf"(?<![\w.}}/-])(?:{places})")

    assert not [_named(path) for path in TEXTS if personal.search(path.read_text())]
