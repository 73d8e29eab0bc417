"""What the search box in the top bar offers while one types."""

import re
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry_ui.models import NAME_LENGTH, ModelVersion, RegisteredModel
from registry_ui.models.text import CodePoints, NameOrder, contains, equals, starts_with
from registry_ui.views.getters import signed_in

JUMP = "registry_ui/model_jump.html"
MOST_TARGETS = 8
_MOST_VERSIONS = 4
_VERSION = re.compile(r"(?P<name>.+?)(?:\s*/\s*|\s+)[vV]?\s*(?P<number>[0-9]{0,9})")
"""`churn/7`, `churn v7`, `churn 7`; the number may still be missing."""


@dataclass(frozen=True, slots=True)
class Target:
    """A page to jump to: a model's, or that of one of its versions."""

    model: RegisteredModel
    number: int | None = None

    @property
    def url(self) -> str:
        """Return the page's address."""
        if self.number is None:
            return self.model.get_absolute_url()
        names = [self.model.name, self.number]
        return reverse("registry_ui:version_detail", args=names)


@require_safe
def model_jump(request: HttpRequest) -> HttpResponse:
    """Offer models, and versions of them, by what was typed so far."""
    user = signed_in(request)
    text = request.GET.get("q", "").strip()
    targets = _targets(user, text) if _is_usable(text) else []
    return render(request, JUMP, {"targets": targets, "text": text})


def _is_usable(text: str) -> bool:
    return 0 < len(text) <= NAME_LENGTH and "\x00" not in text


def _targets(user: User, text: str) -> list[Target]:
    """Return the best few: versions if one is named, then models."""
    match = _VERSION.fullmatch(text)
    name, number = (match["name"], match["number"]) if match else (text, "")
    readable = RegisteredModel.objects.visible_to(user).live()
    if not number:
        return [Target(model) for model in _best(readable, name)[:MOST_TARGETS]]
    wanted = ModelVersion.objects.filter(
        model=OuterRef("pk"), number=int(number), deleted_at=None
    )
    versions = _best(readable.filter(Exists(wanted)), name)[:_MOST_VERSIONS]
    targets = [Target(model, int(number)) for model in versions]
    more = _best(readable, text)[: MOST_TARGETS - len(targets)]
    return [*targets, *(Target(model) for model in more)]


def _best(models: QuerySet[RegisteredModel], text: str) -> QuerySet[RegisteredModel]:
    """Keep names that contain the text: itself first, then what begins with it."""
    rank = Case(
        When(equals("name", text), then=Value(0)),
        When(starts_with("name", text), then=Value(1)),
        default=Value(2),
    )
    found = models.filter(contains("name", text)).only("name")
    return found.order_by(rank, NameOrder("name"), CodePoints("name"))
