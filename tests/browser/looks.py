"""What is wrong with how a page looks: light and dark, wide and narrow."""

import json
from collections.abc import Iterable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
LOOKS = {
    "light-1440": ("light", WIDE),
    "dark-1440": ("dark", WIDE),
    "dark-390": ("dark", NARROW),
    "light-390": ("light", NARROW),
}
OPPOSITES = ("light-1440", "dark-390")
AXE = Axe()
# Colours fade from one scheme to the other in pages that are not ours.
_SETTLED = """
  Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime < Infinity)
    .map((one) => one.finished))
"""
RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def problems_of_looks(page: Page, *, axe_in: Iterable[str] = LOOKS) -> list[str]:
    """Return what axe finds wrong, and in which looks the page is too wide.

    Args:
        page: loaded once; it is shown in one look after the other.
        axe_in: the looks in which axe, which is slow, looks too.
    """
    problems = []
    page.evaluate(AXE.axe_script)
    for look, (scheme, viewport) in LOOKS.items():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal
        page.set_viewport_size(viewport)
        page.evaluate(_SETTLED)
        if wider := _overflow(page):
            problems.append(f"{look}: {wider} px too wide")
        if look in axe_in:
            problems += [f"{look}: {finding}" for finding in _findings(page)]
    return problems


def _overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(width, 0)


def _findings(page: Page) -> list[str]:
    """Return what axe finds wrong, a line each."""
    # Without `resultTypes` it takes twice as long, for what passes.
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    found: dict[str, Any] = page.evaluate("(options) => axe.run(options)", options)
    return [
        f"{violation['id']}: {json.dumps(node['target'])}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
