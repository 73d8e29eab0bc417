"""Finding models and versions: the search box by keyboard, filters, columns."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import problems_of_looks
from tests.browser.people import sign_in


def options(page: Page) -> list[str]:
    return page.get_by_role("option").all_inner_texts()


def to_search_box(page: Page) -> None:
    """Press "/", once the scripts that listen to it have run."""
    expect(page.get_by_role("combobox", name="Search models")).to_be_attached()
    page.keyboard.press("/")


def test_the_search_box_is_used_by_keyboard(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto("/requests/")
    box = page.get_by_role("combobox", name="Search models")

    to_search_box(page)
    page.keyboard.type("churn")

    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#jump-status")).to_have_text(re.compile(r"\d suggestion"))
    assert "churn-classifier" in options(page)[0]
    assert problems_of_looks(page) == []

    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "jump-1")
    expect(page.locator("#jump-1")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(box).not_to_have_attribute("aria-activedescendant", "jump-1")

    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#jump")).to_be_hidden()
    expect(box).to_have_value("churn")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/churn-classifier/")


def test_a_version_is_one_jump_away(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")

    to_search_box(page)
    page.keyboard.type("churn-classifier v7")
    expect(page.get_by_role("option")).to_have_text(
        re.compile(r"churn-classifier\s+v7")
    )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/models/churn-classifier/versions/7/")


def test_enter_without_a_choice_searches(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")

    to_search_box(page)
    page.keyboard.type("churn")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")

    page.wait_for_url("**/models/?q=churn")


def test_the_search_box_searches_without_javascript(open_page: OpenPage) -> None:
    page, _ = open_page(java_script_enabled=False)
    sign_in(page, "Rui Tanaka")

    page.get_by_role("searchbox", name="Search models").fill("churn")
    page.keyboard.press("Enter")

    page.wait_for_url("**/models/?q=churn")
    expect(page.locator("#models")).to_contain_text("churn-classifier")


def test_what_is_typed_filters_and_shows_in_a_short_address(
    open_page: OpenPage,
) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto("/models/")

    page.get_by_placeholder("Filter by name").press_sequentially("churn-cl")

    page.wait_for_url("**/models/?q=churn-cl")
    expect(page.locator("#models tbody tr")).to_have_count(1)
    page.reload()
    expect(page.get_by_placeholder("Filter by name")).to_have_value("churn-cl")
    page.get_by_role("link", name="Remove filter Name: churn-cl").click()
    page.wait_for_url("**/models/")


def test_stage_and_text_go_together_as_one_types(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto("/models/churn-classifier/")

    page.locator("#versions").get_by_role("link", name="Archived").click()
    page.wait_for_url("**/models/churn-classifier/?stage=Archived")
    page.get_by_placeholder("Description, tag, person").press_sequentially("nobody")

    page.wait_for_url("**/models/churn-classifier/?q=nobody&stage=Archived")
    expect(page.locator("#versions")).to_contain_text("No version matches")


def test_columns_are_chosen_without_javascript(open_page: OpenPage) -> None:
    page, _ = open_page(java_script_enabled=False)
    sign_in(page, "Rui Tanaka")
    page.goto("/models/churn-classifier/")

    page.locator("#versions-form summary").click()
    box = page.locator("input[name=col][value^='param:']").first
    column = box.get_attribute("value") or ""
    box.check()
    page.get_by_role("button", name="Show columns").click()

    page.wait_for_url(
        re.compile(r"/models/churn-classifier/\?col=param:[^&]+#versions$")
    )
    name = column.removeprefix("param:")
    expect(page.locator("#versions th", has_text=name)).to_have_count(1)


def test_curves_are_read_by_keyboard(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto("/compare/?v=churn-classifier/5&v=churn-classifier/7")
    page.get_by_role("link", name="val_log_loss").click()
    curves = page.locator("#metric-by-step")
    tip = curves.locator(".tip")
    # A worker reads the histories meanwhile, and the page renews itself until then.
    expect(curves).to_be_visible(timeout=20_000)
    expect(page.locator("#curves[hx-trigger]")).to_have_count(0, timeout=20_000)

    curves.focus()
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("step 1")
    expect(tip).to_contain_text("churn-classifier v7")
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("step 2")
    page.keyboard.press("End")
    expect(tip).to_contain_text("step 16")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()

    page.get_by_label("Scale").select_option("Logarithmic")
    page.wait_for_url("**&scale=log**")
    assert problems_of_looks(page) == []


def test_a_comparison_is_searched_as_one_types(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto("/compare/?v=churn-classifier/5&v=churn-classifier/7")
    box = page.get_by_role("searchbox", name="Part of a name")

    box.press_sequentially("recall")

    metrics = page.get_by_role("group", name="Metrics")
    expect(metrics.get_by_role("link", name="log_loss")).to_have_count(0)
    expect(metrics.get_by_role("link", name="recall", exact=True)).to_be_visible()
    expect(box).to_be_focused()
    page.wait_for_url("**find=recall**")
