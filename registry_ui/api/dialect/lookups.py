"""Fetch and check access in one step: what one may not read is not there."""

from django.contrib.auth.models import User
from django.http import Http404

from registry_ui.models import RegisteredModel


def visible_model_or_404(user: User, name: str) -> RegisteredModel:
    """Return the live model of that name.

    Raises:
        Http404: there is none, or the user may not read it.
    """
    models = RegisteredModel.objects.visible_to(user).live()
    model = models.filter(name=name).first()
    if model is None:
        raise Http404(f"There is no model {name!r}, or you may not read it.")
    return model
