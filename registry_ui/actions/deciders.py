"""Whose approval a request still needs: many people, one request."""

from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import Q

from registry_ui import permissions
from registry_ui.actions.decisions import Decision
from registry_ui.gates import ReviewFact, is_wanted
from registry_ui.models import (
    Level,
    ModelPermission,
    RegisteredModel,
    TransitionRequest,
)


class Holder(NamedTuple):
    """Somebody who holds a level on a model, and the names of their groups."""

    user: User
    level: int
    groups: frozenset[str]


def people_needed(request: TransitionRequest, decision: Decision) -> list[User]:
    """Return the people whose approval would bring the request a step further.

    They hold the level that decides, the policy does not exclude them, and an approval
    of theirs would fill a place that is empty yet.

    Args:
        request: that waits for a decision.
        decision: as it stands now.
    """
    version = request.version
    level = permissions.level_to_decide(from_stage=version.stage, target=request.target)
    now = decision.facts.now
    return [
        holder.user
        for holder in holders_of(version.model, at_least=level)
        if is_wanted(decision.facts, _approval_of(holder, now))
    ]


def holders_of(model: RegisteredModel, *, at_least: Level) -> list[Holder]:
    """Return the active people who hold the level on the model: three queries.

    The same rule as `permissions.level_of`, for many people at once.
    """
    grants = ModelPermission.objects.filter(
        Q(model=model) | Q(model=None), level__gte=at_least
    )
    by_user: dict[int, int] = {}
    by_group: dict[int, int] = {}
    for user_pk, group_pk, level in grants.values_list("user", "group", "level"):
        held, key = (by_user, user_pk) if user_pk else (by_group, group_pk)
        held[key] = max(level, held.get(key, 0))
    people = User.objects.filter(
        Q(is_superuser=True) | Q(pk__in=by_user) | Q(groups__in=by_group),
        is_active=True,
    )
    found = []
    for user in people.distinct().prefetch_related("groups").order_by("pk"):
        groups = list(user.groups.all())
        levels = [by_user.get(user.pk, 0)] + [by_group.get(g.pk, 0) for g in groups]
        highest = Level.CAN_MANAGE if user.is_superuser else max(levels)
        found.append(Holder(user, highest, frozenset(g.name for g in groups)))
    return found


def _approval_of(holder: Holder, now: datetime) -> ReviewFact:
    """Return the approval that the person could give now."""
    return ReviewFact(
        reviewer_id=holder.user.pk,
        reviewer_name=holder.user.get_username(),
        is_approval=True,
        given_at=now,
        holds_level=True,
        level=holder.level,
        groups=holder.groups,
    )
