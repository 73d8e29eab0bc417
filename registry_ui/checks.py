"""System checks: of the credentials and the keys that they are encrypted with."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from registry_ui.actions.keys import missing_keys_in_words
from registry_ui.models.encrypted import encrypted_columns


@register(Tags.models)
def check_columns(**_: Any) -> list[CheckMessage]:
    """Hold every model to the rule by which credentials are encrypted anew."""
    return [
        Error(
            f"{column} holds credentials, but {column.model.__name__} has no property"
            f" {column.plain_name!r} that can be read and set.",
            hint="Without it `rotate_keys` cannot encrypt them anew.",
            id="signoff.E001",
        )
        for column in encrypted_columns()
        if not column.has_property
    ]


@register(Tags.database)
def check_keys(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Find credentials that no configured key can read."""
    if not databases or "default" not in databases:
        return []
    if not (missing := missing_keys_in_words()):
        return []
    return [
        Error(
            f"{missing}.",
            hint="Put the key back behind the first one; if it is lost, set anew what"
            " `manage.py rotate_keys` lists.",
            id="signoff.E002",
        )
    ]
