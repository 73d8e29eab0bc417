"""The keys that credentials are encrypted with: which are in use, and rotating them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import models, transaction

from registry_ui.errors import CredentialUnreadableError
from registry_ui.models.encrypted import EncryptedColumn, encrypted_columns
from registry_ui.models.encryption import key_ids

BATCH = 100  # rows that are locked at a time


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key and what it has encrypted.

    Attributes:
        key_id: tells nothing of the key.
        number: its place in SIGNOFF_ENCRYPTION_KEYS from 1; None: it is not there.
        count: stored credentials that need it.
    """

    key_id: str
    number: int | None
    count: int

    @property
    def is_first(self) -> bool:
        """Is it the one that encrypts now?"""
        return self.number == 1


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A stored credential that cannot be decrypted.

    Attributes:
        column: model and column.
        row: what a person would call the row.
        page: the address where the credential can be set anew; empty if none has one.
        reason: a sentence.
    """

    column: str
    row: str
    page: str
    reason: str


@dataclass(slots=True)
class Rotation:
    """What a rotation has done."""

    counts: Counter[str] = field(default_factory=Counter)
    """Credentials that were encrypted anew, by model and column."""
    unreadable: list[Unreadable] = field(default_factory=list)


def key_uses() -> list[KeyUse]:
    """Return the keys of the ring in their order, then those that are missing in it."""
    counts: Counter[str] = Counter()
    for column in encrypted_columns():
        if column.is_in_database:
            counts.update(column.count_by_key())
    ring = key_ids()
    known = [
        KeyUse(key_id, number, counts.pop(key_id, 0))
        for number, key_id in enumerate(ring, start=1)
    ]
    return known + [KeyUse(key_id, None, counts[key_id]) for key_id in sorted(counts)]


def missing_keys_in_words() -> str:
    """Say which keys are needed and not configured; empty if all are there."""
    missing = [use for use in key_uses() if use.number is None]
    if not missing:
        return ""
    count = sum(use.count for use in missing)
    credentials = "1 stored credential" if count == 1 else f"{count} stored credentials"
    keys = ", ".join(use.key_id for use in missing)
    return (
        f"{credentials} cannot be read, since SIGNOFF_ENCRYPTION_KEYS lacks the"
        f" key{'s' if len(missing) > 1 else ''} with the id {keys}"
    )


def rotate_credentials() -> Rotation:
    """Encrypt with the first key every credential that another one has encrypted.

    May be stopped and started again at any time: each batch is a transaction, and what
    is done is not done twice. A credential that cannot be read stays as it is.
    """
    rotation = Rotation()
    by_model: defaultdict[type[models.Model], list[EncryptedColumn]] = defaultdict(list)
    for column in encrypted_columns():
        by_model[column.model].append(column)
    for model, columns in by_model.items():
        for keys in _batches(model, columns):
            with transaction.atomic():
                rows = model._base_manager.select_for_update(no_key=True)
                for row in rows.filter(pk__in=keys).order_by("pk"):
                    _rotate_row(row, columns, rotation)
    return rotation


def _batches(
    model: type[models.Model], columns: Iterable[EncryptedColumn]
) -> Iterator[list[object]]:
    """Yield the primary keys of rows that have something to encrypt anew.

    By the key of the last row: one that cannot be read does not come up again.
    """
    stale = models.Q()
    for column in columns:
        stale |= column.stale
    rows = model._base_manager.filter(stale).order_by("pk")
    keys = list(rows.values_list("pk", flat=True)[:BATCH])
    while keys:
        yield keys
        keys = list(rows.filter(pk__gt=keys[-1]).values_list("pk", flat=True)[:BATCH])


def _rotate_row(
    row: models.Model, columns: Iterable[EncryptedColumn], rotation: Rotation
) -> None:
    """Encrypt the row's credentials anew, each for itself."""
    changed: list[EncryptedColumn] = []
    for column in columns:
        stored = getattr(row, column.name)
        # Read under the lock: somebody may have replaced it since the batch was made.
        if not stored or stored.startswith(f"{key_ids()[0]}:"):
            continue
        try:
            plain = getattr(row, column.plain_name)
        except CredentialUnreadableError as error:
            rotation.unreadable.append(
                Unreadable(str(column), str(row), _page_of(row), str(error))
            )
            continue
        setattr(row, column.plain_name, plain)
        changed.append(column)
    if changed:
        row.save(update_fields=[column.name for column in changed])
        rotation.counts.update(map(str, changed))


def _page_of(row: models.Model) -> str:
    """Return the address of the row's page, or of that of the row it belongs to."""
    owners = [
        getattr(row, one.name)
        for one in row._meta.concrete_fields
        if isinstance(one, models.ForeignKey)
        and one.remote_field.on_delete is models.CASCADE
    ]
    for candidate in (row, *owners):
        if path := getattr(candidate, "get_absolute_url", None):
            return f"{settings.BASE_URL}{path()}"
    return ""
