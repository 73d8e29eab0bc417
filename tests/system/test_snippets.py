"""What the documents tell a CI job to run, run as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from mlflow import MlflowClient

from tests.running import SYNC_SECONDS, RunningSignoff, wait_for
from tests.system.promotions import call

pytestmark = pytest.mark.system

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "api.md"
RUN_BY = {"sh": "/bin/sh", "python": sys.executable}


def snippet(language: str) -> str:
    """Return the document's snippet in a language that reports a check."""
    text = DOCUMENT.read_text("utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    (found,) = [block for block in blocks if "fairness" in block]
    return str(found)


@pytest.mark.parametrize("language", RUN_BY)
def test_a_job_reports_a_check(
    language: str,
    signoff: RunningSignoff,
    plain: MlflowClient,
    tokens: dict[str, str],
) -> None:
    name = f"checked-{os.getpid()}-{language}"
    plain.create_registered_model(name)
    plain.create_model_version(name, "s3://bucket/model")
    code = snippet(language).replace("churn/versions/7", f"{name}/versions/1")

    def succeeds(token: str = tokens["dana"]) -> bool:
        done = subprocess.run(  # noqa: S603 - our own document
            [RUN_BY[language], "-c", code],
            env=os.environ | {"API": f"{signoff.url}/api/v1", "TOKEN": token},
            check=False,
            capture_output=True,
            timeout=60,
        )
        return done.returncode == 0

    wait_for(succeeds, seconds=SYNC_SECONDS + 30, what="the version is mirrored")

    path = f"/models/{name}/versions/1/checks"
    (check,) = call(signoff, tokens["dana"], "GET", path)["checks"]
    assert (check["name"], check["verdict"]) == ("fairness", "passed")
    assert not succeeds("nonsense")
