"""The inbox by keyboard, with filters that renew it, and watching a model."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import problems_of_looks
from tests.browser.people import sign_in

ROWS = "#requests a.row-title"


def test_j_and_k_walk_through_the_inbox_and_enter_opens(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto("/requests/?show=done")
    rows = page.locator(ROWS)
    expect(rows.nth(1)).to_be_visible()

    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    assert is_marked(page)

    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/requests/\d+/$"))


def is_marked(page: Page) -> bool:
    """Does the row that has the focus look otherwise than the next one?"""
    marked: bool = page.evaluate(
        """() => {
          const colour = (item) => getComputedStyle(item).backgroundColor;
          const here = document.activeElement.closest("li");
          return colour(here) !== colour(here.nextElementSibling);
        }"""
    )
    return marked


def test_keys_walk_through_what_a_filter_found(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto("/requests/?show=done")
    box = page.get_by_role("searchbox", name="Model or number of the request")

    box.fill("nothing is called so")
    expect(page.locator("#requests")).to_contain_text("Nothing matches")
    assert problems_of_looks(page) == []

    box.fill("churn")
    expect(page).to_have_url("/requests/?show=done&q=churn")
    expect(page.locator(ROWS).first).to_contain_text("churn-classifier")
    box.press("Enter")
    expect(box).not_to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(ROWS).first).to_be_focused()
    expect(box).to_have_value("churn")

    page.get_by_role("link", name="Open", exact=False).first.click()
    expect(page).to_have_url("/requests/?show=open&q=churn")
    expect(box).to_have_value("churn")


def test_the_inbox_filters_without_javascript(open_page: OpenPage) -> None:
    page, _ = open_page(java_script_enabled=False)
    sign_in(page, "Rui Tanaka")
    page.goto("/requests/?show=done")

    page.get_by_label("Target").select_option("Production")
    page.get_by_label("Order").select_option("Oldest first")
    page.get_by_role("button", name="Filter").click()

    expect(page).to_have_url("/requests/?show=done&target=Production&sort=oldest")
    expect(page.get_by_label("Target")).to_have_value("Production")


def test_a_model_is_watched_and_its_requests_gather(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Aki Novak")
    page.goto("/models/churn-classifier/")

    page.get_by_role("button", name="Watch", exact=True).click()
    unwatch = page.get_by_role("button", name="Unwatch")
    expect(unwatch).to_be_focused()
    page.goto("/requests/?show=watching")
    watched = page.locator(ROWS, has_text="churn-classifier")
    expect(watched.first).to_be_visible()

    page.goto("/models/churn-classifier/")
    unwatch.click()
    expect(page.get_by_role("button", name="Watch", exact=True)).to_be_focused()
    page.goto("/requests/?show=watching")
    expect(watched).to_have_count(0)
