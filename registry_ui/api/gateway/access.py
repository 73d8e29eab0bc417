"""Who may read what: what one may not read is answered like what does not exist."""

import re

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import Http404

from registry_ui import permissions
from registry_ui.actions.looks import look_at
from registry_ui.errors import InvalidFieldError
from registry_ui.models import Level, ModelPermission, ModelVersion, RegisteredModel
from registry_ui.models.prepared import PreparedLookup, PreparedRow

_NUMBER = re.compile("-?[0-9]+")
_LONGEST_NUMBER = 9  # digits


# Each read asks one of these and nothing else; any level will do. A model that is
# hidden takes the same time as one that is not there.
_levels = PreparedLookup(
    lambda user_pk, name: _granted(
        user_pk, Q(model__in=RegisteredModel.objects.in_mlflow().filter(name=name))
    ).values_list("level"),
    int,
    str,
)
_names = PreparedLookup(
    lambda user_pk: _granted(
        user_pk, Q(model__deleted_at=None) | Q(model__is_prompt=True)
    ).values_list("model__name"),
    int,
)
_model = PreparedRow(RegisteredModel, lambda name: Q(name=name, deleted_at=None), str)
_version = PreparedRow(
    ModelVersion,
    lambda model_pk, number: Q(model=model_pk, number=number, deleted_at=None),
    int,
    int,
)


def _granted(user_pk: int, which: Q) -> QuerySet[ModelPermission]:
    """Return what somebody was granted on such models, or on the whole registry."""
    grants = ModelPermission.objects.held_by(User(pk=user_pk))
    return grants.filter(Q(model=None) | which).order_by()


def reads_all(user: User) -> bool:
    """May the user read all that MLflow has, prompts and what is not mirrored too?"""
    return permissions.level_of(user, None) >= Level.CAN_READ


def readable_names(user: User) -> set[str] | None:
    """Return the names of the models that the user may read; None if they all are."""
    if user.is_superuser:
        return None
    names = {name for (name,) in _names(user.pk)}
    return None if None in names else names


def check_readable(user: User, name: str, *, version: str = "") -> None:
    """Let those pass who may read the model.

    Nobody else's call reaches MLflow, so that neither words nor time tell whether there
    is such a model.

    Args:
        user: who calls.
        name: of the model.
        version: that was asked for; empty where it was the model.

    Raises:
        Http404: in MLflow's words for what is not there.
    """
    if user.is_superuser or _levels(user.pk, name):
        return
    raise version_not_there(name, version) if version else not_there(name)


def not_there(name: str) -> Http404:
    """Return what MLflow says of a model that it does not have."""
    return Http404(f"Registered Model with name={name} not found")


def version_not_there(name: str, version: str) -> Http404:
    """Return what MLflow says of a version that it does not have."""
    return Http404(f"Model Version (name={name}, version={version}) not found")


def find_model(user: User, name: str) -> RegisteredModel | None:
    """Return the live model of that name; None where the user may not read it."""
    sees_all = reads_all(user)  # asked first: a hidden model shall take no longer
    model = _model(name)
    if model is None or sees_all or permissions.may_read(user, model):
        return model
    return None


def new_model_or_404(user: User, name: str) -> RegisteredModel:
    """Return the model of that name that is so new that no sync has seen it.

    Raises:
        Http404: there is none, or the user may not read it.
        ActionError: a sync is at work that will find it.
        MLflowError: MLflow cannot be read.
    """
    if reads_all(user):
        look_at(name)
        if model := find_model(user, name):
            return model
    raise not_there(name)


def version_or_404(model: RegisteredModel, version: str) -> ModelVersion:
    """Return a live version of the model, be it so new that no sync has seen it.

    Args:
        model: that the caller may read.
        version: its number in digits.

    Raises:
        InvalidFieldError: that is no number.
        Http404: there is no such version.
        ActionError, MLflowError: as `new_model_or_404`.
    """
    number = number_or_404(model, version)
    found = _version(model.pk, number)
    if found is None:
        look_at(model.name, number)
        found = _version(model.pk, number)
    if found is None:
        raise version_not_there(model.name, version)
    found.model = model
    return found


def is_mirrored(model: RegisteredModel, number: int) -> bool:
    """Has a sync, or a look, seen that version of the model?"""
    return _version(model.pk, number) is not None


def number_or_404(model: RegisteredModel, version: str) -> int:
    """Return a number that a version of the model may have.

    Raises:
        InvalidFieldError: it is none.
        Http404: no version has such a number.
    """
    if not _NUMBER.fullmatch(version):
        text = f"Parameter 'version' must be an integer, got '{version}'."
        raise InvalidFieldError("version", text)
    if len(version) > _LONGEST_NUMBER or version.startswith("-"):
        raise version_not_there(model.name, version)
    return int(version)
