"""The sign-in page."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.utils.decorators import method_decorator

from config import demo
from registry_ui.models import ServiceAccount


class SignInForm(AuthenticationForm):
    """Django's form, which lets no service account in, whatever its password."""

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
