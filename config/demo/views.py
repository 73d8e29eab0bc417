"""Signing in as a demo person with one click. Routed only with `--demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from config.demo.people import PEOPLE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


@login_not_required
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sign in as the named demo person and go where they wanted to go.

    Raises:
        Http404: this is no demo, or there is no such demo person.
    """
    username = request.POST.get("username", "")
    # Asked here too: should the route ever stand without `--demo`, it leads nowhere.
    if not settings.DEMO or username not in {person.username for person in PEOPLE}:
        raise Http404
    person = get_object_or_404(User, username=username, is_active=True)
    # Somebody real may have taken the name and set a password: that account is theirs.
    if person.has_usable_password():
        raise Http404
    login(request, person)
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(target if is_ours else "/")
