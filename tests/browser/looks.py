"""What is wrong with how a page looks: light and dark, wide and narrow."""

import json
from enum import Enum
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LOOKS = {
    "light-1440": ("light", WIDE),
    "dark-1440": ("dark", WIDE),
    "dark-390": ("dark", NARROW),
    "light-390": ("light", NARROW),
}
ALL_RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
RULES_ON_LOOKS = {
    "type": "rule",
    "values": ["color-contrast", "target-size", "scrollable-region-focusable"],
}
"""What a theme or a width can break on a page that keeps all other rules."""


class Thorough(Enum):
    """How much axe looks at a page, besides all its rules in light and wide."""

    ONE_LOOK = 0
    TWO_LOOKS = 1
    """The rules on looks in dark and narrow, the opposite."""
    EVERY_LOOK = 2
    """The rules on looks in all others."""


def problems_of_looks(page: Page, thorough: Thorough) -> list[str]:
    """Return what axe finds wrong, and in which looks the page is too wide."""
    problems = []
    for look, (scheme, viewport) in LOOKS.items():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal
        page.set_viewport_size(viewport)  # type: ignore[arg-type]  # a typed dict
        if wider := _overflow(page):
            problems.append(f"{look}: {wider} px too wide")
        if rules := _rules(look, thorough):
            problems += [f"{look}: {finding}" for finding in _findings(page, rules)]
    return problems


def _rules(look: str, thorough: Thorough) -> dict[str, Any]:
    if look == "light-1440":
        return ALL_RULES
    looks_here = {
        Thorough.ONE_LOOK: (),
        Thorough.TWO_LOOKS: ("dark-390",),
        Thorough.EVERY_LOOK: LOOKS,
    }
    return RULES_ON_LOOKS if look in looks_here[thorough] else {}


def _overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(width, 0)


def _findings(page: Page, rules: dict[str, Any]) -> list[str]:
    """Return what axe finds wrong, a line each."""
    # Without `resultTypes` it takes twice as long, for what passes.
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = (
        Axe().run(page, options=options).response["violations"]
    )
    return [
        f"{violation['id']}: {json.dumps(node['target'])}"
        for violation in found
        for node in violation["nodes"]
    ]
