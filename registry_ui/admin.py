"""The admin panel: people and their levels; records to look at, not to change."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from registry_ui import permissions
from registry_ui.actions.accounts import record_deleted_group, record_saved_account
from registry_ui.actions.permissions import grant_level, revoke_level
from registry_ui.actions.tokens import revoke_token
from registry_ui.models import (
    ApiToken,
    AuditEvent,
    Level,
    ModelPermission,
    RegisteredModel,
    TransitionRequest,
)

admin.site.unregister([User, Group])


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # not generic at run time
    """Shows rows that only actions may write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse."""
        return False


class AccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # not generic at run time
    """Accounts and groups: changed on record, and by who manages the registry only.

    Django's own right to change users would let its holder become a superuser.
    """

    # Django's chooser of two lists names its icons in a way that ARIA forbids.
    filter_horizontal = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let superusers add."""
        return permissions.may_manage_registry(request.user)

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Let superusers change."""
        return permissions.may_manage_registry(request.user)

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Let superusers delete."""
        return permissions.may_manage_registry(request.user)

    def save_related(
        self, request: HttpRequest, form: "ModelForm[Any]", formsets: Any, change: bool
    ) -> None:
        """Record the change once all of it is stored, groups and rights included."""
        super().save_related(request, form, formsets, change)
        record_saved_account(
            form.instance,
            actor=_actor(request),
            is_new=not change,
            before=form.initial,
            after={name: form.cleaned_data[name] for name in form.changed_data},
        )


@admin.register(User)
class PersonAdmin(AccountAdmin, UserAdmin):  # type: ignore[type-arg] # not generic at run time
    """People; who leaves is made inactive, since the record speaks of them."""

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse: tokens and levels would vanish without being on record."""
        return False

    @transaction.atomic
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Set somebody's password, on record."""
        before = self.get_object(request, unquote(id))
        answer = super().user_change_password(request, id, form_url)
        after = self.get_object(request, unquote(id))
        if before and after and before.password != after.password:
            record_saved_account(
                after,
                actor=_actor(request),
                is_new=False,
                before={},
                after={"password": ""},
            )
        return answer


@admin.register(Group)
class TeamAdmin(AccountAdmin, GroupAdmin):
    """Groups; deleting one first takes its levels back, on record."""

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        """Delete one group."""
        _revoke_levels_of(obj, actor=_actor(request))
        record_deleted_group(obj, actor=_actor(request))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        """Delete the chosen groups."""
        for group in queryset:
            self.delete_model(request, group)


@admin.register(ModelPermission)
class PermissionAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # not generic at run time
    """Levels; granted and taken back by the actions that record it."""

    list_display = ("holder", "level", "scope")
    list_filter = ("level",)
    list_select_related = ("model", "user", "group")
    search_fields = ("model__name", "user__username", "group__name")
    # Plain selects and a look-up: the admin's autocomplete names nothing to a screen
    # reader. There may be thousands of models.
    raw_id_fields = ("model",)
    fields = ("user", "group", "model", "level")

    @admin.display(description="User or group", ordering="user__username")
    def holder(self, grant: ModelPermission) -> str:
        """Return who holds the level."""
        return str(grant.user or grant.group)

    @admin.display(description="On", ordering="model__name")
    def scope(self, grant: ModelPermission) -> str:
        """Return where the level holds."""
        return grant.model.name if grant.model else "all models"

    def get_readonly_fields(
        self, request: HttpRequest, obj: ModelPermission | None = None
    ) -> tuple[str, ...]:
        """Let a grant change its level only: another holder is another grant."""
        return ("user", "group", "model") if obj else ()

    def save_model(
        self,
        request: HttpRequest,
        obj: ModelPermission,
        form: "ModelForm[ModelPermission]",
        change: bool,
    ) -> None:
        """Grant the level."""
        holder = obj.user or obj.group
        if holder is None:
            raise ValueError("The form lets no grant without a holder through.")
        level = Level(obj.level)
        grant = grant_level(holder, level, actor=_actor(request), model=obj.model)
        obj.pk = grant.pk

    def delete_model(self, request: HttpRequest, obj: ModelPermission) -> None:
        """Take one level back."""
        revoke_level(obj, actor=_actor(request))

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[ModelPermission]
    ) -> None:
        """Take the chosen levels back."""
        for grant in queryset:
            revoke_level(grant, actor=_actor(request))


@admin.register(RegisteredModel)
class RegisteredModelAdmin(ReadOnlyAdmin):
    """Mirrored models, to choose from when a level is granted."""

    list_display = ("name", "created_at", "updated_at", "deleted_at")
    search_fields = ("name",)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens, without what would let anybody use them."""

    list_display = (
        "user",
        "name",
        "prefix",
        "made_with",
        "created_at",
        "expires_at",
        "used_at",
        "revoked_at",
    )
    list_select_related = ("user", "made_with__user")
    search_fields = ("user__username", "name", "prefix")
    fields = list_display
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Let administrators revoke."""
        return bool(request.user.is_superuser)

    @admin.action(description="Revoke the chosen tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Let the chosen tokens work no longer."""
        for token in queryset.select_related("user"):
            revoke_token(token, actor=_actor(request))
        self.message_user(request, f"Tokens revoked: {len(queryset)}.")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The audit log, to look things up in."""

    list_display = (
        "position",
        "recorded_at",
        "type",
        "actor_name",
        "model_name",
        "version_number",
        "request_number",
    )
    list_filter = ("type",)
    search_fields = ("actor_name", "model_name")
    show_full_result_count = False


@admin.register(TransitionRequest)
class TransitionRequestAdmin(ReadOnlyAdmin):
    """Requests, to look things up in; they are decided on their own page."""

    list_display = ("number", "version", "target", "status", "requested_by")
    list_filter = ("status", "kind")
    list_select_related = ("version__model", "requested_by")
    search_fields = ("version__model__name", "requested_by__username")
    exclude = ("claim_token",)
    show_full_result_count = False


def _actor(request: HttpRequest) -> User:
    """Return who is signed in; the panel lets nobody else come this far."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _revoke_levels_of(group: Group, *, actor: User) -> None:
    for grant in ModelPermission.objects.filter(group=group).select_related("model"):
        revoke_level(grant, actor=actor)
