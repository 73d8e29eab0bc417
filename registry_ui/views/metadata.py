"""Pages on which people change what MLflow says of models and versions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from registry_ui import permissions
from registry_ui.actions.metadata import (
    Owner,
    delete_tag,
    describe,
    digest_of,
    digest_of_tag,
    model_of,
    set_tag,
)
from registry_ui.actions.registration import (
    create_model,
    delete_model,
    delete_version,
    rename_model,
    uses_of,
)
from registry_ui.errors import ActionError
from registry_ui.forms import (
    DescriptionForm,
    ModelDeleteForm,
    RegistrationForm,
    RenameForm,
    TagDeleteForm,
    TagForm,
    VersionDeleteForm,
)
from registry_ui.models import ModelVersion, RegisteredModel
from registry_ui.views.getters import (
    signed_in,
    visible_model_or_404,
    visible_version_or_404,
)

takes_form = require_http_methods(["GET", "HEAD", "POST"])


@takes_form
def model_create(request: HttpRequest) -> HttpResponse:
    """Register a model."""
    user = signed_in(request)
    if not permissions.may_create_model(user):
        raise PermissionDenied
    form = RegistrationForm(_posted(request))
    if _done(form, partial(create_model, actor=user)):
        name = form.cleaned_data["name"]
        messages.success(request, f"{name} is registered in MLflow.")
        return redirect("registry_ui:model_detail", name)
    return _form_page(request, "registry_ui/model_create.html", {"form": form})


@takes_form
def model_describe(request: HttpRequest, name: str) -> HttpResponse:
    """Change the description of a model."""
    model = _editable_model(request, name)
    return _describe(request, model, "registry_ui/model_describe.html")


@takes_form
def version_describe(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Change the description of a version."""
    version = _editable_version(request, name, number)
    return _describe(request, version, "registry_ui/version_describe.html")


@takes_form
def model_tags(request: HttpRequest, name: str) -> HttpResponse:
    """Show the tags of a model, and set one."""
    return _tags(request, _editable_model(request, name), "registry_ui/model_tags.html")


