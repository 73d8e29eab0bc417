"""Finding the versions that are to be compared, by their keys. Reads only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.contrib.auth.models import User
from django.db.models import Q

from registry_ui.models import ModelVersion

MOST_VERSIONS = 10
"""How many versions can be compared at once."""

# The name may hold anything but ends at the last slash; nine digits fit every database.
_KEY = re.compile(r"(?P<name>[^\x00]{1,256})/v?(?P<number>[0-9]{1,9})", re.DOTALL)


def find_versions(
    user: User, keys: Sequence[str]
) -> tuple[list[ModelVersion], list[str]]:
    """Return the versions in the order of their keys, with their evidence.

    Of several lives of a model the live one counts, else the last.

    Args:
        user: who asks.
        keys: `churn/7`, or `churn/v7`.

    Returns:
        The versions that were found, and the keys that name none which the user may
        read: whether such a version exists is not told.
    """
    wanted = {key: match for key in keys if (match := _KEY.fullmatch(key))}
    if not wanted:
        return [], list(keys)
    either = reduce(
        or_,
        (
            Q(model__name=match["name"], number=int(match["number"]))
            for match in wanted.values()
        ),
    )
    rows = ModelVersion.objects.visible_to(user).filter(either).with_evidence()
    found: dict[tuple[str, int], ModelVersion] = {}
    for version in sorted(rows, key=_liveliness):
        found[version.model.name, version.number] = version
    by_key = {
        key: found.get((match["name"], int(match["number"])))
        for key, match in wanted.items()
    }
    versions = dict.fromkeys(version for version in by_key.values() if version)
    return list(versions), [key for key in keys if not by_key.get(key)]


def _liveliness(version: ModelVersion) -> tuple[bool, int]:
    """Sort what is live after what is not, later lives after earlier ones."""
    return (version.is_live, version.model_id)
