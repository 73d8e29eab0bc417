"""Fetch and check access in one step: what one may not read is not there."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.http import Http404

from registry_ui.models import (
    STAGE_PREFIX,
    Comment,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)

_KINDS = TransitionRequest.Kind

_MOST_DIGITS = 18  # more would not fit the column


def visible_model_or_404(user: User, name: str) -> RegisteredModel:
    """Return the live model of that name.

    Raises:
        Http404: there is none, or the user may not read it.
    """
    models = RegisteredModel.objects.visible_to(user).live()
    model = models.filter(name=name).first()
    if model is None:
        raise Http404(f"There is no model {name!r}, or you may not read it.")
    return model


def visible_model_by_id_or_404(user: User, model_id: str) -> RegisteredModel:
    """Return the live model that `databricks/registered-models/get` gives that id.

    Raises:
        Http404: there is none, or the user may not read it.
    """
    models = RegisteredModel.objects.visible_to(user).live()
    model = models.filter(pk=_key(model_id)).first()
    if model is None:
        raise Http404(
            f"There is no model with the id {model_id!r}, or you may not read it."
        )
    return model


def visible_version_or_404(user: User, name: str, number: int) -> ModelVersion:
    """Return the live version, with its model.

    Raises:
        Http404: there is none, or the user may not read its model.
    """
    versions = ModelVersion.objects.visible_to(user).live().select_related("model")
    version = versions.filter(model__name=name, number=number).first()
    if version is None:
        raise Http404(
            f"There is no version {number} of {name!r}, or you may not read it."
        )
    return version


def open_requests(
    version: ModelVersion, stage: str | None = None
) -> Sequence[TransitionRequest]:
    """Return those that Databricks knows: to put the version into a stage.

    Left out are aliases, and what is asked about incidents and after a break-glass.

    Args:
        version: with its model.
        stage: just this one; None for all four.
    """
    targets = [f"{STAGE_PREFIX}{one}" for one in ([stage] if stage else Stage.values)]
    found = TransitionRequest.objects.open().filter(
        version=version,
        target__in=targets,
        kind__in=[_KINDS.PROMOTION, _KINDS.ROLLBACK, _KINDS.ARCHIVE],
    )
    return list(found.select_related("version__model", "requested_by").order_by("pk"))


def visible_comment_or_404(user: User, comment_id: str) -> Comment:
    """Return the comment, with its version and model.

    Raises:
        Http404: there is none, somebody deleted it, or the user may not read its model.
    """
    comments = Comment.objects.live().visible_to(user)
    loaded = comments.select_related("version__model", "author")
    comment = loaded.filter(pk=_key(comment_id)).first()
    if comment is None:
        raise Http404(
            f"There is no comment {comment_id!r}, or you may not read its model."
        )
    return comment


def _key(text: str) -> int:
    """Return the primary key that an id stands for; 0, which none has, for others."""
    is_key = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_key else 0