@takes_form
def version_tags(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Show the tags of a version, and set one."""
    version = _editable_version(request, name, number)
    return _tags(request, version, "registry_ui/version_tags.html")


@require_POST
def model_tag_delete(request: HttpRequest, name: str) -> HttpResponse:
    """Remove a tag of a model."""
    model = _editable_model(request, name)
    return _delete_tag(request, model, "registry_ui/model_tags.html")


@require_POST
def version_tag_delete(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Remove a tag of a version."""
    version = _editable_version(request, name, number)
    return _delete_tag(request, version, "registry_ui/version_tags.html")


@takes_form
def model_rename(request: HttpRequest, name: str) -> HttpResponse:
    """Give a model another name."""
    user = signed_in(request)
    model = _managed_model(user, name)
    form = RenameForm(_posted(request), initial={"name": name})
    if _done(form, partial(rename_model, model, actor=user)):
        new_name = form.cleaned_data["name"]
        messages.success(request, f"{name} is {new_name} now.")
        return redirect("registry_ui:model_detail", new_name)
    context = _context(model) | {"form": form}
    return _form_page(request, "registry_ui/model_rename.html", context)


@takes_form
def model_delete(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether to delete a model, and do it."""
    user = signed_in(request)
    model = _managed_model(user, name)
    form = ModelDeleteForm(_posted(request))
    if _done(form, partial(delete_model, model, actor=user)):
        messages.success(request, f"{model} is deleted. What was known of it stays.")
        return redirect(model)
    context = _context(model) | {
        "form": form,
        "uses": uses_of(model),
        "version_count": model.versions.filter(deleted_at=None).count(),
    }
    return _form_page(request, "registry_ui/model_delete.html", context)


@takes_form
def version_delete(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask whether to delete a version, and do it."""
    user = signed_in(request)
    version = visible_version_or_404(user, name, number)
    _refuse_unless(permissions.may_manage_model, user, version)
    form = VersionDeleteForm(_posted(request))
    if _done(form, partial(delete_version, version, actor=user)):
        messages.success(request, f"{version} is deleted. What was known of it stays.")
        return redirect(version)
    context = _context(version) | {"form": form, "uses": uses_of(version)}
    return _form_page(request, "registry_ui/version_delete.html", context)


# --- What models and versions have in common ----------------------------------------


def _describe(request: HttpRequest, owner: Owner, template: str) -> HttpResponse:
    user = signed_in(request)
    form = DescriptionForm(_posted(request), initial={"description": owner.description})
    if _done(form, partial(describe, owner, actor=user)):
        messages.success(request, "The description is stored in MLflow.")
        return redirect(owner)
    is_stale = form.is_bound and form.data.get("seen") != digest_of(owner.description)
    context = _context(owner) | {
        "form": form,
        "seen": digest_of(owner.description),
        "theirs": owner.description if is_stale else None,
    }
    return _form_page(request, template, context)


def _tags(request: HttpRequest, owner: Owner, template: str) -> HttpResponse:
    user = signed_in(request)
    key = request.GET.get("key", "")
    # Looked up here: what stands in an address may be text that no database takes.
    value = {tag.key: tag.value for tag in owner.tags.all()}.get(key, "")
    form = TagForm(_posted(request), initial={"key": key, "value": value})
    if _done(form, partial(set_tag, owner, actor=user)):
        messages.success(request, f"The tag {form.cleaned_data['key']} is set.")
        return redirect(request.path)
    return _tags_page(request, owner, template, form)


def _delete_tag(request: HttpRequest, owner: Owner, template: str) -> HttpResponse:
    user = signed_in(request)
    form = TagDeleteForm(request.POST)
    if _done(form, partial(delete_tag, owner, actor=user)):
        messages.success(request, f"The tag {form.cleaned_data['key']} is removed.")
        return redirect(_context(owner)["tags_url"])
    return _tags_page(request, owner, template, TagForm(), problem=form)


def _tags_page(
    request: HttpRequest,
    owner: Owner,
    template: str,
    form: forms.Form,
    *,
    problem: forms.Form | None = None,
) -> HttpResponse:
    tags = [(tag, digest_of_tag(tag.key, tag.value)) for tag in owner.tags.all()]
    context = _context(owner) | {
        "form": form,
        "problem": problem,
        "tags": tags,
        "seen": " ".join(digest for _, digest in tags),
    }
    return _form_page(request, template, context)


def _context(owner: Owner) -> dict[str, Any]:
    """Return what every page of an owner needs: the owner, and its addresses."""
    address = owner.get_absolute_url()
    return {
        "owner": owner,
        "model": model_of(owner),
        "version": owner if isinstance(owner, ModelVersion) else None,
        "tags_url": f"{address}tags/",
    }


def _posted(request: HttpRequest) -> QueryDict | None:
    """Return what was sent; None for a form that is only looked at."""
    return request.POST if request.method == "POST" else None


def _done(form: forms.Form, act: Callable[..., object]) -> bool:
    """Hand what was typed to the action; is it done?

    Not where nothing was sent or it will not do; the reason is in the form then, which
    keeps what was typed.
    """
    if not form.is_bound or not form.is_valid():
        return False
    try:
        act(**form.cleaned_data)
    except ActionError as error:
        field = getattr(error, "field", None)
        form.add_error(field if field in form.fields else None, str(error))
        return False
    return True


def _form_page(
    request: HttpRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Show the form; with errors it is no success for a program that posts it."""
    status = 422 if request.method == "POST" else 200
    return render(request, template, context, status=status)


def _editable_model(request: HttpRequest, name: str) -> RegisteredModel:
    user = signed_in(request)
    model = visible_model_or_404(user, name)
    _refuse_unless(permissions.may_edit_model, user, model)
    return model


def _editable_version(request: HttpRequest, name: str, number: int) -> ModelVersion:
    user = signed_in(request)
    version = visible_version_or_404(user, name, number)
    _refuse_unless(permissions.may_edit_model, user, version)
    return version


def _managed_model(user: User, name: str) -> RegisteredModel:
    model = visible_model_or_404(user, name)
    _refuse_unless(permissions.may_manage_model, user, model)
    return model


def _refuse_unless(
    may: Callable[[User, RegisteredModel], bool], user: User, owner: Owner
) -> None:
    """Refuse who may not; what is gone from MLflow has no page to change it on."""
    if not may(user, model_of(owner)):
        raise PermissionDenied
    if not owner.is_live:
        raise Http404
