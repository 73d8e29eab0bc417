"""Finds models: for the list with its filters and orders, and by name to jump to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from registry_ui.forms import IN_BOTH, ModelFilterForm
from registry_ui.keyset import (
    Edges,
    Key,
    KeysetPage,
    Order,
    SortKey,
    page_of,
)
from registry_ui.models import (
    Alias,
    Incident,
    ModelTag,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
    VersionTag,
)
from registry_ui.models.prepared import PreparedQuery
from registry_ui.models.text import CodePoints, Head, NameOrder, contains, equals
from registry_ui.views.addresses import edges_of, head_of, links_of
from registry_ui.views.evidence import mlflow_url
from registry_ui.views.getters import has_access

_SHOWN = ("name", "updated_at", "headline_metric", "metric_directions")
OWNER = "owner"
"""The model tag that names who is responsible."""


@dataclass(frozen=True, slots=True)
class ModelSearch:
    """What an address says about which models are wanted, and of which page.

    Attributes:
        form: the conditions and the order.
        edges: of the page.
    """

    form: ModelFilterForm
    edges: Edges

    @classmethod
    def of(cls, request: HttpRequest) -> "ModelSearch":
        """Read what a request asks for."""
        return cls(ModelFilterForm(request.GET), edges_of(request))

    def page(self, user: User, *, size: int) -> KeysetPage[RegisteredModel]:
        """Return a page of the models that the user may read, with what lists show."""
        chosen = self.form.chosen()
        return page_of(
            find_models(user, chosen),
            partial(_fetch, most=size),
            model_order(chosen["sort"]),
            self.edges,
            size=size,
        )

    def context(self, user: User, page: KeysetPage[RegisteredModel]) -> dict[str, Any]:
        """Return what a template needs for filters, heads, pager and no results."""
        return {
            "form": self.form,
            "chosen": self.form.chosen(),
            "conditions": self.form.conditions(),
            "page": page,
            "links": links_of(self.form, page),
            "by_name": head_of(self.form, "", "-name", descends=False),
            "has_access": has_access(user),
            "mlflow_url": mlflow_url(),
        }


def _fetch(pks: list[int], *, most: int) -> dict[int, RegisteredModel]:
    """Return models by their primary keys, with the columns that lists show."""
    rows = _shown(most)(pks)
    return {
        row[0]: RegisteredModel.from_db(connection.alias, ("id", *_SHOWN), row)
        for row in rows
    }


@cache
def _shown(most: int) -> PreparedQuery:
    return PreparedQuery(
        lambda pks: RegisteredModel.objects.filter(pk__in=pks).values_list(
            "id", *_SHOWN
        ),
        most=most,
    )


def find_models(user: User, chosen: dict[str, Any]) -> QuerySet[RegisteredModel]:
    """Return the live models that the user may read and that meet every condition.

    Args:
        user: who asks.
        chosen: of `ModelFilterForm`; what is empty is no condition.
    """
    models = RegisteredModel.objects.visible_to(user).live()
    for name, condition in _CONDITIONS.items():
        if chosen[name]:
            models = models.filter(condition(chosen[name]))
    return models


def _has_version_in(stage: str) -> Q:
    if stage == IN_BOTH:
        return _has_version_in(Stage.PRODUCTION) & _has_version_in(Stage.STAGING)
    # A look into an index a model: a list of all versions in a stage would be long.
    held = ModelVersion.objects.filter(
        model=OuterRef("pk"), stage=stage, deleted_at=None
    )
    return Q(Exists(held))


def _has_request(_open: str) -> Q:
    return Q(pk__in=TransitionRequest.objects.open().values("version__model"))


def _has_incident(_open: str) -> Q:
    return Q(pk__in=Incident.objects.open().values("model"))


def _has_owner(part: str) -> Q:
    tags = ModelTag.objects.filter(contains("value", part), key=OWNER)
    return Q(pk__in=tags.values("model"))


def _has_tag(text: str) -> Q:
    """Match `key` or `key=value`, of the model or of any live version of it."""
    key, has_value, value = text.partition("=")
    wanted = Q(key=key)
    if has_value:
        wanted &= Q(head=Head.of(value))
        if len(value) >= Head.LENGTH:  # else the head is the whole value
            wanted &= Q(value=value)
    own = ModelTag.objects.alias(head=Head("value")).filter(wanted)
    # A look into an index a model, as for stages: a tag may be on very many versions.
    of_versions = VersionTag.objects.alias(head=Head("value")).filter(
        wanted, model=OuterRef("pk")
    )
    # Few models have versions that are gone; only theirs are worth a second look.
    # (`exclude` would not be seen to mean the index on them.)
    gone = ModelVersion.objects.filter(deleted_at__isnull=False)
    live = of_versions.filter(version__deleted_at=None)
    return Q(pk__in=own.values("model")) | (
        Q(Exists(of_versions)) & (~Q(pk__in=gone.values("model")) | Q(Exists(live)))
    )


def _has_alias(name: str) -> Q:
    return Q(pk__in=Alias.objects.filter(equals("name", name)).values("model"))


def _is_updated_within(days: str) -> Q:
    return Q(updated_at__gte=timezone.now() - timedelta(days=int(days)))


_CONDITIONS: dict[str, Callable[[str], Q]] = {
    "q": lambda part: contains("name", part),
    "stage": _has_version_in,
    "requests": _has_request,
    "incident": _has_incident,
    "owner": _has_owner,
    "tag": _has_tag,
    "alias": _has_alias,
    "since": _is_updated_within,
}
"""What each field of `ModelFilterForm` asks for."""


def model_order(sort: str) -> Order[RegisteredModel]:
    """Return an order of models; "" is by name.

    Args:
        sort: one of `ModelFilterForm`'s.
    """
    is_descending = sort.startswith("-")
    by_code_point = SortKey(CodePoints("name"), is_descending)
    if sort.removeprefix("-") == "updated":
        return Order(
            (SortKey(F("updated_at"), is_descending), by_code_point),
            _write_update,
            _read_update,
        )
    return Order(
        (SortKey(NameOrder("name"), is_descending), by_code_point),
        lambda model: model.name,
        lambda name: None if "\x00" in name else (NameOrder.of(name), name),
    )


def _write_update(model: RegisteredModel) -> str:
    return f"{model.updated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}/{model.name}"


def _read_update(text: str) -> Key | None:
    moment, _, name = text.partition("/")
    try:
        updated_at = datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if "\x00" in name else (updated_at, name)
