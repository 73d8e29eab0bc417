"""The sign-in page."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.utils.decorators import method_decorator

from config import demo


@method_decorator(login_not_required, name="dispatch")
class SignInView(LoginView):
    """Django's sign-in; with `--demo` also one button a demo person."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo people, where there are any."""
        people = demo.names() if settings.DEMO else []
        return super().get_context_data(**kwargs, demo_people=people)
