"""What is wrong with how a page looks: light and dark, wide and narrow."""

import json
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


def problems_of_looks(page: Page, *, thorough: bool) -> list[str]:
    """Return what axe finds wrong, and where the page is too wide, a line each.

    Axe holds all its rules against the page in light and wide, and those on looks in
    dark and narrow; if thorough, all of them there too, and those on looks in the other
    two.
    """
    problems = []
    for look, (scheme, viewport) in LOOKS.items():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal
        page.set_viewport_size(viewport)  # type: ignore[arg-type]  # a typed dict
        if wider := _overflow(page):
            problems.append(f"{look}: {wider} px too wide")
        if rules := _rules(look, thorough=thorough):
            problems += [f"{look}: {finding}" for finding in _findings(page, rules)]
    return problems


def _rules(look: str, *, thorough: bool) -> dict[str, Any]:
    if look == "light-1440" or (look == "dark-390" and thorough):
        return ALL_RULES
    return RULES_ON_LOOKS if look == "dark-390" or thorough else {}


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
