"""A webhook's life on its pages: made, tested, activated, its secret rotated, gone."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import NARROW, WIDE, problems_of_looks
from tests.browser.people import sign_in, tab_to
from tests.running import RunningSignoff

REFUSED = "https://10.0.0.1/hook"


@pytest.fixture
def receiver_url(demo: RunningSignoff) -> str:
    """The address of the demo's own receiver, as its webhook has it."""
    return f"{demo.receiver_url}/"


def test_a_field_says_what_will_not_do_while_one_types(
    open_page: OpenPage, receiver_url: str
) -> None:
    page, _ = open_page()
    sign_in(page, "Ada Lindqvist")
    page.goto("/webhooks/new/")
    url, check = page.get_by_label("URL"), page.locator("#id_url_check")

    url.press_sequentially(REFUSED)
    expect(check).to_contain_text("10.0.0.1 is not a public address")

    expect(url).to_be_focused()
    expect(url).to_have_value(REFUSED)
    expect(url).to_have_attribute("aria-invalid", "true")
    url.fill(receiver_url)
    expect(check).to_have_text("May be called.")
    expect(url).to_have_attribute("aria-invalid", "false")
    model = page.locator("#id_model_name")
    model.press_sequentially("churn-c")
    expect(page.locator("#model-names option")).to_have_count(1)
    model.fill("no model of this name")
    expect(page.locator("#id_model_name_check")).to_contain_text("You manage no model")


def test_everything_in_a_group_follows_its_boxes(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Ada Lindqvist")
    page.goto("/webhooks/new/")
    everything = page.get_by_label("Everything in this group").first
    general, special = (
        page.locator(f"[name=events][value={name}]")
        for name in (
            "TRANSITION_REQUEST_CREATED",
            "TRANSITION_REQUEST_TO_STAGING_CREATED",
        )
    )

    everything.check()
    expect(general).to_be_checked()
    expect(special).not_to_be_checked()

    special.check()
    expect(everything).not_to_be_checked()
    general.uncheck()
    special.uncheck()
    expect(everything).not_to_be_checked()


@pytest.mark.parametrize(
    "java_script", [True, False], ids=["javascript", "no-javascript"]
)
def test_a_webhook_is_made_tested_activated_rotated_and_deleted(
    open_page: OpenPage, receiver_url: str, java_script: bool
) -> None:
    page, _ = open_page(
        java_script_enabled=java_script,
        permissions=["clipboard-read", "clipboard-write"],
    )
    sign_in(page, "Ada Lindqvist")

    address = _create(page, receiver_url)
    step = page.locator("#step")
    expect(step).to_contain_text("Next: send a test.")
    step.get_by_role("button", name="Send test").click()
    expect(page.get_by_label("Request", exact=True)).to_contain_text("Content-Length:")
    expect(page.get_by_label("Response", exact=True)).to_contain_text("HTTP 401")
    expect(step).to_contain_text("The last test failed. HTTP 401 came back")
    page.get_by_role("button", name="Activate").click()
    expect(step).to_contain_text("Active.")

    page.goto(f"{address}secret/")
    page.get_by_role("button", name="Rotate secret").click()
    secret = page.locator("#new-secret")
    expect(secret).to_contain_text("whsec_")
    if java_script:
        page.get_by_role("button", name="Copy the secret").press("Enter")
        expect(page.get_by_text("Copied.")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == secret.text_content()
        assert problems_of_looks(page) == []
    page.goto(f"{address}secret/")
    expect(secret).to_have_count(0)
    page.get_by_role("button", name="Stop the secret").click()
    expect(page.get_by_text("signs nothing any more")).to_be_visible()

    page.goto(address)
    page.get_by_role("link", name="Disable…").click()
    page.get_by_role("button", name="Disable").click()
    expect(step).to_contain_text("Disabled by a person.")
    expect(page.get_by_text("Secret stopped")).to_be_visible()
    page.goto(f"{address}delete/")
    page.get_by_role("button", name="Delete webhook").click()
    expect(page.get_by_text("is deleted.")).to_be_visible()


def test_deliveries_are_read_without_scrolling_sideways(open_page: OpenPage) -> None:
    page, _ = open_page()
    _open_oldest(page)
    tables = page.get_by_role("group", name=re.compile("Table of .*deliveries"))

    for viewport in (WIDE, NARROW):
        page.set_viewport_size(viewport)
        assert _hidden_width(tables) == 0
    page.goto(f"{page.url}deliveries/")
    assert _hidden_width(tables) == 0


def test_what_has_the_focus_lies_below_the_bar_on_top(open_page: OpenPage) -> None:
    page, _ = open_page(viewport={"width": 1440, "height": 420})
    _open_oldest(page)
    page.get_by_role("link", name="All deliveries").click()
    first = page.locator("tbody a").first

    tab_to(page, first)

    bar, link = page.locator(".topbar").bounding_box(), first.bounding_box()
    assert page.evaluate("scrollY") > 0
    assert bar
    assert link
    assert link["y"] >= bar["y"] + bar["height"]


def _open_oldest(page: Page) -> None:
    """Sign in and open the demo's own webhook, which has sent a lot."""
    sign_in(page, "Ada Lindqvist")
    page.goto("/webhooks/")
    page.locator("#main a.row-title").last.click()


def _hidden_width(box: Locator) -> int:
    """Return the pixels of a box that one must scroll to."""
    hidden: int = box.evaluate("(element) => element.scrollWidth - element.clientWidth")
    return hidden


def _create(page: Page, receiver_url: str) -> str:
    """Make a webhook for the whole registry; return the address of its page."""
    page.goto("/webhooks/new/")
    page.get_by_label("URL").fill(receiver_url)
    page.get_by_label("Everything in this group").first.check()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("The webhook is stored.")).to_be_visible()
    return page.url
