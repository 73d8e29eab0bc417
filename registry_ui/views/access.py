"""Who holds which level, and through what, as pages show it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from django.contrib.auth.models import User
from django.db.models import Q

from registry_ui.models import NO_LEVEL, Level, ModelPermission, RegisteredModel

SHOWN_PEOPLE = 200
ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Way:
    """One thing through which a person holds a level, in words."""

    level: int
    words: str

    @property
    def label(self) -> str:
        """Return the level's name."""
        return Level(self.level).label


@dataclass(frozen=True, slots=True)
class Access:
    """What one person holds on a model, or on the whole registry.

    Attributes:
        user: who.
        ways: all through which they hold a level, the highest first; may be empty.
    """

    user: User
    ways: tuple[Way, ...]

    @property
    def level(self) -> int:
        """Return the highest level, which is the one that counts; 0 is none."""
        return self.ways[0].level if self.ways else NO_LEVEL

    @property
    def label(self) -> str:
        """Return its name."""
        return Level(self.level).label if self.ways else "No permissions"

    @property
    def manages(self) -> bool:
        """May they grant and revoke levels?"""
        return self.level >= Level.CAN_MANAGE


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds what.

    Attributes:
        own: what the person who looks holds.
        people: those who hold most, by level and then by name; cut at `SHOWN_PEOPLE`.
        more_count: how many were cut.
    """

    own: Access
    people: Sequence[Access]
    more_count: int

    @property
    def people_count(self) -> int:
        """Return how many hold any level."""
        return len(self.people) + self.more_count

    @property
    def managers(self) -> list[Access]:
        """Return who may change it."""
        return [access for access in self.people if access.manages]


def grants_on(model: RegisteredModel | None) -> list[ModelPermission]:
    """Return what is granted on the model, then what is registry-wide; highest first.

    Args:
        model: None asks for the registry-wide grants alone.
    """
    grants = ModelPermission.objects.filter(Q(model=model) | Q(model=None))
    ordered = grants.select_related("user", "group").order_by("-level", "pk")
    return sorted(ordered, key=lambda grant: grant.model_id is None)


def held_through(grants: Sequence[ModelPermission], viewer: User) -> Held:
    """Return who holds which level through the grants, or by being an administrator."""
    ways = _ways_by_user(grants)
    by_level = sorted(ways, key=lambda pk: (-_highest(ways[pk])[0].level, pk))
    shown = User.objects.in_bulk(by_level[:SHOWN_PEOPLE])
    people = [Access(user, _highest(ways[pk])) for pk, user in shown.items()]
    people.sort(key=lambda access: (-access.level, _name(access.user)))
    return Held(
        own=Access(viewer, _highest(ways.get(viewer.pk, []))),
        people=people,
        more_count=len(by_level) - len(people),
    )


def level_after(
    user: User,
    grants: Sequence[ModelPermission],
    changed: ModelPermission | None,
    level: int = NO_LEVEL,
) -> int:
    """Return what the user would hold were one grant changed; 0 is none.

    Args:
        user: who.
        grants: all that hold on the model, or on the registry.
        changed: the one of them that is; None where there is a new one.
        level: what it would be then; 0 if it is taken back.
    """
    if user.is_superuser:
        return Level.CAN_MANAGE
    groups = set(user.groups.values_list("pk", flat=True))
    levels = [
        level if changed and grant.pk == changed.pk else grant.level
        for grant in grants
        if grant.user_id == user.pk or grant.group_id in groups
    ]
    return max(levels, default=NO_LEVEL)


def _ways_by_user(grants: Sequence[ModelPermission]) -> dict[int, list[Way]]:
    """Return the ways of all who are active, by the primary key of the user."""
    ways: dict[int, list[Way]] = defaultdict(list)
    of_groups: dict[int, list[Way]] = defaultdict(list)
    for grant in grants:
        where = "on this model" if grant.model_id else "registry-wide"
        if grant.user and grant.user.is_active:
            ways[grant.user.pk].append(Way(grant.level, f"granted {where}"))
        elif grant.group:
            words = f"as member of {grant.group.name}, granted {where}"
            of_groups[grant.group.pk].append(Way(grant.level, words))
    members = User.groups.through.objects.filter(
        group__in=list(of_groups), user__is_active=True
    )
    for user, group in members.values_list("user", "group"):
        ways[user] += of_groups[group]
    superusers = User.objects.filter(is_superuser=True, is_active=True)
    for pk in superusers.values_list("pk", flat=True):
        ways[pk].append(Way(Level.CAN_MANAGE, ADMINISTRATOR))
    return ways


def _highest(ways: Sequence[Way]) -> tuple[Way, ...]:
    return tuple(sorted(ways, key=attrgetter("level"), reverse=True))


def _name(user: User) -> str:
    return (user.get_full_name() or user.get_username()).casefold()
