"""Changing the registry through the gate: descriptions, tags, names, what there is."""

import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.http import HttpResponse

from registry_ui import permissions
from registry_ui.actions.handing_on import (
    delete_as_said,
    delete_tag_as_said,
    describe_as_said,
    register_model,
    register_version,
    rename_as_said,
    set_tag_as_said,
)
from registry_ui.actions.prompts import change_prompt, is_prompt
from registry_ui.api.dialect.operations import Answer, Call
from registry_ui.api.gateway.access import (
    check_readable,
    find_model,
    new_model_or_404,
    reads_all,
    version_or_404,
)
from registry_ui.api.gateway.parameters import (
    ModelDescription,
    ModelName,
    ModelTag,
    NewModel,
    NewName,
    NewVersion,
    VersionDescription,
    VersionName,
    VersionTag,
)
from registry_ui.errors import AlreadyExistsError
from registry_ui.models import Level, ModelVersion, RegisteredModel

Changed = TypeVar("Changed", bound=Answer | HttpResponse)
_OfModel = TypeVar("_OfModel", bound=ModelName)
_OfVersion = TypeVar("_OfVersion", bound=VersionName)
_LOGGED_MODEL = re.compile(r"m-[0-9a-f]+")


def create_model(call: Call[NewModel]) -> Answer:
    """Register a model; log_model asks for it each time, and goes on if it exists.

    Who may not register any is told so, too, if the model exists.
    """
    given = call.given
    is_refused = not permissions.may_create_model(call.user)
    if is_refused and find_model(call.user, given.name):
        text = f"Registered Model (name={given.name}) already exists."
        raise AlreadyExistsError(text)
    return register_model(given.sent(), given.tag_values, actor=call.user)


def on_version(
    change: Callable[[Call[_OfVersion], ModelVersion], Changed],
) -> Callable[[Call[_OfVersion], RegisteredModel], Changed]:
    """Return what changes the version that the call names."""

    def run(call: Call[_OfVersion], model: RegisteredModel) -> Changed:
        return change(call, version_or_404(model, call.given.version))

    return run


def on_model(
    method: str,
    path: str,
    level: Level,
    change: Callable[[Call[_OfModel], RegisteredModel], Changed],
) -> Callable[[Call[_OfModel]], Changed | Answer]:
    """Return what changes the model that the call names, or the prompt.

    Args:
        method: the HTTP method.
        path: below MLflow's API.
        level: that a model needs.
        change: makes the change of a model.
    """

    def run(call: Call[_OfModel]) -> Changed | Answer:
        user, name = call.user, call.given.name
        model = find_model(user, name)
        if model is None and reads_all(user) and is_prompt(name):
            sent = call.given.sent()
            return change_prompt(method, path, sent, level=level, actor=user)
        return change(call, model or new_model_or_404(user, name))

    return run


def create_version(call: Call[NewVersion], model: RegisteredModel) -> Answer:
    """Register a version, perhaps as a copy of one of a model that one may read."""
    given = call.given
    _check_source(call.user, given.source)
    tags = given.tag_values
    return register_version(model, given.sent(), tags, actor=call.user)


def describe_model(call: Call[ModelDescription], model: RegisteredModel) -> Answer:
    """Describe a model."""
    return describe_as_said(model, call.given.sent(), actor=call.user)


def describe_version(call: Call[VersionDescription], version: ModelVersion) -> Answer:
    """Describe a version."""
    return describe_as_said(version, call.given.sent(), actor=call.user)


def set_model_tag(call: Call[ModelTag], model: RegisteredModel) -> Answer:
    """Set a tag of a model."""
    key, value = call.given.key, call.given.value
    return set_tag_as_said(model, key, value, call.given.sent(), actor=call.user)


def set_version_tag(call: Call[VersionTag], version: ModelVersion) -> Answer:
    """Set a tag of a version."""
    key, value = call.given.key, call.given.value
    return set_tag_as_said(version, key, value, call.given.sent(), actor=call.user)


def delete_model_tag(call: Call[ModelTag], model: RegisteredModel) -> Answer:
    """Remove a tag of a model."""
    given = call.given
    return delete_tag_as_said(model, given.key, given.sent(), actor=call.user)


def delete_version_tag(call: Call[VersionTag], version: ModelVersion) -> Answer:
    """Remove a tag of a version."""
    given = call.given
    return delete_tag_as_said(version, given.key, given.sent(), actor=call.user)


def rename_model(call: Call[NewName], model: RegisteredModel) -> Answer:
    """Give a model another name."""
    given = call.given
    return rename_as_said(model, given.new_name, given.sent(), actor=call.user)


def delete_model(call: Call[ModelName], model: RegisteredModel) -> Answer:
    """Delete a model with its versions."""
    return delete_as_said(model, call.given.sent(), actor=call.user)


def delete_version(call: Call[VersionName], version: ModelVersion) -> Answer:
    """Delete a version."""
    return delete_as_said(version, call.given.sent(), actor=call.user)


def _check_source(user: User, source: str) -> None:
    """Let nobody copy a version of a model that they may not read.

    Source: `_parse_model_uri` of MLflow; what it would not take is nobody's to read.

    Raises:
        Http404: in MLflow's words for what is not there.
    """
    try:
        parts = urlsplit(source)
    except ValueError:
        return  # MLflow splits it just so
    if parts.scheme != "models":
        return
    path = parts.path.lstrip("/")
    if _LOGGED_MODEL.fullmatch(path) and not parts.netloc:
        return
    has_suffix = "/" in path
    name = path.split("/")[0] if has_suffix else path.rpartition("@")[0]
    check_readable(user, "" if parts.netloc else name)
