"""Who watches which requests."""

import pytest
from django.core.exceptions import PermissionDenied

from registry_ui.actions.comments import create_comment, delete_comment
from registry_ui.actions.watching import (
    unwatch_model,
    watch_model,
    watched_by,
    watchers_of,
)
from registry_ui.models import Level, TransitionRequest
from tests.factories import make_transition_request, make_user

pytestmark = pytest.mark.django_db


def test_a_request_is_watched_by_who_watches_its_model() -> None:
    request, _ = make_transition_request(), make_transition_request()
    rui = make_user(level=Level.CAN_READ)

    watch_model(request.version.model, actor=rui)
    watch_model(request.version.model, actor=rui)

    assert [*TransitionRequest.objects.filter(watched_by(rui))] == [request]
    assert [*watchers_of(request)] == [rui]

    unwatch_model(request.version.model, actor=rui)
    assert not TransitionRequest.objects.filter(watched_by(rui))
    assert not watchers_of(request)


def test_a_request_is_watched_by_who_spoke_on_it() -> None:
    request = make_transition_request()
    rui = make_user(level=Level.CAN_READ)

    comment = create_comment(request.version, "Why?", actor=rui, request=request)
    assert [*TransitionRequest.objects.filter(watched_by(rui))] == [request]
    assert [*watchers_of(request)] == [rui]

    delete_comment(comment, actor=rui)
    assert not watchers_of(request)


def test_nobody_watches_what_they_may_not_read() -> None:
    with pytest.raises(PermissionDenied):
        watch_model(make_transition_request().version.model, actor=make_user())
