"""Who may do what with webhooks."""

from django.contrib.auth.models import User

from registry_ui.models import RegisteredModel
from registry_ui.permissions import may_manage_model, may_manage_registry


def may_manage_webhooks(user: User, model: RegisteredModel | None) -> bool:
    """May the user see, change and test webhooks of this scope?

    Args:
        user: who asks.
        model: None stands for the whole registry, which is for administrators.
    """
    if model is None:
        return may_manage_registry(user)
    return may_manage_model(user, model)
