"""Where another app hangs in what its pages and plans say, without being named here.

Each hook is a list of functions; an app appends to it in its `AppConfig.ready`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User

from registry_ui.models import RegisteredModel, TransitionRequest


@dataclass(frozen=True, slots=True)
class Panel:
    """A piece of a page: a template of the other app and what it needs."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)


UserPanel = Callable[[User], Panel | None]
ModelPanel = Callable[[User, RegisteredModel], Panel | None]
PlanEffect = Callable[[User, TransitionRequest], str]

overview_panels: list[UserPanel] = []
model_panels: list[ModelPanel] = []
account_panels: list[UserPanel] = []
plan_effects: list[PlanEffect] = []
"""Each returns what else an approval sets off, as a phrase, or an empty text."""


def panels_of_overview(user: User) -> list[Panel]:
    """Return what other apps show on the overview."""
    return [panel for make in overview_panels if (panel := make(user))]


def panels_of_account(user: User) -> list[Panel]:
    """Return what other apps show on the user's own page."""
    return [panel for make in account_panels if (panel := make(user))]


def panels_of_model(user: User, model: RegisteredModel) -> list[Panel]:
    """Return what other apps show on a model's page."""
    return [panel for make in model_panels if (panel := make(user, model))]


def effects_of_plan(user: User, request: TransitionRequest) -> list[str]:
    """Return what other apps do once the request is applied, as phrases."""
    return [phrase for say in plan_effects if (phrase := say(user, request))]
