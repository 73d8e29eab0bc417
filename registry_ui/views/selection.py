"""Which versions a comparison's address names, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from registry_ui.actions.selection import MOST_VERSIONS
from registry_ui.comparison import Comparison
from registry_ui.models import ModelVersion

MOST_CHARACTERS = 500
"""How much of what is searched for counts."""

MOST_PINS = 50


@dataclass(frozen=True, slots=True)
class Selection:
    """The keys of the versions, `churn/7`, the baseline first.

    `find` is a part of the names of the rows that are wanted; `pins` are rows that are
    shown in any case, on top of their section: `metrics/auc`. `left_out` are keys
    beyond the number that one page can show.
    """

    keys: tuple[str, ...] = ()
    only_differences: bool = False
    find: str = ""
    pins: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict) -> Selection:
        """Read `v` (once a version), `add`, `base`, `only`, `find` and `pin`."""
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
            query.get("find", "").strip()[:MOST_CHARACTERS],
            tuple(dict.fromkeys(filter(None, query.getlist("pin")[:MOST_PINS]))),
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

    @property
    def csv_url(self) -> str:
        """Return the address of the same as a table for a spreadsheet."""
        return self._plain().url("registry_ui:version_compare_csv")

    @property
    def curves_url(self) -> str:
        """Return the address of a metric by step, but for the metric's name."""
        plain = replace(self._plain(), only_differences=False)
        return f"{plain.url('registry_ui:metric_compare')}&key="

    @property
    def json_url(self) -> str:
        """Return the address of the same for programs."""
        return self._plain().url("api_v1:compare_versions")

    def _plain(self) -> Selection:
        """Return the same without what only rows on a page are chosen by."""
        return replace(self, find="", pins=())

    def shown(self, comparison: Comparison) -> Comparison:
        """Return a comparison with just the rows that are wanted."""
        if self.only_differences:
            comparison = comparison.only_differences(pins=self.pins)
        if self.find or self.pins:
            comparison = comparison.only_named(self.find, pins=self.pins)
        return comparison

    def url(self, page: str = "registry_ui:version_compare") -> str:
        """Return the address of this selection."""
        query = [("v", key) for key in self.keys]
        if self.only_differences:
            query.append(("only", "differences"))
        if self.find:
            query.append(("find", self.find))
        query += [("pin", pin) for pin in self.pins]
        return f"{reverse(page)}?{urlencode(query)}"

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
