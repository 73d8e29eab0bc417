"""A running demo, and pages in Chromium that watch over what they do."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from config.demo import catalog
from tests.running import RunningSignoff

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FIRST_SEEDED = catalog.MODELS[0].name
_WATCH_POLICY = """
  window.violations = [];
  document.addEventListener("securitypolicyviolation",
    (event) => window.violations.push(event.violatedDirective + event.blockedURI));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as driving a browser."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Drive the system's Chromium; Playwright's own is never downloaded."""
    # The shell is the same without a window, and takes half the time to open a page.
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        if os.environ.get("SIGNOFF_REQUIRE_ALL") == "1":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    return {"executable_path": chromium, "args": _FLAGS}


@pytest.fixture(scope="session")
def demo(
    browser_type_launch_args: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSignoff]:
    """One `manage.py up --demo` for all browser tests: each uses models of its own.

    Its first start was killed amid the seed, so they all look at a continued one.
    """
    data_dir = tmp_path_factory.mktemp("demo")
    _kill_amid_seed(RunningSignoff.launch(data_dir, "--demo"))
    running = RunningSignoff.launch(data_dir, "--demo")
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


def _kill_amid_seed(running: RunningSignoff) -> None:
    try:
        running.wait_until_said(f"{FIRST_SEEDED}: ")
    finally:
        running.process.kill()
        running.process.wait()


@dataclass
class Watch:
    """What a page did that no page may do."""

    home: str
    foreign: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    expected_statuses: set[int] = field(default_factory=set)
    """Statuses of 400 and more that a test provokes on purpose."""

    def note_request(self, request: Request) -> None:
        """Note what leaves for another host."""
        parts = urlsplit(request.url)
        is_remote = parts.scheme not in ("data", "blob")
        if is_remote and parts.netloc != urlsplit(self.home).netloc:
            self.foreign.append(request.url)

    def note_console(self, message: ConsoleMessage) -> None:
        """Note what the console shows; Chromium reports provoked statuses there too."""
        is_status = "Failed to load resource" in message.text
        if is_status and any(str(s) in message.text for s in self.expected_statuses):
            return
        if "Response Status Error Code" in message.text and self.expected_statuses:
            return  # htmx repeats a provoked status
        if not message.location["url"]:
            return  # of a script that no page loads: axe, which the tests inject
        at = f"{message.location['url']}:{message.location['lineNumber']}"
        self.console.append(f"{message.type}: {message.text} ({at})")

    def note_response(self, response: Response) -> None:
        """Note answers that are errors."""
        if response.status >= 400 and response.status not in self.expected_statuses:
            self.errors.append(f"{response.status} {response.url}")


OpenPage = Callable[..., tuple[Page, Watch]]


@pytest.fixture
def open_page(browser: Browser, demo: RunningSignoff) -> Iterator[OpenPage]:
    """Open pages in contexts of their own; at the end none may have misbehaved."""
    opened: list[tuple[Page, Watch]] = []

    def open_one(**options: Any) -> tuple[Page, Watch]:
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(base_url=demo.url, **options)
        context.set_default_timeout(10_000)
        watch = Watch(demo.url)
        # Heard and not routed: routes switch the cache off, and every file of every
        # page would come by way of this process.
        context.on("request", watch.note_request)
        context.add_init_script(_WATCH_POLICY)
        page = context.new_page()
        page.on("console", watch.note_console)
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.on("response", watch.note_response)
        opened.append((page, watch))
        return page, watch

    yield open_one
    for page, watch in opened:
        violations = [] if page.is_closed() else _violations(page)
        page.context.close()
        assert violations == []
        assert watch.foreign == []
        assert watch.errors == []
        assert watch.console == []


def _violations(page: Page) -> list[str]:
    found: list[str] = page.evaluate("() => window.violations ?? []")
    return found
