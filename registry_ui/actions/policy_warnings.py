"""Policies that nobody can satisfy: warned of, since people and groups may yet come."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.db.models import Q

from registry_ui import permissions
from registry_ui.models import NO_LEVEL, Level, ModelPermission, Stage
from registry_ui.policies import ApprovalRule, PolicyDefinition, does_match


@dataclass(frozen=True, slots=True)
class PolicyWarning:
    """What is odd about a policy, in a sentence, and what to do about it."""

    policy: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Member:
    """An active person, their groups, and the levels they hold.

    Attributes:
        held: by the name of the model; None stands for the whole registry.
    """

    groups: frozenset[str]
    held: Mapping[str | None, int]

    def level_for(self, definition: PolicyDefinition) -> int:
        """Return the highest level on anything that the policy governs."""
        governed = (
            level
            for name, level in self.held.items()
            if name is None
            or any(does_match(definition, name, one) for one in definition.targets)
        )
        return max(governed, default=NO_LEVEL)


def warnings_of(definitions: Iterable[PolicyDefinition]) -> list[PolicyWarning]:
    """Warn of groups that do not exist, and of those too few of whom can decide."""
    rules = [
        (one, rule) for one in definitions for rule in one.approvals if rule.groups
    ]
    names = {name for _, rule in rules for name in rule.groups}
    if not names:
        return []
    existing = set(Group.objects.filter(name__in=names).values_list("name", flat=True))
    members = _members(existing)
    found: list[PolicyWarning] = []
    for definition, rule in rules:
        found += _missing(definition, rule, existing)
        if existing & set(rule.groups):
            found += _too_few(definition, rule, members)
    return list(dict.fromkeys(found))


def _missing(
    definition: PolicyDefinition, rule: ApprovalRule, existing: Collection[str]
) -> Iterable[PolicyWarning]:
    for name in rule.groups:
        if name not in existing:
            text = f"There is no group {name}."
            remedy = "Add the group, or correct its name in the policy."
            yield PolicyWarning(definition.name, text, remedy)


def _too_few(
    definition: PolicyDefinition, rule: ApprovalRule, members: Iterable[_Member]
) -> Iterable[PolicyWarning]:
    """Warn if fewer people than must approve are of the groups and hold the level."""
    needed = max(Level[rule.level] if rule.level else NO_LEVEL, _least(definition))
    of = [one for one in members if one.groups & set(rule.groups)]
    able = sum(one.level_for(definition) >= needed for one in of)
    if able >= rule.count:
        return
    groups, level = " or ".join(rule.groups), Level(needed).label
    if not of:
        text, remedy = f"Nobody is in {groups}.", f"Put people into {groups}."
    else:
        who = "Nobody" if not able else f"Only {able} of {rule.count} people needed"
        text = f"{who} in {groups} holds {level}."
        remedy = f"Grant {level} to {groups}, or name another group."
    yield PolicyWarning(definition.name, text, remedy)


def _least(definition: PolicyDefinition) -> Level:
    """Return the lowest level that decides on any of the policy's targets."""
    return min(
        permissions.level_to_decide(from_stage=Stage.NONE, target=target)
        for target in definition.targets
    )


def _members(groups: Collection[str]) -> list[_Member]:
    """Return the active people of these groups, in a fixed number of queries."""
    users = list(
        User.objects.filter(is_active=True, groups__name__in=groups)
        .distinct()
        .prefetch_related("groups")
    )
    mine = Q(user__in=users) | Q(group__user__in=users)
    grants = list(
        ModelPermission.objects.filter(mine)
        .distinct()
        .values_list("user", "group", "model__name", "level")
    )
    return [_member(user, grants) for user in users]


def _member(
    user: User, grants: Iterable[tuple[int | None, int | None, str | None, int]]
) -> _Member:
    groups = {group.pk: group.name for group in user.groups.all()}
    held: dict[str | None, int] = {None: Level.CAN_MANAGE} if user.is_superuser else {}
    for user_pk, group_pk, model, level in grants:
        if user_pk == user.pk or group_pk in groups:
            held[model] = max(level, held.get(model, NO_LEVEL))
    return _Member(frozenset(groups.values()), held)
