"""What all parts of a sync share: its memory, its locks, and what it may not touch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Q
from django.utils import timezone

from registry_ui.actions.incidents import note_undecided
from registry_ui.events import EventType, record_event
from registry_ui.models import (
    RegisteredModel,
    TransitionRequest,
)
from registry_ui.models.prepared import PreparedRow
from registry_ui.planning import Effect

Tell = Callable[[str, int], None]
"""Told after each page: `poll`, `models` or `versions`, and how many were read."""

Beat = Callable[[], None]
"""Called before each thing that is asked for alone: keeps the lease, or raises."""

_locked = PreparedRow(RegisteredModel, lambda pk: Q(pk=pk), int, is_locked=True)

_Page = TypeVar("_Page")
_Item = TypeVar("_Item")


_KINDS = {
    EventType.REGISTERED_MODEL_CREATED: "new",
    EventType.MODEL_VERSION_CREATED: "new",
    EventType.REGISTERED_MODEL_DELETED: "gone",
    EventType.MODEL_VERSION_DELETED: "gone",
}


@dataclass(slots=True)
class SyncContext:
    """What one sync knows of itself, and counts."""

    started_at: datetime
    previous_at: datetime | None
    """Start of the last look at the holders; None: this is the first sync."""
    beat: Beat = lambda: None
    counts: Counter[str] = field(default_factory=Counter)
    """How many events: `new`, `changed` or `gone`, an event a row that was created."""
    aliases: dict[int, dict[str, int]] = field(default_factory=dict)
    """Alias maps that differ from the mirror's, by model: for when versions are in."""
    unread_models: set[int] = field(default_factory=set)
    """Models whose versions are to be read: they are new, or were touched."""
    strangers: set[str] = field(default_factory=set)
    """Names of models that a version came of and that the mirror does not know."""
    left: set[int] = field(default_factory=set)
    """Models that we wrote to while they were read, so that they stay as they are."""

    @property
    def is_first(self) -> bool:
        """Is the mirror being filled? Then there is no event a row."""
        return self.previous_at is None

    @property
    def chunk(self) -> int:
        """Return how many rows that differ one transaction takes, events included."""
        return 5000 if self.is_first else 200

    def anew(self) -> SyncContext:
        """Return what a second look at a few models knows of itself."""
        return replace(self, started_at=timezone.now(), aliases={}, left=set())

    def record(self, event_type: EventType, **what: Any) -> None:
        """Count, and record, what was seen in MLflow, where nobody names an actor."""
        self.counts[_KINDS.get(event_type, "changed")] += 1
        if not self.is_first:
            record_event(event_type, actor=None, through="mlflow", **what)

    def note(
        self, model: RegisteredModel, effects: Sequence[Effect], *, clue: str = ""
    ) -> None:
        """Note what nobody decided; the model is locked."""
        if effects and not self.is_first:
            note_undecided(
                model,
                effects,
                seen_at=self.started_at,
                not_before=self.previous_at,
                clue=clue,
            )


def locked_models(pks: Iterable[int]) -> dict[int, RegisteredModel]:
    """Lock models, and with them all that is mirrored of them; by primary key.

    In one order, and before the first event, which takes the lock of the chain: nobody
    waits in a circle. `no_key`: what refers to a model need not wait.
    """
    rows = RegisteredModel.objects.filter(pk__in=set(pks)).order_by("pk")
    return {row.pk: row for row in rows.select_for_update(no_key=True)}


def locked_model(pk: int) -> RegisteredModel:
    """Lock one model, as `locked_models` does."""
    model = _locked(pk)
    if model is None:  # nothing deletes a row of a model
        raise RegisteredModel.DoesNotExist
    return model


def untouched(models: Iterable[RegisteredModel], context: SyncContext) -> set[int]:
    """Return which locked models may be taken from what the sync has read.

    Not those that we wrote to since it began, or are about to: what it read of them may
    be older than the mirror, or of our own making. These are left to a second look.
    """
    pks = {model.pk for model in models}
    ours = {
        model.pk
        for model in models
        if (model.written_at and model.written_at >= context.started_at)
        or (model.writing_until and model.writing_until > context.started_at)
    }
    context.left |= ours
    return pks - ours


def movable(models: Iterable[RegisteredModel], context: SyncContext) -> set[int]:
    """Return which untouched models' holders may be taken from what was read.

    Not where a plan is under way, which settles what becomes of them.
    """
    pks = untouched(models, context)
    busy = TransitionRequest.objects.in_flight().filter(version__model__in=pks)
    return pks - set(busy.values_list("version__model", flat=True))


def is_ours(context: SyncContext) -> Q:
    """Match models that we wrote to since the sync began, or write to just now."""
    return Q(written_at__gte=context.started_at) | Q(
        writing_until__gt=context.started_at
    )


def ahead(pages: Iterator[_Page]) -> Iterator[_Page]:
    """Yield the pages while the next one is already being asked for."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(next, pages, None)
        while (page := future.result()) is not None:
            future = pool.submit(next, pages, None)
            yield page


def chunks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """Yield the items in pieces that one transaction can take."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
