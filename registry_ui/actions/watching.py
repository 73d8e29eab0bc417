"""Watching a model. A matter of each person's own: it is not on record."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet

from registry_ui import permissions
from registry_ui.models import (
    Comment,
    RegisteredModel,
    Review,
    Subscription,
    TransitionRequest,
)
from registry_ui.models.prepared import PreparedLookup


def watch_model(model: RegisteredModel, *, actor: User) -> None:
    """Let the actor watch a model; nothing happens if they do already.

    Raises:
        PermissionDenied: the actor may not read the model.
    """
    if not permissions.may_read(actor, model):
        raise PermissionDenied
    Subscription.objects.get_or_create(user=actor, model=model)


def unwatch_model(model: RegisteredModel, *, actor: User) -> None:
    """Let the actor watch a model no longer; nothing happens if they do not."""
    Subscription.objects.filter(user=actor, model=model).delete()


def is_watched(model: RegisteredModel, *, user: User) -> bool:
    """Does a person watch the model itself, whatever they did on its requests?"""
    return Subscription.objects.filter(user=user, model=model).exists()


def watched_by(user: User) -> Q:
    """Return the condition for requests that a person watches.

    Those of the models they watch, and those on which they decided or commented.
    """
    reviews = Review.objects.filter(request=OuterRef("pk"), reviewer=user)
    comments = Comment.objects.live().filter(request=OuterRef("pk"), author=user)
    watched = Subscription.objects.filter(user=user).values("model")
    return Q(version__model__in=watched) | Q(Exists(reviews)) | Q(Exists(comments))


def watchers_of(request: TransitionRequest) -> QuerySet[User]:
    """Return who watches a request, in the sense of `watched_by`.

    Whether they may still read its model is for the caller to ask.
    """
    subscriptions, reviews, comments = _watching(request.version.model_id, request.pk)
    return User.objects.filter(
        Q(pk__in=subscriptions.values("user"))
        | Q(pk__in=reviews.values("reviewer"))
        | Q(pk__in=comments.values("author")),
        is_active=True,
    )


def ids_of_watchers(request: TransitionRequest) -> list[int]:
    """Return the primary keys of the same, and of who is no longer active."""
    return [pk for (pk,) in _ids(request.version.model_id, request.pk)]


def _watching(
    model_pk: int, request_pk: int
) -> tuple[QuerySet[Subscription], QuerySet[Review], QuerySet[Comment]]:
    return (
        Subscription.objects.filter(model=model_pk),
        Review.objects.filter(request=request_pk),
        Comment.objects.live().filter(request=request_pk),
    )


def _query_of_ids(model_pk: int, request_pk: int) -> QuerySet[Subscription, Any]:
    subscriptions, reviews, comments = _watching(model_pk, request_pk)
    return (
        subscriptions.order_by()
        .values_list("user")
        .union(
            reviews.order_by().values_list("reviewer"),
            comments.order_by().values_list("author"),
        )
    )


_ids = PreparedLookup(_query_of_ids, int, int)
