"""Checks: verdicts of outside systems, such as CI, on model versions."""

from datetime import datetime
from http import HTTPStatus

from ninja import Path, Router, Schema, Status
from pydantic import Field, JsonValue

from registry_ui.actions.checks import report_check
from registry_ui.api.authentication import ApiRequest, needs
from registry_ui.api.texts import Text
from registry_ui.api.v1.fields import (
    REFUSALS,
    Body,
    CheckVerdict,
    VersionPath,
    examples,
)
from registry_ui.api.v1.idempotency import idempotent
from registry_ui.api.v1.lookups import visible_version_or_404
from registry_ui.models import Check, Scope

router = Router(tags=["Checks"])
PATH = "/models/{name}/versions/{version}/checks"

EXAMPLE: dict[str, JsonValue] = {
    "name": "fairness",
    "verdict": "passed",
    "link": "https://ci.example.com/builds/812",
    "text": "Largest difference between groups: 0.8 %.",
}


class CheckIn(Body):
    """A verdict to report."""

    model_config = examples(EXAMPLE)

    name: Text = Field(description="What was checked; a report replaces its last one.")
    verdict: CheckVerdict
    link: Text = Field("", description="Where the details are: an http(s) address.")
    text: Text = Field("", description="What was found, in a sentence or a report.")


class CheckOut(Schema):
    """The newest verdict of one check."""

    model_config = examples(
        EXAMPLE | {"reported_by": "ci-bot", "reported_at": "2026-01-05T09:00:00Z"}
    )

    name: str
    verdict: CheckVerdict
    link: str
    text: str
    reported_by: str = Field(description="User name.")
    reported_at: datetime

    @classmethod
    def of(cls, check: Check) -> "CheckOut":
        """Describe a check."""
        return cls(
            name=check.name,
            verdict=Check.Verdict(check.verdict),
            link=check.link,
            text=check.text,
            reported_by=check.reported_by.get_username(),
            reported_at=check.reported_at,
        )


class CheckList(Schema):
    """The checks of one version, by name."""

    checks: list[CheckOut]


@router.get(PATH, response={200: CheckList, **REFUSALS}, summary="List checks")
@needs(Scope.READ)
def list_checks(request: ApiRequest, path: Path[VersionPath]) -> CheckList:
    """List the newest verdict of each check on a version."""
    version = visible_version_or_404(request.auth, path.name, path.version)
    checks = version.checks.select_related("reported_by")
    return CheckList(checks=[CheckOut.of(check) for check in checks])


@router.post(PATH, response={201: CheckOut, **REFUSALS}, summary="Report a check")
@needs(Scope.CHECK)
@idempotent
def create_check(
    request: ApiRequest, path: Path[VersionPath], body: CheckIn
) -> Status[CheckOut]:
    """Report a verdict; it replaces the last one of that name, which stays on record.

    Needs Can Edit on the model.
    """
    version = visible_version_or_404(request.auth, path.name, path.version)
    check = report_check(
        version,
        body.name,
        body.verdict,
        actor=request.auth,
        link=body.link,
        text=body.text,
    )
    return Status(HTTPStatus.CREATED, CheckOut.of(check))
