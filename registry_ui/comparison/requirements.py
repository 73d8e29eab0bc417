"""Dependencies side by side: which packages came, went, or changed their version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from registry_ui.comparison.facts import VersionFacts
from registry_ui.comparison.values import Change, change_between, change_of_row

_COMMENT = re.compile(r"(?:^|\s)#")
_LONGEST_LINE = 2000


class Step(StrEnum):
    """Which part of the version moved; `other` where it is no plain `==` pin."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RequirementCell:
    """What one version asks of a package: "1.4.2" for `==1.4.2`, else the whole ask.

    `step` and `is_downgrade` tell about a changed version; None and False otherwise.
    """

    text: str | None
    change: Change
    step: Step | None = None
    is_downgrade: bool = False


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """One package, one cell a version."""

    name: str
    cells: tuple[RequirementCell, ...]

    @property
    def change(self) -> Change:
        """Return what happened to it, over all versions."""
        return change_of_row(cell.change for cell in self.cells)

    @property
    def is_different(self) -> bool:
        """Does any version ask something else than the baseline, or might?"""
        return any(cell.change is not Change.SAME for cell in self.cells)


class _Ask(NamedTuple):
    text: str
    pinned: Version | None


def compare_requirements(
    versions: Sequence[VersionFacts], *, baseline: int
) -> tuple[RequirementRow, ...]:
    """Lay the requirements side by side: one row a package, sorted by name.

    Names are compared as PEP 503 says, so `Scikit_Learn` is `scikit-learn`. A line that
    is no requirement (a file, a bare URL) is a row of its own.
    """
    asks = [parse_requirements(version.requirements) for version in versions]
    names = sorted({name for one in asks for name in one})
    return tuple(
        RequirementRow(
            name,
            tuple(
                _cell(
                    asks[baseline].get(name),
                    one.get(name),
                    is_before_read=versions[baseline].is_model_read,
                    is_after_read=version.is_model_read,
                )
                for one, version in zip(asks, versions, strict=True)
            ),
        )
        for name in names
    )


def parse_requirements(lines: Sequence[str]) -> dict[str, _Ask]:
    """Read the lines of a requirements.txt: what is asked, by package.

    Comments, blank lines and options of pip are left out; several lines for one package
    (with different markers) become one text.
    """
    found: dict[str, _Ask] = {}
    for line in lines:
        text = _COMMENT.split(line[:_LONGEST_LINE], maxsplit=1)[0]
        # pip's options of one requirement, such as --hash=sha256:…, name no version.
        text = text.split(" --", 1)[0].strip().rstrip("\\").strip()
        if not text or text.startswith("-"):  # `-r other.txt`, `--hash=…`
            continue
        name, ask = _parse(text)
        if name in found and found[name] != ask:
            ask = _Ask(f"{found[name].text}, or {ask.text}", None)
        found[name] = ask
    return found


def _parse(text: str) -> tuple[str, _Ask]:
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return text, _Ask(text, None)
    pinned = _pinned(requirement)
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    if requirement.url:
        asked = f"@ {requirement.url}"
    elif pinned is not None:
        asked = str(pinned)
    else:
        asked = str(requirement.specifier) or "any version"
    return canonicalize_name(requirement.name), _Ask(
        " ".join(filter(None, [extras, asked])) + marker, pinned
    )


def _pinned(requirement: Requirement) -> Version | None:
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or specifiers[0].operator not in {"==", "==="}:
        return None
    try:
        return Version(specifiers[0].version)
    except InvalidVersion:  # `==1.2.*`
        return None


def _cell(
    before: _Ask | None,
    after: _Ask | None,
    *,
    is_before_read: bool,
    is_after_read: bool,
) -> RequirementCell:
    change = change_between(
        before, after, is_before_read=is_before_read, is_after_read=is_after_read
    )
    text = after.text if after else None
    if change is not Change.CHANGED or before is None or after is None:
        return RequirementCell(text, change)
    if before.pinned is None or after.pinned is None or before.pinned == after.pinned:
        return RequirementCell(text, change, Step.OTHER)
    return RequirementCell(
        text,
        change,
        step_between(before.pinned, after.pinned),
        is_downgrade=after.pinned < before.pinned,
    )


def step_between(before: Version, after: Version) -> Step:
    """Name the first part in which two versions differ; below the third is a patch."""
    if (before.epoch, before.major) != (after.epoch, after.major):
        return Step.MAJOR
    return Step.MINOR if before.minor != after.minor else Step.PATCH
