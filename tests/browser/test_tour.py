"""Every comparison is reached, read and left with the keyboard alone."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import press_by_keyboard, tab_to

MODEL = "churn-classifier"


def test_all_comparisons_by_keyboard_alone(open_page: OpenPage) -> None:
    page, _ = open_page()
    page.goto("/account/sign-in/")
    press_by_keyboard(page, page.get_by_role("button", name="Rui Tanaka"))
    expect(page.get_by_role("navigation", name="Main")).to_be_attached()

    the_matrix_leads_to_a_comparison(page)
    a_comparison_is_worked_with(page)
    curves_are_chosen_and_read(page)
    a_metric_is_read_against_a_parameter(page)
    stages_are_compared(page)
    then_is_compared_with_now(page)


def the_matrix_leads_to_a_comparison(page: Page) -> None:
    press_by_keyboard(page, page.get_by_role("link", name="Stages").first)
    page.wait_for_url("**/stages/")
    names = page.locator("[data-keys] a.row-title")
    expect(names.nth(1)).to_be_visible()
    page.keyboard.press("j")
    expect(names.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(names.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(names.nth(0)).to_be_focused()
    tab_to(page, page.get_by_placeholder("Filter by name"))
    page.keyboard.type(MODEL)
    expect(names).to_have_count(1)
    press_by_keyboard(
        page, page.get_by_role("link", name="Compare Production and Staging of")
    )
    page.wait_for_url("**/compare/?**")


def a_comparison_is_worked_with(page: Page) -> None:
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(f"{MODEL}: v5 compared with v6")
    press_by_keyboard(page, page.get_by_role("link", name="Swap sides"))
    expect(heading).to_have_text(f"{MODEL}: v6 compared with v5")
    seed = page.get_by_role("checkbox", name="Pin seed")
    tab_to(page, seed)
    page.keyboard.press("Space")
    page.wait_for_url("**pin=params**")
    press_by_keyboard(page, page.get_by_role("link", name="Only differences"))
    page.wait_for_url("**only=differences**")
    expect(seed).to_be_attached()
    tab_to(page, page.locator("summary", has_text="Add version"))
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(f"{MODEL}/7")
    page.keyboard.press("Enter")
    expect(heading).to_have_text(f"{MODEL}: 3 versions compared")
    press_by_keyboard(page, page.get_by_role("link", name="Make baseline").last)
    page.wait_for_url(re.compile(r"/compare/\?v=churn-classifier%2F7.*pin=params"))
    press_by_keyboard(page, page.get_by_role("link", name="Remove").last)
    expect(heading).to_have_text(re.compile("v7 compared with v"))
    tab_to(page, page.get_by_role("searchbox", name="Part of a name"))
    page.keyboard.type("log_loss")
    expect(page.get_by_role("link", name="recall", exact=True)).to_have_count(0)
    tab_to(page, page.locator("summary", has_text="Export"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="CSV"), presses=2)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="CSV")).to_be_hidden()


def curves_are_chosen_and_read(page: Page) -> None:
    press_by_keyboard(page, page.get_by_role("link", name="val_log_loss"))
    page.wait_for_url("**/compare/metric/**")
    curves = page.locator("#metric-by-step")
    # A worker reads the histories meanwhile, and the page renews itself until then.
    expect(curves).to_be_visible(timeout=20_000)
    expect(page.locator("#curves[hx-trigger]")).to_have_count(0, timeout=20_000)
    tab_to(page, page.get_by_label("Scale"))
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**scale=log**")
    tab_to(page, page.locator("#metric-by-step"))
    page.keyboard.press("End")
    expect(page.locator("#metric-by-step .tip")).to_contain_text("step 16")


def a_metric_is_read_against_a_parameter(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type(MODEL)
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/models/{MODEL}/")
    press_by_keyboard(page, page.get_by_role("link", name="roc_auc").first)
    page.wait_for_url("**/metrics/roc_auc/")
    against = page.get_by_label("Against")
    tab_to(page, against)
    page.keyboard.type("max_depth")
    page.wait_for_url("**against=param**")
    table = page.get_by_role("group", name="Table of roc_auc by version")
    expect(table.get_by_role("columnheader", name="max_depth")).to_be_visible()
    first = table.get_by_role("link").first
    page.keyboard.press("j")
    expect(first).to_be_focused()


def stages_are_compared(page: Page) -> None:
    press_by_keyboard(page, page.get_by_role("link", name=MODEL, exact=True).first)
    page.wait_for_url(f"**/models/{MODEL}/")
    press_by_keyboard(page, page.get_by_role("link", name="Compare stages"))
    page.wait_for_url("**/compare/")
    press_by_keyboard(page, page.get_by_role("link", name="in full").last)
    page.wait_for_url("**/compare/?v=**")


def then_is_compared_with_now(page: Page) -> None:
    page.go_back()
    press_by_keyboard(page, page.get_by_role("link", name=MODEL, exact=True).first)
    press_by_keyboard(page, page.get_by_role("link", name="History").first)
    page.wait_for_url("**/history/")
    tab_to(page, page.get_by_label("At (UTC)"))
    page.keyboard.type("11252026")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("1200AM")
    tab_to(page, page.get_by_role("button", name="Show"))
    page.keyboard.press("Enter")
    page.wait_for_url("**at=2026-11-25T00**")
    expect(page.locator("#holdings")).to_contain_text("No")
