"""Tags of models and of versions, which are mirrored alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from registry_ui.actions.mirror import SyncContext
from registry_ui.events import EventType
from registry_ui.models import ModelTag, ModelVersion, RegisteredModel, VersionTag
from registry_ui.models.prepared import PreparedRow

Tags = Mapping[str, str]

_model_tag = PreparedRow(ModelTag, lambda pk, key: Q(model=pk, key=key), int, str)
_version_tag = PreparedRow(VersionTag, lambda pk, key: Q(version=pk, key=key), int, str)


@dataclass(frozen=True, slots=True)
class TagKind:
    """A table of tags, and what its events are called."""

    table: type[ModelTag] | type[VersionTag]
    owner: str
    set_event: EventType
    deleted_event: EventType

    @property
    def rows(self) -> Any:
        """Return the table's manager."""
        return self.table._default_manager

    def stored(self, pks: Iterable[int]) -> dict[int, dict[str, str]]:
        """Return the mirrored tags by owner."""
        found: dict[int, dict[str, str]] = defaultdict(dict)
        rows = self.rows.filter(**{f"{self.owner}__in": list(pks)}).order_by()
        for pk, key, value in rows.values_list(f"{self.owner}_id", "key", "value"):
            found[pk][key] = value
        return found


MODEL_TAGS = TagKind(
    ModelTag,
    "model",
    EventType.REGISTERED_MODEL_TAG_SET,
    EventType.REGISTERED_MODEL_TAG_DELETED,
)
VERSION_TAGS = TagKind(
    VersionTag,
    "version",
    EventType.MODEL_VERSION_TAG_SET,
    EventType.MODEL_VERSION_TAG_DELETED,
)


def create_tags(kind: TagKind, owners: Iterable[tuple[Any, Tags]]) -> None:
    """Store the tags of owners that are new; the event of their creation says it."""
    kind.rows.bulk_create(
        [
            kind.table(**{kind.owner: owner}, **_whose(owner), key=key, value=value)
            for owner, tags in owners
            for key, value in tags.items()
        ],
        batch_size=5000,
    )


def update_tags(
    kind: TagKind, owners: Iterable[tuple[Any, Tags]], context: SyncContext
) -> None:
    """Make the stored tags equal to those that MLflow has; each change is on record."""
    wanted = [(owner, tags) for owner, tags in owners]
    stored = kind.stored(owner.pk for owner, _ in wanted)
    for owner, tags in wanted:
        before = stored[owner.pk]
        for key, value in tags.items():
            if before.get(key) != value:
                store_tag(owner, key, value)
                context.record(
                    kind.set_event,
                    **{kind.owner: owner},
                    key=key,
                    value=value,
                    before=before.get(key),
                )
        if gone := sorted(before.keys() - tags.keys()):
            kind.rows.filter(**{kind.owner: owner}, key__in=gone).delete()
            for key in gone:
                context.record(kind.deleted_event, **{kind.owner: owner}, key=key)


def stored_value(owner: RegisteredModel | ModelVersion, key: str) -> str | None:
    """Return the mirrored value of one tag; None where there is no such tag."""
    if isinstance(owner, ModelVersion):
        tag: ModelTag | VersionTag | None = _version_tag(owner.pk, key)
    else:
        tag = _model_tag(owner.pk, key)
    return tag.value if tag else None


def store_tag(owner: RegisteredModel | ModelVersion, key: str, value: str) -> None:
    """Set one tag of a model or a version in the mirror, in one query."""
    kind = VERSION_TAGS if isinstance(owner, ModelVersion) else MODEL_TAGS
    kind.rows.bulk_create(
        [kind.table(**{kind.owner: owner}, **_whose(owner), key=key, value=value)],
        update_conflicts=True,
        unique_fields=[kind.owner, "key"],
        update_fields=["value"],
    )


def _whose(owner: RegisteredModel | ModelVersion) -> dict[str, int]:
    """Return what a version's tag says of its model; nothing of a model's own tag."""
    return {"model_id": owner.model_id} if isinstance(owner, ModelVersion) else {}
