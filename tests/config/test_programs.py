"""The programs of `manage.py up`, started one by one."""

import os
import subprocess
import sys
from pathlib import Path

from config import programs
from tests.running import ROOT, wait_for

CALLS = """
from webhooks_ui.tasks import drain_deliveries
for _ in range(50):
    drain_deliveries.apply_async()
"""


def test_a_sender_that_starts_forgets_who_called_it_before(tmp_path: Path) -> None:
    others = ("SIGNOFF_", "DJANGO_", "CELERY_", "DATABASE_URL")
    environment = {
        **{key: one for key, one in os.environ.items() if not key.startswith(others)},
        "SIGNOFF_DATA_DIR": str(tmp_path),
    }
    manage = [sys.executable, "manage.py", "shell", "--no-imports", "-c", CALLS]
    subprocess.run(manage, cwd=ROOT, env=environment, check=True)  # noqa: S603 - our own interpreter
    assert len([*tmp_path.rglob("*.msg")]) == 50

    log = tmp_path / "sender.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            programs.sender().command,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        ) as sender,
    ):
        try:
            wait_for(lambda: "ready" in log.read_text(), seconds=60, what="a sender")
        finally:
            sender.terminate()

    assert not [*tmp_path.rglob("*.msg")]
    assert "drain_deliveries" not in log.read_text()  # it would fail, without tables
