"""What a screen reader is told of comparisons, and what the keyboard does there."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import NARROW
from tests.browser.people import sign_in

PAIR = "/compare/?v=churn-classifier/5&v=churn-classifier/7"


def test_a_comparison_reads_as_headings_regions_and_tables(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto(f"{PAIR}&find=depth")

    expect(page.locator("main")).to_match_aria_snapshot("""
      - 'heading "churn-classifier: v5 compared with v7" [level=1]'
      - link "Swap sides"
      - searchbox "Part of a name": depth
      - region "What matters":
        - list:
          - listitem:
            - img "Better"
            - paragraph: /roc_auc .* → .*/
      - region "Metrics":
        - heading "Metrics" [level=2]
        - navigation "Rows":
          - link "All"
          - link "Only differences"
      - region "Parameters":
        - heading "Parameters" [level=2]
        - group "Parameters":
          - table:
            - rowgroup:
              - row "Change Parameter v5 v7"
            - rowgroup:
              - row:
                - cell
                - cell "Pin max_depth max_depth":
                  - checkbox "Pin max_depth"
                - cell "3"
                - cell "3"
    """)


def test_the_matrix_says_in_words_what_its_colours_say(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto("/stages/?q=churn-classifier")

    expect(page.get_by_role("group", name="Table of stages")).to_match_aria_snapshot("""
      - table:
        - rowgroup:
          - row:
            - columnheader "Model":
              - link "Model"
            - columnheader "Production"
            - columnheader "Staging"
        - rowgroup:
          - row:
            - cell "churn-classifier":
              - link "churn-classifier"
            - cell /v5 .*/
            - cell /v6 .*/
            - cell "roc_auc"
            - cell "0.8549"
            - cell "0.8193"
            - cell:
              - link /Compare Production and Staging of churn-classifier. .*, worse/
    """)


def test_a_phone_shows_what_waits_without_a_swipe(open_page: OpenPage) -> None:
    page, _ = open_page(viewport=NARROW)
    sign_in(page, "Rui Tanaka")
    for path, label in (("/models/", "models"), ("/stages/", "stages")):
        page.goto(f"{path}?q=churn-classifier")
        table = page.get_by_role("group", name=f"Table of {label}")

        hidden: int = table.evaluate("(box) => box.scrollWidth - box.clientWidth")
        assert hidden == 0
        expect(table.get_by_text("1 open")).to_be_in_viewport(ratio=1)
        # The headings are not shown: each row says itself what is where.
        expect(table.get_by_role("row")).to_match_aria_snapshot("""
          - row:
            - cell "churn-classifier"
            - cell /Production v5.*/
            - cell /Staging v6.*/
        """)


def test_a_chart_is_an_image_with_a_name_beside_a_table(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto("/models/churn-classifier/metrics/roc_auc/?against=param:max_depth")

    expect(page.locator("main")).to_match_aria_snapshot("""
      - heading "roc_auc" [level=1]
      - region "roc_auc of the versions":
        - combobox "Against"
        - figure "roc_auc against max_depth":
          - img "roc_auc against max_depth, 4 points"
        - img /Spread. .*v5 Production @champion at .*/
        - group "Table of roc_auc by version":
          - table
    """)


def test_a_row_is_pinned_by_keyboard_and_stays(open_page: OpenPage) -> None:
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")
    page.goto(PAIR)
    seed = page.get_by_role("checkbox", name="Pin seed")
    first = page.get_by_role("region", name="Parameters").locator("tbody .key").first

    seed.focus()
    page.keyboard.press("Space")

    expect(first).to_contain_text("seed")
    expect(seed).to_be_checked()
    expect(seed).to_be_focused()
    assert "pin=params%2Fseed" in page.url
    page.get_by_role("link", name="Only differences").click()
    expect(first).to_contain_text("seed")  # though it is the same in both
