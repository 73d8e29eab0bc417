"""Looking at one model at once, where somebody names what the mirror does not know yet.

Everything else of MLflow comes in by syncs; this is for what was made a moment ago.
"""

from django.conf import settings
from django.utils import timezone

from registry_ui.actions.leases import take_lease
from registry_ui.actions.mirror import SyncContext
from registry_ui.actions.mirror_models import mirror_aliases
from registry_ui.actions.mirror_versions import mirror_versions
from registry_ui.actions.sweep import find_version, read_strangers, read_versions_of
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowClient, MLflowNotFound, shared_client
from registry_ui.models import MirrorState, RegisteredModel


def look_at(name: str, number: int | None = None) -> None:
    """Mirror a model that is new in MLflow, or a new version of one that is known.

    What is not there is not mirrored, and no error.

    Args:
        name: of the model.
        number: of the version; None for the model with all of its versions.

    Raises:
        ActionError: a sync is at work, which will find it, too.
        MLflowError: MLflow cannot be read.
    """
    client = shared_client(settings.MLFLOW_REGISTRY_URI)
    if not _is_there(name, number, client):
        return
    state = MirrorState.load()
    token = take_lease(MirrorState) if state.synced_at else None
    if token is None:
        raise ActionError(
            f"{name} is new in MLflow, and Signoff is just reading the registry. Try"
            " again in a moment."
        )
    context = SyncContext(timezone.now(), state.synced_at)
    try:
        _look(name, number, client, context)
    finally:
        ours = MirrorState.objects.filter(lease_token=token)
        ours.update(lease_token="", lease_expires_at=None)


def _is_there(name: str, number: int | None, client: MLflowClient) -> bool:
    if number is None:
        return client.find_model(name) is not None
    try:
        return client.get_version(name, number).number == number
    except MLflowNotFound:
        return False


def _look(
    name: str, number: int | None, client: MLflowClient, context: SyncContext
) -> None:
    known = RegisteredModel.objects.live().filter(name=name).exists()
    if known and number is not None:
        info = find_version(client, name, number, context)
        mirror_versions([info] if info else [], context, client)
    elif not known:
        context.strangers.add(name)
        read_strangers(client, context)
        read_versions_of(sorted(context.unread_models), client, context)
        mirror_aliases(context)
