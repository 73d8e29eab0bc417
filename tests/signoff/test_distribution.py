"""What `pip install` brings to another machine: the client alone."""

import subprocess
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.running import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [find_uv_bin(), "build", "--quiet", "--offline", "--wheel"]
    subprocess.run([*command, "--out-dir", folder, ROOT], check=True)  # noqa: S603 - ours
    (built,) = folder.glob("*.whl")
    return Path(built)


def test_it_holds_the_client_and_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
        (points,) = [name for name in names if name.endswith("entry_points.txt")]
        commands = content.read(points).decode()

    assert "signoff/client.py" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"signoff"}
    assert "signoff = signoff.__main__:main" in commands


def test_it_brings_neither_django_nor_mlflow(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        (name,) = [name for name in content.namelist() if name.endswith("/METADATA")]
        needed = message_from_bytes(content.read(name)).get_all("Requires-Dist", [])

    always = {line.partition(">")[0] for line in needed if "extra ==" not in line}
    assert always == {"click", "rich", "urllib3"}
