"""What the forms that ask for a transition propose, and say of each stage."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest

from registry_ui import permissions
from registry_ui.actions.decisions import holdings_around
from registry_ui.actions.policies import governed_kind, policies_in_force, policy_of
from registry_ui.forms import ALIAS_CHOICE
from registry_ui.models import STAGE_PREFIX, ModelVersion, Stage
from registry_ui.policies import Governed


def proposal(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """Propose what the address asks for, else the next stage.

    With it goes to archive who is in Production, as people mostly want.
    """
    if alias := request.GET.get("alias", ""):
        return {"stage": ALIAS_CHOICE, "alias": alias}
    follows = {Stage.NONE: Stage.STAGING, Stage.STAGING: Stage.PRODUCTION}
    stage = request.GET.get("stage", "")
    if stage not in Stage.values or stage == version.stage:
        stage = follows.get(Stage(version.stage), Stage.PRODUCTION)
    if stage == version.stage:
        stage = Stage.ARCHIVED
    return {"stage": stage, "archive_existing_versions": stage == Stage.PRODUCTION}


def stage_choices(user: User, version: ModelVersion) -> list[dict[str, Any]]:
    """Say of each stage who is there, and whether this person may move directly."""
    stages = []
    policies = policies_in_force()
    for stage in Stage.values:
        target = f"{STAGE_PREFIX}{stage}"
        holders = holdings_around(version, target).holders(target)
        kind = governed_kind(version, target)
        policy = policy_of(version.model.name, target, kind=kind, policies=policies)
        is_direct = policy.definition.direct and permissions.may_decide(
            user, version.model, from_stage=version.stage, target=target
        )
        stages.append(
            {
                "name": stage,
                "holders": holders,
                "is_current": stage == version.stage,
                "is_rollback": kind is Governed.ROLLBACK,
                "is_direct": is_direct,
                "level": permissions.level_to_decide(
                    from_stage=version.stage, target=target
                ).label,
                "four_eyes": policy.definition.excludes_requester,
            }
        )
    return stages
