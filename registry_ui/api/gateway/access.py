"""Who may read what: what one may not read is answered like what does not exist."""

from django.contrib.auth.models import User
from django.http import Http404

from registry_ui import permissions
from registry_ui.models import Level, RegisteredModel


def reads_all(user: User) -> bool:
    """May the user read all that MLflow has, prompts and what is not mirrored too?"""
    return permissions.level_of(user, None) >= Level.CAN_READ


def readable_names(user: User) -> set[str]:
    """Return the names of the models that somebody may read who may not read all."""
    models = RegisteredModel.objects.visible_to(user).in_mlflow()
    return set(models.values_list("name", flat=True))


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
    if reads_all(user):
        return
    models = RegisteredModel.objects.visible_to(user).in_mlflow()
    if models.filter(name=name).exists():
        return
    if version:
        raise Http404(f"Model Version (name={name}, version={version}) not found")
    raise not_there(name)


def not_there(name: str) -> Http404:
    """Return what MLflow says of a model that it does not have."""
    return Http404(f"Registered Model with name={name} not found")
