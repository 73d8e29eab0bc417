"""Who holds which permission level, and the tokens that scripts sign in with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import models
from django.db.models import Q

from registry_ui.models.prepared import PreparedLookup

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime


NO_LEVEL = 0


class Level(models.IntegerChoices):
    """Databricks' permission levels; a higher number includes the lower ones.

    Source: the ability table of Databricks' page "MLflow model ACLs".
    """

    CAN_READ = 1, "Can Read"
    CAN_EDIT = 2, "Can Edit"
    CAN_MANAGE_STAGING_VERSIONS = 3, "Can Manage Staging Versions"
    CAN_MANAGE_PRODUCTION_VERSIONS = 4, "Can Manage Production Versions"
    CAN_MANAGE = 5, "Can Manage"


class ModelPermissionQuerySet(models.QuerySet["ModelPermission"]):
    """Finds grants."""

    def held_by(self, user: User) -> ModelPermissionQuerySet:
        """Keep what is granted to the user or to one of their groups."""
        return self.filter(Q(user=user) | Q(group__in=user.groups.all()))


class ModelPermission(models.Model):
    """A level granted to one user or one group, on one model or registry-wide."""

    model = models.ForeignKey(
        "registry_ui.RegisteredModel",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="permissions",
        help_text="Empty: the whole registry.",
    )
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="model_permissions",
    )
    group = models.ForeignKey(
        Group,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="model_permissions",
    )
    level = models.PositiveSmallIntegerField(choices=Level.choices)

    objects = ModelPermissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None) ^ Q(group=None),
                name="permission_is_of_one_user_or_one_group",
                violation_error_message="Name a user or a group, not both.",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(model=None),
                name="one_registry_wide_level_per_user",
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(model=None),
                name="one_registry_wide_level_per_group",
            ),
            models.UniqueConstraint(
                fields=["model", "user"], name="one_level_per_model_and_user"
            ),
            models.UniqueConstraint(
                fields=["model", "group"], name="one_level_per_model_and_group"
            ),
        ]

    def __str__(self) -> str:
        """Return a sentence."""
        where = self.model.name if self.model else "all models"
        return f"{self.holder}: {self.get_level_display()} on {where}"

    @property
    def holder(self) -> User | Group:
        """Return who holds the level."""
        holder = self.user or self.group
        assert holder is not None  # noqa: S101 - a constraint; narrows the type
        return holder


_grants = PreparedLookup(
    lambda user_pk: ModelPermission.objects.held_by(User(pk=user_pk)).values_list(
        "model", "level"
    ),
    int,
)


def levels_held(user: User) -> Mapping[int | None, int]:
    """Return the highest level a user was granted on each model, by its primary key.

    None stands for the whole registry. Asked several times a page, and read once for a
    user object, which lives as long as the request.
    """
    kept = vars(user)
    if "levels_held" not in kept:
        held: dict[int | None, int] = {}
        for model, level in _grants(user.pk):
            held[model] = max(level, held.get(model, NO_LEVEL))
        kept["levels_held"] = held
    levels: Mapping[int | None, int] = kept["levels_held"]
    return levels


def read_levels(users: Collection[User]) -> None:
    """Read at once what `levels_held` will be asked of many people.

    Args:
        users: with their groups prefetched.
    """
    groups = {user.pk: {group.pk for group in user.groups.all()} for user in users}
    held: dict[int, dict[int | None, int]] = {pk: {} for pk in groups}
    grants = ModelPermission.objects.filter(
        Q(user__in=groups) | Q(group__in=set().union(*groups.values()))
    )
    for model, level, holder, group in grants.values_list(
        "model", "level", "user", "group"
    ):
        for pk, own in groups.items():
            if holder == pk or group in own:
                held[pk][model] = max(level, held[pk].get(model, NO_LEVEL))
    for user in users:
        vars(user)["levels_held"] = held[user.pk]


def registry_level(user: User | AnonymousUser) -> int:
    """Return the highest level the user holds registry-wide; 0 is none."""
    if user.is_anonymous or not user.is_active:
        return NO_LEVEL
    if user.is_superuser:
        return Level.CAN_MANAGE
    return levels_held(user).get(None, NO_LEVEL)


def readable(model: str, user: User | AnonymousUser) -> Q:
    """Match what is about a model that the user may read.

    Args:
        model: the way from the row to its model's primary key.
        user: any level on the model will do, or a registry-wide one.
    """
    if user.is_anonymous or not user.is_active:
        return Q(pk__in=())
    if registry_level(user) > NO_LEVEL:
        return Q()
    grants = ModelPermission.objects.held_by(user)
    return Q(**{f"{model}__in": grants.values("model")})


def readers(model: models.Model) -> Q:
    """Match users who may read the registered model; they may come several times."""
    grants = ModelPermission.objects.filter(Q(model=model.pk) | Q(model=None))
    is_granted = Q(model_permissions__in=grants) | Q(
        groups__model_permissions__in=grants
    )
    return Q(is_active=True) & (Q(is_superuser=True) | is_granted)


class Scope(models.TextChoices):
    """What a token is good for; never for more than its owner may do."""

    READ = "read", "Read: every call that changes nothing"
    REQUEST = "request", "Request: ask, move where one may, cancel, comment"
    REVIEW = "review", "Review: approve, reject, retry, undo"
    CHECK = "check", "Check: report checks"
    ADMIN = "admin", "Admin: change registry, permissions, policies, webhooks, tokens"


class ServiceAccount(models.Model):
    """Marks a user that is a program: it signs in with tokens, never on the page."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="service_account"
    )

    def __str__(self) -> str:
        """Return its name."""
        return str(self.user)


def digest_of(secret: str) -> str:
    """Return what is kept of a token's secret, which is random: so it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def all_scopes() -> list[str]:
    """Return every scope: what a token has unless it is told otherwise."""
    return list(Scope.values)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Finds tokens."""

    def with_secret(self, secret: str) -> ApiTokenQuerySet:
        """Keep the one with this secret.

        By its digest: so the time that it takes says nothing about the secret.
        """
        return self.filter(digest=digest_of(secret))


class ApiToken(models.Model):
    """A token for scripts; only a digest of it is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(
        max_length=16, help_text="First characters, to recognise it by."
    )
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(
        default=all_scopes, help_text="List of `Scope`, in the order in which it is."
    )
    opens_requests = models.BooleanField(
        default=False,
        help_text="A move that is refused since it needs a request opens one.",
    )
    made_with = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The token that asked for it; none where a person did.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    used_from = models.CharField(
        max_length=64,
        blank=True,
        help_text="The network that the last use came from; coarse on purpose.",
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        """Return its owner and name."""
        return f"{self.user}: {self.name} ({self.prefix}…)"

    def is_usable(self, now: datetime) -> bool:
        """May it still be used?"""
        return self.revoked_at is None and (
            self.expires_at is None or now < self.expires_at
        )
