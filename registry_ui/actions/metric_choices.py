"""What people choose for the metrics of a model: which one speaks, which way is better.

Kept by Signoff alone; MLflow knows neither. Reviewers see verdicts by it, so it takes
the level of who answers for the model, not of who asks for a promotion.
"""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from registry_ui import permissions
from registry_ui.comparison import Direction
from registry_ui.errors import InvalidFieldError
from registry_ui.events import EventType, record_event
from registry_ui.models import METRIC_KEY_LENGTH, RegisteredModel


@transaction.atomic
def choose_metrics(
    model: RegisteredModel,
    headline: str,
    directions: Mapping[str, Direction],
    *,
    actor: User,
) -> bool:
    """Replace what was chosen for a model's metrics.

    Args:
        model: whose metrics.
        headline: the metric that speaks for a version; empty to have it inferred.
        directions: which way some metrics are better; others are inferred.
        actor: needs Can Manage.

    Returns:
        Has anything changed?

    Raises:
        PermissionDenied: the actor may not manage the model.
        InvalidFieldError: a name is longer than any metric's.
    """
    if not (model.is_live and permissions.may_manage_model(actor, model)):
        raise PermissionDenied
    if any(len(name) > METRIC_KEY_LENGTH for name in (headline, *directions)):
        raise InvalidFieldError(
            "headline",
            f"A metric name has at most {METRIC_KEY_LENGTH} characters.",
        )
    locked = RegisteredModel.objects.select_for_update(no_key=True).get(pk=model.pk)
    before = {
        "headline": locked.headline_metric,
        "directions": locked.metric_directions,
    }
    after = {
        "headline": headline,
        "directions": {name: str(chosen) for name, chosen in directions.items()},
    }
    if before == after:
        return False
    model.headline_metric = locked.headline_metric = headline
    model.metric_directions = locked.metric_directions = after["directions"]
    locked.save(update_fields=["headline_metric", "metric_directions"])
    record_event(
        EventType.METRICS_CHOSEN,
        actor=actor,
        model=locked,
        before=before,
        after=after,
    )
    return True
