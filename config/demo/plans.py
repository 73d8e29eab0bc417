"""The shape of a statement about the demo's registry; `catalog.py` makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class VersionPlan:
    """One version: how it is trained and what is said about it.

    Attributes:
        estimator: a name in `training.ESTIMATORS`; "" where the model has its own way.
        without: columns that this version did not know yet.
        casts: column to dtype, where a version reads a column as another type.
        rows: how many rows of the data set existed then; None for all.
        user: who ran the training, as MLflow's run user.
        pinned: whether its requirements name exact versions.
        as_tensor: whether it takes one array instead of named columns.
        stage: the stage it is moved to, archiving who was there; "" to leave it.
    """

    estimator: str
    params: Mapping[str, object]
    note: str
    user: str = "dana"
    steps: int = 16
    without: tuple[str, ...] = ()
    casts: Mapping[str, str] = field(default_factory=dict)
    rows: int | None = None
    pinned: bool = True
    as_tensor: bool = False
    stage: str = ""
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelPlan:
    """One registered model and its versions, the first one first.

    Attributes:
        data: a name in `data.py`.
        card: the model's description, in Markdown.
        segment: a column by whose values recall is also given.
    """

    name: str
    data: str
    owner: str
    task: str
    tier: str
    card: str
    versions: tuple[VersionPlan, ...]
    segment: str | None = None
