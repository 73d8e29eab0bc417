"""Who asks, and what they ask for: fetched and checked for access in one step."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404, HttpRequest

from registry_ui.events import EventType
from registry_ui.models import (
    NO_LEVEL,
    AuditEvent,
    Comment,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
    levels_held,
    registry_level,
)


def signed_in(request: HttpRequest) -> User:
    """Return who is signed in; LoginRequiredMiddleware lets nobody else come here."""
    assert isinstance(request.user, User)  # noqa: S101 - narrows the type only
    return request.user


def has_access(user: User) -> bool:
    """Was the user granted anything? Tells an empty registry from a closed one."""
    return registry_level(user) > NO_LEVEL or bool(levels_held(user))


def visible_model_or_404(user: User | AnonymousUser, name: str) -> RegisteredModel:
    """Return the model of that name; of several lives the live one, else the last.

    Where no model has the name now, one that had it before it was renamed will do.

    Raises:
        Http404: there is none, or the user may not read it.
    """
    if "\x00" in name:  # PostgreSQL takes no such text
        raise Http404
    models = RegisteredModel.objects.visible_to(user)
    lives = models.filter(name=name)
    model = lives.live().first() or lives.order_by("-deleted_at").first()
    if model is None:
        model = models.filter(pk__in=_pks_of_renamed(name)).first()
    if model is None:
        raise Http404
    return model


def _pks_of_renamed(name: str) -> list[int]:
    """Return which model had the name last, if it was renamed since."""
    renamed = AuditEvent.objects.filter(type=EventType.REGISTERED_MODEL_RENAMED)
    for event in renamed.order_by("-position").iterator():
        if event.details.get("name_before") == name and event.model_pk is not None:
            return [event.model_pk]
    return []


def visible_version_or_404(
    user: User | AnonymousUser, name: str, number: int
) -> ModelVersion:
    """Return the version with its model, evidence, tags and aliases.

    Raises:
        Http404: there is none, or the user may not read its model.
    """
    model = visible_model_or_404(user, name)
    versions = ModelVersion.objects.with_evidence()
    version = versions.filter(model=model, number=number).first()
    if version is None:
        raise Http404
    return version


def visible_request_or_404(user: User, number: int) -> TransitionRequest:
    """Return the request with its version, model and people.

    Raises:
        Http404: there is none, or the user may not read its model.
    """
    requests = TransitionRequest.objects.visible_to(user).select_related(
        "version__model", "requested_by", "closed_by"
    )
    request = requests.filter(pk=number).first()
    if request is None:
        raise Http404
    return request


def visible_comment_or_404(user: User, pk: int) -> Comment:
    """Return the comment with its version, model, request and people.

    Raises:
        Http404: there is none, or the user may not read its model.
    """
    comments = Comment.objects.visible_to(user).select_related(
        "version__model", "request", "author", "deleted_by"
    )
    comment = comments.filter(pk=pk).first()
    if comment is None:
        raise Http404
    return comment
