"""Fetch and check access in one step: what one may not read is not there."""

from django.contrib.auth.models import User
from django.http import Http404

from registry_ui.models import (
    Comment,
    Incident,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)


def visible_model_or_404(user: User, name: str) -> RegisteredModel:
    """Return the model of that name; of several lives the live one, else the last.

    Raises:
        Http404: there is none, or the user may not read it.
    """
    lives = RegisteredModel.objects.visible_to(user).filter(name=name)
    model = lives.live().first() or lives.order_by("-deleted_at").first()
    if model is None:
        raise Http404(f"There is no model {name!r}, or you may not read it.")
    return model


def visible_version_or_404(user: User, name: str, number: int) -> ModelVersion:
    """Return a version of the live model of that name; it may be deleted itself.

    Raises:
        Http404: there is none, or the user may not read its model.
    """
    models = RegisteredModel.objects.visible_to(user).live().filter(name=name)
    versions = ModelVersion.objects.select_related("model")
    version = versions.filter(model__in=models, number=number).first()
    if version is None:
        raise Http404(
            f"There is no version {number} of {name!r}, or you may not read it."
        )
    return version


def visible_request_or_404(user: User, number: int) -> TransitionRequest:
    """Return the request with its version, model and people.

    Raises:
        Http404: there is none, or the user may not read its model.
    """
    requests = TransitionRequest.objects.visible_to(user).select_related(
        "version__model", "requested_by", "closed_by"
    )
    request = requests.filter(number=number).first()
    if request is None:
        raise Http404(f"There is no request {number}, or you may not read its model.")
    return request


def visible_incident_or_404(user: User, number: int) -> Incident:
    """Return the incident with its model and who resolved it.

    Raises:
        Http404: there is none, or the user may not read its model.
    """
    incidents = Incident.objects.visible_to(user).select_related("model", "resolved_by")
    incident = incidents.filter(number=number).first()
    if incident is None:
        raise Http404(f"There is no incident {number}, or you may not read its model.")
    return incident


def visible_comment_or_404(user: User, pk: int) -> Comment:
    """Return the comment with its version, model, request and author.

    Raises:
        Http404: there is none, somebody deleted it, or the user may not read its model.
    """
    comments = Comment.objects.live().visible_to(user)
    loaded = comments.select_related("version__model", "request", "author")
    comment = loaded.filter(pk=pk).first()
    if comment is None:
        raise Http404(f"There is no comment {pk}, or you may not read its model.")
    return comment


def refuse_invisible_model(user: User, name: str) -> None:
    """Refuse a name that no model bears, or ever bore, that the user may read.

    Raises:
        Http404: so a filter with a typing error does not answer an empty list.
    """
    if not RegisteredModel.objects.visible_to(user).filter(name=name).exists():
        raise Http404(f"There is no model {name!r}, or you may not read it.")
