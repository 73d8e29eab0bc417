"""What people do on pages, as tests do it for them."""

from playwright.sync_api import Locator, Page, expect

from tests.running import SYNC_SECONDS, wait_for


def sign_in(page: Page, name: str) -> None:
    """Sign in as one of the demo's people, with one click."""
    page.goto("/account/sign-in/")
    page.get_by_role("button", name=name).click()
    expect(page.locator("#sidebar")).to_be_attached()


def sign_out(page: Page) -> None:
    """Leave by the menu."""
    page.locator(".sidebar details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url("/account/sign-in/")


def open_when_mirrored(page: Page, address: str, *, shows: str = "") -> None:
    """Go to a page of something that MLflow has just got, once it shows a text."""

    def is_there() -> bool:
        response = page.request.get(address)
        return response.status == 200 and shows in response.text()

    what = f"{address} is mirrored and shows {shows!r}"
    wait_for(is_there, seconds=SYNC_SECONDS + 15, what=what)
    page.goto(address)


def tab_to(page: Page, target: Locator, *, presses: int = 120) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(presses):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} was not reached with {presses} presses of Tab")


def press_by_keyboard(page: Page, target: Locator) -> None:
    """Go to a link or button by Tab, see that the focus shows, and press Enter."""
    tab_to(page, target)
    assert target.evaluate("(element) => getComputedStyle(element).outlineStyle") != (
        "none"
    ), f"the focus on {target} is not seen"
    page.keyboard.press("Enter")
