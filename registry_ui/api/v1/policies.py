"""Policies: what holds, every version of it, a draft's check, and applying one."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.http import parse_etags
from ninja import Path, Router, Schema
from ninja.errors import HttpError
from pydantic import Field, JsonValue

from registry_ui import permissions
from registry_ui.actions.policies import (
    Change,
    PolicyChange,
    apply_policies,
    are_reordered,
    policies_in_force,
    state_of,
)
from registry_ui.actions.policy_previews import preview_of
from registry_ui.actions.policy_reports import report_json
from registry_ui.actions.visible_policies import (
    PolicyCard,
    held_as,
    versions_of,
    visible_policies,
)
from registry_ui.api.authentication import ApiRequest, needs
from registry_ui.api.texts import Text
from registry_ui.api.v1.fields import REFUSALS, Body, Error, Number, examples, listed
from registry_ui.api.v1.schemas import WHO
from registry_ui.errors import ActionError, StaleReviewError
from registry_ui.models import PolicyVersion, Scope
from registry_ui.policies import (
    DocumentError,
    Policy,
    PolicyDefinition,
    parse_document,
)

router = Router(tags=["Policies"])
ONE = "/policies/{policy}"
IF_MATCH = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": True,
            "schema": {"type": "string", "examples": ['"0f4b9a8c11d2e377"', "*"]},
            "description": "The `ETag` that `GET /policies` answered, as you read it;"
            " `*` to replace whatever holds.",
        }
    ]
}
POLICY: dict[str, JsonValue] = {
    "name": "production",
    "version": 3,
    "definition": {
        "name": "production",
        "targets": ["stage:Production"],
        "approvals": [{"count": 2}],
    },
    "rules": [{"subject": "Approval", "text": "2 people approve"}],
}
EXAMPLE = """\
policies:
- name: production
  targets: ['stage:Production']
  approvals:
  - count: 2
