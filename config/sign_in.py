"""The sign-in page, and changing the password that it asks for."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.views import (
    LoginView,
    PasswordChangeView,
    redirect_to_login,
)
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from config import demo
from registry_ui.actions.accounts import record_saved_account
from registry_ui.actions.sign_in_attempts import count_attempt, forgive_attempt
from registry_ui.errors import LimitExceededError
from registry_ui.models import ServiceAccount
from registry_ui.views.getters import signed_in


class SignInForm(AuthenticationForm):
    """Django's form; it lets no service account in, and nobody guess for long.

    Attributes:
        retry_after_seconds: until the next attempt; 0 if it may be made now.
    """

    retry_after_seconds = 0

    def clean(self) -> dict[str, Any]:
        """Check the password, if one may still try."""
        name = self.cleaned_data.get("username")
        if not name or not self.cleaned_data.get("password"):
            return super().clean()
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        try:
            count_attempt(name, address=address)
        except LimitExceededError as error:
            self.retry_after_seconds = error.retry_after_seconds
            raise ValidationError(str(error)) from error
        cleaned = super().clean()
        forgive_attempt(name, address=address)
        return cleaned

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse a program."""
        super().confirm_login_allowed(user)
        if ServiceAccount.objects.filter(user=user.pk).exists():
            raise ValidationError("A service account signs in with API tokens alone.")


@method_decorator(login_not_required, name="dispatch")
class SignInView(LoginView):
    """Django's sign-in; with `--demo` also one button a demo person."""

    authentication_form = SignInForm

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo people, where there are any."""
        people = demo.names() if settings.DEMO else []
        return super().get_context_data(**kwargs, demo_people=people)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say to programs, too, that it is too early."""
        response = super().form_invalid(form)
        if isinstance(form, SignInForm) and form.retry_after_seconds:
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(form.retry_after_seconds)
        return response


class PasswordForm(PasswordChangeForm):
    """Django's form; who sits at an open session cannot guess the old one for long."""

    def __init__(self, user: User, *args: Any, address: str, **kwargs: Any) -> None:
        """Count attempts under the address that they come from."""
        super().__init__(user, *args, **kwargs)
        self._address = address

    def clean_old_password(self) -> str:
        """Check the old password, if one may still try."""
        name = self.user.get_username()
        try:
            count_attempt(name, address=self._address)
        except LimitExceededError as error:
            raise ValidationError(str(error)) from error
        old = super().clean_old_password()
        forgive_attempt(name, address=self._address)
        return old


class PasswordView(PasswordChangeView):
    """Django's change of one's own password; it ends one's other sessions."""

    form_class = PasswordForm
    template_name = "registration/password.html"
    success_url = reverse_lazy("registry_ui:account")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Lead away who signs in by other means."""
        if not signed_in(request).has_usable_password():
            return redirect("registry_ui:account")
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add where the attempt comes from."""
        address = self.request.META.get("REMOTE_ADDR", "")
        return {**super().get_form_kwargs(), "address": address}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        """Save it, and put on record that it was changed."""
        response = super().form_valid(form)
        user = User.objects.get(pk=form.user.pk)
        after = {"password": ""}
        record_saved_account(user, actor=user, is_new=False, before={}, after=after)
        messages.success(self.request, "Your password is changed.")
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say that nothing was changed."""
        response = super().form_invalid(form)
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the one sign-in page: a second one would be a second place to guess."""
    if not request.user.is_authenticated:
        index = resolve_url("admin:index")
        return redirect_to_login(request.GET.get("next", index), resolve_url("login"))
    if not admin.site.has_permission(request):
        raise PermissionDenied
    return redirect("admin:index")
