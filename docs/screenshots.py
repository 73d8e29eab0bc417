"""Makes the pictures of `docs/img` anew, from a demo it starts: `make screenshots`."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.running import RunningSignoff  # noqa: E402 - found by the line above

IMAGES = ROOT / "docs" / "img"
BROWSERS = ("chromium", "chromium-headless-shell")
SIZE: ViewportSize = {"width": 1440, "height": 900}
PICTURES = {
    "overview": "/",
    "model": "/models/churn-classifier/",
    "compare": "/compare/?v=churn-classifier/5&v=churn-classifier/7",
    "decision": "/requests/3/",
    "stages": "/stages/",
    "policies": "/policies/",
}


def take(url: str) -> None:
    """Picture each page as its reviewer sees it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, BROWSERS)), None),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = browser.new_page(base_url=url, viewport=SIZE, color_scheme="light")
        page.goto("/account/sign-in/")
        page.get_by_role("button", name="Rui Tanaka").click()
        for name, address in PICTURES.items():
            page.goto(address)
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


def main() -> None:
    """Start a demo, take the pictures, stop it."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        demo = RunningSignoff.launch(Path(folder) / "data", "--demo")
        try:
            demo.wait_until_ready()
            take(demo.url)
        finally:
            demo.stop()


if __name__ == "__main__":
    main()
