"""Who may do what: functions of a user and an object.

The levels and what they allow are Databricks' ability table ("MLflow model ACLs").
Policies (`policies/`) say what a promotion needs; here stands who may act at all.
"""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User

from registry_ui.models import (
    NO_LEVEL,
    Comment,
    Level,
    RegisteredModel,
    Stage,
    TransitionRequest,
    levels_held,
    registry_level,
)


@dataclass(frozen=True, slots=True)
class Ability:
    """Something that a level and all higher ones allow.

    Attributes:
        words: what one may do, as it follows "you may".
        level: the least level for it.
    """

    words: str
    level: Level


ON_A_MODEL = (
    Ability("see a model, its versions, requests, activity", Level.CAN_READ),
    Ability("ask for a transition, comment", Level.CAN_READ),
    Ability(
        "change descriptions and tags of the model and its versions", Level.CAN_EDIT
    ),
    Ability("report checks, have a version's run and files read again", Level.CAN_EDIT),
    Ability(
        "decide on moves between None, Staging, Archived",
        Level.CAN_MANAGE_STAGING_VERSIONS,
    ),
    Ability(
        "decide on moves into or out of Production, and on aliases",
        Level.CAN_MANAGE_PRODUCTION_VERSIONS,
    ),
    Ability("withdraw somebody else's request", Level.CAN_MANAGE),
    Ability("delete somebody else's comment", Level.CAN_MANAGE),
    Ability(
        "break the glass: put a version into a target at once, reviewed afterwards",
        Level.CAN_MANAGE,
    ),
    Ability("rename the model, delete it or its versions", Level.CAN_MANAGE),
    Ability(
        "choose the model's headline metric, and which way metrics are better",
        Level.CAN_MANAGE,
    ),
    Ability("manage webhooks and permissions of the model", Level.CAN_MANAGE),
)
"""What each level allows on a model: Databricks' ability table and what we added."""

REGISTRY_WIDE = (
    Ability("register models", Level.CAN_EDIT),
    Ability("grant and revoke registry-wide levels", Level.CAN_MANAGE),
)
"""What a level allows besides, where it is held on the whole registry."""


def level_of(user: User | AnonymousUser, model: RegisteredModel | None) -> int:
    """Return the highest level the user holds on the model; 0 is none.

    Args:
        user: whose level.
        model: None asks for the registry-wide level.
    """
    return level_on(user, model.pk if model else None)


def level_on(user: User | AnonymousUser, model_pk: int | None) -> int:
    """Return the same by the model's primary key."""
    everywhere = registry_level(user)
    if user.is_anonymous or not user.is_active or everywhere == Level.CAN_MANAGE:
        return everywhere
    return max(everywhere, levels_held(user).get(model_pk, NO_LEVEL))


def may_read(user: User | AnonymousUser, model: RegisteredModel) -> bool:
    """May the user see the model, its versions and all that is said of them?"""
    return level_of(user, model) >= Level.CAN_READ


def may_request(user: User, model: RegisteredModel) -> bool:
    """May the user ask for a transition?"""
    return may_read(user, model)


def may_comment(user: User, model: RegisteredModel) -> bool:
    """May the user write comments on versions of the model?"""
    return may_read(user, model)


def may_edit_comment(user: User, comment: Comment) -> bool:
    """May the user change the text of the comment? Its author, and nobody else."""
    return comment.author_id == user.pk and may_comment(user, comment.version.model)


def may_delete_comment(user: User, comment: Comment) -> bool:
    """May the user delete the comment? Its author, and who manages the model."""
    return may_edit_comment(user, comment) or may_manage_model(
        user, comment.version.model
    )


def level_to_decide(*, from_stage: str, target: str) -> Level:
    """Return the level that decides on a move into a target.

    Staging's level covers moves between None, Staging and Archived; Production on
    either side asks for Production's level. Aliases serve production traffic.
    """
    production = f"stage:{Stage.PRODUCTION}"
    if target.startswith("alias:") or target == production:
        return Level.CAN_MANAGE_PRODUCTION_VERSIONS
    if from_stage == Stage.PRODUCTION:
        return Level.CAN_MANAGE_PRODUCTION_VERSIONS
    return Level.CAN_MANAGE_STAGING_VERSIONS


def may_decide(
    user: User, model: RegisteredModel, *, from_stage: str, target: str
) -> bool:
    """Does the user hold the level that decides on such a move?"""
    return level_of(user, model) >= level_to_decide(
        from_stage=from_stage, target=target
    )


def may_review(user: User, request: TransitionRequest) -> bool:
    """Does the user hold the level to decide on the request?

    Whether a person's approval counts (four eyes) is the policy's to say: `gates/`.
    """
    version = request.version
    return may_decide(
        user, version.model, from_stage=version.stage, target=request.target
    )


def may_break_glass(user: User, model: RegisteredModel) -> bool:
    """May the user put a version into a target first, and be reviewed afterwards?

    Whether it may be done at all there is the policy's to say.
    """
    return level_of(user, model) >= Level.CAN_MANAGE


def may_cancel(user: User, request: TransitionRequest) -> bool:
    """May the user withdraw the request? Its requester, and who manages the model.

    Nobody withdraws the review that a break-glass owes.
    """
    return request.follows_id is None and (
        request.requested_by_id == user.pk
        or level_of(user, request.version.model) >= Level.CAN_MANAGE
    )


def may_report_check(user: User, model: RegisteredModel) -> bool:
    """May the user (or the CI job that acts for them) report checks?"""
    return level_of(user, model) >= Level.CAN_EDIT


def may_edit_model(user: User, model: RegisteredModel) -> bool:
    """May the user change descriptions and tags, and have evidence read again?"""
    return level_of(user, model) >= Level.CAN_EDIT


def may_create_model(user: User) -> bool:
    """May the user register models? Who may edit all that there are, may add one."""
    return level_of(user, None) >= Level.CAN_EDIT


def may_manage_model(user: User, model: RegisteredModel) -> bool:
    """May the user rename and delete the model, and manage its webhooks?"""
    return level_of(user, model) >= Level.CAN_MANAGE


def may_manage_permissions(user: User, model: RegisteredModel | None) -> bool:
    """May the user grant and revoke levels on the model?

    Args:
        user: who asks.
        model: None asks for registry-wide levels. As in Databricks, who holds Can
            Manage on the whole registry may set them, without being its administrator:
            `may_manage_registry` is more.
    """
    return level_of(user, model) >= Level.CAN_MANAGE


def may_manage_registry(user: User | AnonymousUser) -> bool:
    """Is the user an administrator: accounts, policies, the registry's webhooks?"""
    return user.is_active and user.is_superuser
