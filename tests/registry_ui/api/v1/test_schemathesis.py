"""Schemathesis, led by the OpenAPI document: whatever one sends, no 500 and no hang.

It sends what fits the document and what breaks it, to a real server over HTTP.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from registry_ui.actions.tokens import find_token
from registry_ui.models import ApiToken
from tests.factories import (
    make_incident,
    make_model,
    make_token,
    make_transition_request,
    make_user,
    make_version,
)
from tests.webhooks_ui.factories import make_delivery, make_webhook

EXAMPLES = os.environ.get("SIGNOFF_EXAMPLES", "4")
"""How many calls of each kind an operation gets."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
HANG_SECONDS = "15"
OUT_OF_THE_WAY = 1_234_567_890
"""The calling token's id, as any that is made up would soon be revoked."""


def _tool() -> str:
    """Return the command; skip loudly, or fail, where it is not installed."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("schemathesis", path=beside) or shutil.which("schemathesis")
    if found is None:
        reason = "schemathesis is not installed"
        if os.environ.get("SIGNOFF_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.mark.usefixtures("committed_db")
def test_nothing_that_one_can_send_brings_it_down(
    live_server: LiveServer, settings: Settings, tmp_path: Path
) -> None:
    tool = _tool()
    settings.API_CALLS_PER_MINUTE = 1_000_000
    model = make_model(name="churn")
    version = make_version(model=model, stage="Staging", metrics={"auc": 0.91})
    make_transition_request(version=version)
    make_incident(version=version, after="Staging")
    make_delivery(webhook=make_webhook(model=model))
    _, secret = make_token(user=make_user(is_superuser=True))
    ApiToken.objects.update(id=OUT_OF_THE_WAY)

    run = subprocess.run(  # noqa: S603 - our own words
        [
            tool,
            "run",
            f"{live_server.url}/api/v1/openapi.json",
            "--url",
            live_server.url,
            "--header",
            f"Authorization: Bearer {secret}",
            "--checks",
            ",".join(CHECKS),
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            EXAMPLES,
            "--request-timeout",
            HANG_SECONDS,
            "--continue-on-failure",
            "--no-shrink",
            "--seed",
            "7",
            "--generation-database",
            "none",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    assert find_token(secret), "the calls after the last one that worked say nothing"
