"""Which versions a comparison's address names, and the addresses of its neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from django.contrib.auth.models import User
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from registry_ui.models import ModelVersion

MOST_VERSIONS = 10

# The name may hold anything but ends at the last slash; nine digits fit every database.
_KEY = re.compile(r"(?P<name>[^\x00]{1,256})/v?(?P<number>[0-9]{1,9})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Selection:
    """The keys of the versions, `churn/7`, the baseline first.

    `left_out` are keys beyond the number that one page can show.
    """

    keys: tuple[str, ...] = ()
    only_differences: bool = False
    left_out: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict) -> Selection:
        """Read `v` (once a version), `add`, `base` and `only` of an address."""
        # Names may begin with a space: only what is typed is trimmed.
        given = (*query.getlist("v"), query.get("add", "").strip())
        keys = list(dict.fromkeys(key for key in given if key.strip()))
        base = query.get("base", "")
        if base in keys:
            keys.remove(base)
            keys.insert(0, base)
        return cls(
            tuple(keys[:MOST_VERSIONS]),
            query.get("only") == "differences",
            tuple(keys[MOST_VERSIONS:]),
        )

    @property
    def is_full(self) -> bool:
        """Is there no room for another version?"""
        return len(self.keys) >= MOST_VERSIONS

    @property
    def swapped_url(self) -> str:
        """Return the address with the order turned round."""
        return replace(self, keys=self.keys[::-1]).url()

    @property
    def all_rows_url(self) -> str:
        """Return the address that shows equal rows too."""
        return replace(self, only_differences=False).url()

    @property
    def differences_url(self) -> str:
        """Return the address that shows only rows that differ."""
        return replace(self, only_differences=True).url()

    def url(self) -> str:
        """Return the address of this selection."""
        query = [("v", key) for key in self.keys]
        if self.only_differences:
            query.append(("only", "differences"))
        return f"{reverse('registry_ui:version_compare')}?{urlencode(query)}"

    def url_without(self, key: str) -> str:
        """Return the address without one version."""
        return replace(self, keys=tuple(k for k in self.keys if k != key)).url()

    def url_with_base(self, key: str) -> str:
        """Return the address with another baseline, which comes first."""
        others = tuple(k for k in self.keys if k != key)
        return replace(self, keys=(key, *others)).url()


@dataclass(frozen=True, slots=True)
class Column:
    """One version of a comparison, and what can be done with it."""

    version: ModelVersion
    author: str
    is_baseline: bool
    baseline_url: str
    remove_url: str


def find_versions(
    user: User, keys: Sequence[str]
) -> tuple[list[ModelVersion], list[str]]:
    """Return the versions in the order of their keys, with their evidence.

    Of several lives of a model the live one counts, else the last.

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


def columns_of(selection: Selection, versions: Iterable[ModelVersion]) -> list[Column]:
    """Return a column a version; the first is the baseline."""
    return [
        Column(
            version,
            getattr(getattr(version, "evidence", None), "run_user", ""),
            index == 0,
            selection.url_with_base(version.compare_key),
            selection.url_without(version.compare_key),
        )
        for index, version in enumerate(versions)
    ]


def _liveliness(version: ModelVersion) -> tuple[bool, int]:
    """Sort what is live after what is not, later lives after earlier ones."""
    return (version.is_live, version.model_id)