"""


class PolicyPath(Schema):
    """Names a policy."""

    policy: Text = Field(description="Name of the policy.")


class PolicyVersionPath(PolicyPath):
    """Names a version of a policy."""

    number: Number = Field(description="Number of the policy's version.")


class PoliciesIn(Body):
    """All policies as one document."""

    model_config = examples({"document": EXAMPLE})

    document: Text = Field(
        description="YAML (or JSON), as `manage.py policy schema` describes it."
    )

    @property
    def definitions(self) -> tuple[PolicyDefinition, ...]:
        """Return what the document says.

        Raises:
            ActionError: it cannot be used; the text has a line for each problem.
        """
        try:
            return parse_document(self.document)
        except DocumentError as error:
            raise ActionError(f"The document cannot be used. {error}") from None


class RuleOut(Schema):
    """One rule in words."""

    subject: str = Field(description="The kind of thing it is about: `Metric`.")
    text: str


class PolicyOut(Schema):
    """A policy in one of its versions."""

    model_config = examples(POLICY)

    name: str
    version: int
    definition: dict[str, JsonValue] = Field(
        description="As in a document, without what is as by default. `models` has just"
        " the patterns that match a model which you may read."
    )
    rules: list[RuleOut]

    @classmethod
    def of(cls, card: PolicyCard) -> "PolicyOut":
        """Describe a policy as its reader may see it."""
        return cls(
            name=card.policy.definition.name,
            version=card.policy.version,
            definition=card.as_seen.as_stored(),
            rules=[RuleOut(subject=one.subject, text=one.text) for one in card.rules],
        )


class PolicyVersionOut(PolicyOut):
    """A version of a policy, and who made it when."""

    model_config = examples(
        POLICY
        | {
            "created_at": "2026-01-05T09:00:00Z",
            "created_by": "ada",
            "is_in_force": True,
        }
    )

    created_at: datetime
    created_by: str | None = Field(
        description=f"{WHO} Null: applied from the command line."
    )
    is_in_force: bool


class PolicyList(Schema):
    """What holds, in the order in which it is tried; the default comes after it."""

    policies: list[PolicyOut]


class PolicyVersionList(Schema):
    """The versions of one policy, newest first."""

    versions: list[PolicyVersionOut]


class DraftReport(Schema):
    """What a draft would change, and what it says of open, held and past."""

    changes: list[dict[str, JsonValue]]
    are_reordered: bool
    warnings: list[dict[str, JsonValue]]
    open_requests: list[dict[str, JsonValue]]
    holders: dict[str, JsonValue]
    backtest: dict[str, JsonValue]


class PolicyChangeOut(Schema):
    """What became of one policy."""

    policy: str
    change: Annotated[Change, listed(Change)]
    version: int = Field(description="The one that holds now, or held last.")


class AppliedOut(Schema):
    """What applying a document changed."""

    changes: list[PolicyChangeOut]
    are_reordered: bool


@router.get("/policies", response={200: PolicyList, **REFUSALS}, summary="List")
@needs(Scope.READ)
def list_policies(request: ApiRequest, response: HttpResponse) -> PolicyList:
    """List the policies that govern models which you may read.

    The answer's `ETag` is another one whenever other policies hold.
    """
    held = policies_in_force()
    response["ETag"] = _etag(held)
    cards = visible_policies(request.auth, held)
    return PolicyList(policies=[PolicyOut.of(card) for card in cards])


@router.post(
    "/policies/check", response={200: DraftReport, **REFUSALS}, summary="Check a draft"
)
@needs(Scope.READ)
def check_policies(request: ApiRequest, body: PoliciesIn) -> DraftReport:
    """Say what a draft would change, and how it judges what is open, held and past.

    Nothing is changed. Administrators only, as it tells of all models.
    """
    _require_administrator(request)
    return DraftReport.model_validate(report_json(preview_of(body.definitions)))


@router.put(
    "/policies",
    response={200: AppliedOut, **REFUSALS, 412: Error, 428: Error},
    summary="Apply",
    openapi_extra=IF_MATCH,
)
@needs(Scope.ADMIN)
def replace_policies(
    request: ApiRequest, body: PoliciesIn, response: HttpResponse
) -> AppliedOut:
    """Let exactly the policies of a document hold, in its order; administrators only.

    What says the same keeps its version; what is missing is retired. Without `If-Match`
    the call answers 428; if other policies hold than you read, it answers 412, and
    nothing changes.
    """
    _require_administrator(request)
    definitions = body.definitions
    held = policies_in_force()
    header = request.headers.get("If-Match", "")
    if not header:
        raise HttpError(
            HTTPStatus.PRECONDITION_REQUIRED,
            "Send `If-Match` with the ETag of GET /api/v1/policies, so that nobody's"
            " change is lost; or `*`.",
        )
    # A server that compresses the answer makes its ETag a weak one: ours does.
    read = {one.removeprefix("W/") for one in parse_etags(header)}
    if not read & {"*", _etag(held)}:
        raise HttpError(
            HTTPStatus.PRECONDITION_FAILED,
            "Other policies hold than those you read. Nothing was changed; read them"
            " again.",
        )
    seen = None if "*" in read else state_of(held)
    try:
        changes = apply_policies(definitions, actor=request.auth, seen=seen)
    except StaleReviewError as error:
        raise HttpError(HTTPStatus.PRECONDITION_FAILED, str(error)) from None
    response["ETag"] = _etag(policies_in_force())
    return AppliedOut(
        changes=[_change(one) for one in changes],
        are_reordered=are_reordered(held, changes),
    )


@router.get(ONE, response={200: PolicyVersionOut, **REFUSALS}, summary="Read")
@needs(Scope.READ)
def get_policy(request: ApiRequest, path: Path[PolicyPath]) -> PolicyVersionOut:
    """Read a policy in its newest version; it may have been retired since."""
    return _visible_or_404(request, path.policy)[0]


@router.get(
    f"{ONE}/versions",
    response={200: PolicyVersionList, **REFUSALS},
    summary="List versions",
)
@needs(Scope.READ)
def list_policy_versions(
    request: ApiRequest, path: Path[PolicyPath]
) -> PolicyVersionList:
    """List what a policy said when, but for what named only models you may not read."""
    return PolicyVersionList(versions=_visible_or_404(request, path.policy))


@router.get(
    f"{ONE}/versions/{{number}}",
    response={200: PolicyVersionOut, **REFUSALS},
    summary="Read a version",
)
@needs(Scope.READ)
def get_policy_version(
    request: ApiRequest, path: Path[PolicyVersionPath]
) -> PolicyVersionOut:
    """Read a version of a policy; versions never change."""
    for version in _visible_or_404(request, path.policy):
        if version.version == path.number:
            return version
    raise Http404(
        f"There is no version {path.number} of {path.policy!r}, or you may not read it."
    )


def _visible_or_404(request: ApiRequest, name: str) -> list[PolicyVersionOut]:
    """Return the versions that the caller may see, newest first.

    Raises:
        Http404: there is no such policy, or the caller may not see what it says now.
    """
    versions = versions_of(name)
    seen = [
        _describe(version, cards[0])
        for version in versions
        if (cards := visible_policies(request.auth, [held_as(version)]))
    ]
    if not seen or seen[0].version != versions[0].number:
        raise Http404(f"There is no policy {name!r}, or you may not read it.")
    return seen


def _describe(version: PolicyVersion, card: PolicyCard) -> PolicyVersionOut:
    by, policy = version.created_by, version.policy
    return PolicyVersionOut(
        **PolicyOut.of(card).model_dump(),
        created_at=version.created_at,
        created_by=by.get_username() if by else None,
        is_in_force=policy.retired_at is None and policy.current == version.number,
    )


def _change(change: PolicyChange) -> PolicyChangeOut:
    return PolicyChangeOut(
        policy=change.name, change=change.change, version=change.number
    )


def _require_administrator(request: ApiRequest) -> None:
    if not permissions.may_manage_registry(request.auth):
        raise PermissionDenied


def _etag(held: Sequence[Policy]) -> str:
    digest = hashlib.sha256(state_of(held).encode()).hexdigest()
    return f'"{digest[:16]}"'
