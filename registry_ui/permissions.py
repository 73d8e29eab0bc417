"""Who may do what: functions of a user and an object.

The levels and what they allow are Databricks' ability table ("MLflow model ACLs").
Policies (`gates.py`) say what a promotion needs; here stands who may act at all.
"""

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

    Whether a person's approval counts (four eyes) is the policy's to say: `gates.py`.
    """
    version = request.version
    return may_decide(
        user, version.model, from_stage=version.stage, target=request.target
    )


def may_cancel(user: User, request: TransitionRequest) -> bool:
    """May the user withdraw the request? Its requester, and who manages the model."""
    return (
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
    """May the user rename and delete the model, and manage permissions and webhooks?"""
    return level_of(user, model) >= Level.CAN_MANAGE


def may_manage_registry(user: User | AnonymousUser) -> bool:
    """May the user manage what holds for the whole registry?"""
    return user.is_active and user.is_superuser
