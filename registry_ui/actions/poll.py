"""Reading what MLflow's timestamps can show: versions that were touched of late.

These are new ones, moves between stages, and descriptions; tags, aliases and deletions
leave no such trace.
"""

from datetime import datetime, timedelta

from registry_ui.actions.mirror import SyncContext, Tell
from registry_ui.actions.mirror_versions import mirror_versions
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import MirrorState

PAGE = 100
OVERLAP = timedelta(seconds=60)
"""Clocks of several MLflow servers differ, and commits come in another order."""


def poll_versions(
    client: MLflowClient,
    context: SyncContext,
    state: MirrorState,
    tell: Tell,
) -> datetime | None:
    """Mirror what was touched since the last poll.

    Returns:
        The newest touch seen, by MLflow's clock, where the next poll shall end. Where
        something was left as it is, the next one goes as far back as this one.
    """
    newest = state.newest_update_at
    end = newest - OVERLAP if newest else None
    count = 0
    for page in client.iter_touched_versions(page_size=PAGE):
        if count == 0 and page:
            newest = max(page[0].updated_at, newest or page[0].updated_at)
        mirror_versions(page, context, client)
        count += len(page)
        tell("poll", count)
        if end is None or not page or page[-1].updated_at < end:
            break
    return state.newest_update_at if context.left else newest
