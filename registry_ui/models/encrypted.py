"""Which columns hold credentials: all that are named `encrypted_…`, of all apps.

The one rule that keeps a new column from being forgotten when keys are rotated: beside
a column `encrypted_<name>` its model has a property `<name>`, which decrypts and
encrypts. A system check holds every model to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models
from django.db.models.functions import Substr

from registry_ui.models.encryption import KEY_ID_DIGITS, key_ids

PREFIX = "encrypted_"


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """One column that holds credentials, empty where there is none."""

    model: type[models.Model]
    name: str

    def __str__(self) -> str:
        """Return model and column: `Webhook.encrypted_secret`."""
        return f"{self.model.__name__}.{self.name}"

    @property
    def plain_name(self) -> str:
        """Return the name of the property that decrypts and encrypts."""
        return self.name.removeprefix(PREFIX)

    @property
    def has_property(self) -> bool:
        """Can it be read and written in the clear?"""
        found = getattr(self.model, self.plain_name, None)
        return isinstance(found, property) and found.fset is not None

    @property
    def is_in_database(self) -> bool:
        """Is it there yet? Before the migrations it is not."""
        with connection.cursor() as cursor:
            table = self.model._meta.db_table
            if table not in connection.introspection.table_names(cursor):
                return False
            found = connection.introspection.get_table_description(cursor, table)
        return self.name in {column.name for column in found}

    @property
    def stale(self) -> models.Q:
        """Say which rows hold a credential of another key than the first."""
        first = f"{key_ids()[0]}:"
        return self._is_set & ~models.Q(**{f"{self.name}__startswith": first})

    def count_by_key(self) -> dict[str, int]:
        """Return how many credentials each key has encrypted, by the key's id."""
        rows = (
            self.model._base_manager.filter(self._is_set)
            .order_by()
            .annotate(key_id=Substr(self.name, 1, KEY_ID_DIGITS))
            .values_list("key_id")
            .annotate(count=models.Count("pk"))
        )
        return dict(rows)

    @property
    def _is_set(self) -> models.Q:
        return models.Q(**{f"{self.name}__gt": ""})


def encrypted_columns() -> Iterator[EncryptedColumn]:
    """Yield every column of credentials, model by model."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if field.name.startswith(PREFIX):
                yield EncryptedColumn(model, field.name)
