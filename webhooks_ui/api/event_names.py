"""Which names of events a call may say and is shown.

databricks-registry-webhooks raises on a name that it does not know, and it calls below
the prefix of the preview. So only Databricks' names exist there; those of ours that a
webhook hears of besides are not shown, and not touched.
"""

from collections.abc import Sequence

from registry_ui.errors import InvalidFieldError
from webhooks_ui.models import DATABRICKS_EVENTS, EventName, Webhook


def shown_events(webhook: Webhook, *, is_preview: bool) -> list[str]:
    """Return the names that the webhook has, as far as they are shown."""
    shown = DATABRICKS_EVENTS if is_preview else tuple(EventName)
    return [name.value for name in shown if name in webhook.events]


def check_events(names: Sequence[str], *, is_preview: bool) -> None:
    """Refuse a name that does not exist, or not below the prefix.

    Raises:
        InvalidFieldError: it says which.
    """
    known = DATABRICKS_EVENTS if is_preview else tuple(EventName)
    unknown = [name for name in names if name not in known]
    if not unknown:
        return
    name = unknown[0]
    if name in EventName.values:
        raise InvalidFieldError(
            "events",
            f"Databricks has no event {name!r}. For those that Signoff adds, call"
            " /api/2.0/mlflow/registry-webhooks/, without `preview`.",
        )
    raise InvalidFieldError("events", f"There is no event {name!r}.")


def changed_events(
    webhook: Webhook, names: Sequence[str], *, is_preview: bool
) -> list[str]:
    """Return what the webhook hears of once these names are set."""
    hidden = set(webhook.events) - set(DATABRICKS_EVENTS) if is_preview else set()
    return [*names, *sorted(hidden)]
