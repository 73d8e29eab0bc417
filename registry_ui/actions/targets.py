"""Which targets a version can be put into."""

import re

from registry_ui.actions.holdings import version_before
from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.models import (
    ALIAS_PREFIX,
    STAGE_PREFIX,
    Alias,
    ModelVersion,
    Stage,
    TransitionRequest,
)
from registry_ui.planning import STAGES_THAT_ARCHIVE

ALIAS_LENGTH = 255
Kind = TransitionRequest.Kind
_FITTING = re.compile(r"[\w-]+")
_NEWEST = re.compile("latest", re.IGNORECASE)
_NUMBERED = re.compile(r"v\d+", re.IGNORECASE)
"""Source: `_validate_model_alias_name` and `…_reserved` of MLflow's validation."""


def clean_alias(alias: str) -> str:
    """Return the alias without white space and @.

    Raises:
        InvalidFieldError: MLflow takes no such alias.
    """
    alias = alias.strip().removeprefix("@")
    if not _FITTING.fullmatch(alias) or len(alias) > ALIAS_LENGTH:
        raise InvalidFieldError(
            "alias",
            "An alias has letters, digits, _ and - only, and at most"
            f" {ALIAS_LENGTH} of them.",
        )
    if is_reserved(alias):
        raise InvalidFieldError(
            "alias", f"MLflow keeps {alias!r} for itself. Choose another name."
        )
    return alias


def is_reserved(alias: str) -> bool:
    """Does MLflow itself say what the alias points to?"""
    return bool(_NEWEST.fullmatch(alias) or _NUMBERED.fullmatch(alias))


def check_alias_form(alias: str) -> None:
    """Refuse what can be no alias's name, in MLflow's own words: programs know them.

    Raises:
        InvalidFieldError: MLflow takes no such name.
    """
    if not _FITTING.fullmatch(alias):
        text = (
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics,"
            " underscores (_), and dashes (-)."
        )
        raise InvalidFieldError("alias", text)
    if len(alias) > ALIAS_LENGTH:
        text = (
            "'Registered model alias name' exceeds the maximum length of"
            f" {ALIAS_LENGTH} characters"
        )
        raise InvalidFieldError("alias", text)


def check_new_alias(alias: str) -> None:
    """Refuse what nobody may set as an alias, in MLflow's own words.

    Raises:
        InvalidFieldError: MLflow takes no such name, or keeps it for itself.
    """
    check_alias_form(alias)
    if _NEWEST.fullmatch(alias):
        text = "'latest' alias name (case insensitive) is reserved."
        raise InvalidFieldError("alias", text)
    if _NUMBERED.fullmatch(alias):
        text = f"Version alias name '{alias}' is reserved."
        raise InvalidFieldError("alias", text)


def kind_of(version: ModelVersion, target: str) -> Kind:
    """Return what asking for this is: it is seen from the record, not chosen.

    Args:
        version: the candidate.
        target: `stage:…` or `alias:…` of its model.
    """
    if target == f"{STAGE_PREFIX}{Stage.ARCHIVED}":
        return Kind.ARCHIVE
    is_return = version_before(version.model, target) == version.pk
    return Kind.ROLLBACK if is_return else Kind.PROMOTION


def check_target(version: ModelVersion, target: str, *, archive: bool) -> str:
    """Return the target as it is stored; an alias as the model spells it already.

    Args:
        version: the candidate.
        target: `stage:Production` or `alias:champion`.
        archive: shall the versions that are there now be archived?

    Raises:
        InvalidFieldError: MLflow takes no such alias.
        ActionError: the version cannot be put there; with the reason.
    """
    if not version.is_live:
        raise ActionError(f"{version} was deleted in MLflow. Choose another version.")
    if target.startswith(ALIAS_PREFIX):
        return _check_alias(version, target, archive=archive)
    stage = target.removeprefix(STAGE_PREFIX)
    if not target.startswith(STAGE_PREFIX) or stage not in Stage.values:
        stages = ", ".join(Stage.values)
        raise ActionError(
            f"There is no stage {stage!r}. Choose one of {stages}, or an alias:"
            " alias:champion."
        )
    if stage == version.stage:
        raise ActionError(f"{version} is in {stage} already.")
    if archive:
        refuse_archiving_in_vain(target)
    return target


def refuse_archiving_in_vain(target: str) -> None:
    """Say why nothing can be archived with a move into the target.

    Raises:
        ActionError: it is an alias, or a stage for which MLflow archives nothing.
    """
    stage = target.removeprefix(STAGE_PREFIX)
    if target.startswith(ALIAS_PREFIX):
        raise ActionError(
            "An alias points to one version, so nothing is archived with it; leave"
            " archive_existing_versions out."
        )
    if stage not in STAGES_THAT_ARCHIVE:
        raise ActionError(
            "Model version transition cannot archive existing model versions because"
            f" {stage!r} is not an Active stage. Valid stages are"
            f" {' and '.join(STAGES_THAT_ARCHIVE)};"
            " leave archive_existing_versions out."
        )


def _check_alias(version: ModelVersion, target: str, *, archive: bool) -> str:
    alias = clean_alias(target.removeprefix(ALIAS_PREFIX))
    if archive:
        refuse_archiving_in_vain(target)
    twins = [
        row
        for row in Alias.objects.filter(model=version.model_id)
        if row.name.casefold() == alias.casefold()
    ]
    # As the plan has it: what is there in another spelling is moved, not doubled.
    held = next((row for row in twins if row.name == alias), None)
    held = held or next(iter(twins), None)
    if held is not None and held.version_id == version.pk:
        raise ActionError(f"@{held.name} points to {version} already.")
    return f"{ALIAS_PREFIX}{held.name if held else alias}"
