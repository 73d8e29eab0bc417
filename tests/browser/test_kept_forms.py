"""What was typed is kept, and nothing is sent that nobody meant to send."""

import re
from itertools import count

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Page, expect

from tests.browser.asking import WHY, fill_request, open_as_reviewer, register
from tests.browser.conftest import OpenPage
from tests.browser.people import sign_in, sign_out
from tests.running import RunningSignoff

_numbers = count(1)


@pytest.fixture
def name(demo: RunningSignoff) -> str:
    """A model with one version in no stage."""
    client = MlflowClient(demo.mlflow_uri, demo.mlflow_uri)
    return register(client, f"kept-{next(_numbers)}")


def test_enter_that_is_pressed_on_sends_nothing_that_was_refused(
    name: str, open_page: OpenPage
) -> None:
    page, watch = open_page()
    watch.expected_statuses.add(422)
    address = open_as_reviewer(page, name)
    seen = page.locator("#review input[name=seen]")
    seen.evaluate("field => { field.value = 'what was there before' }")

    page.get_by_role("button", name="Approve").focus()
    for _ in range(20):  # held down for two seconds: each is a repetition
        page.keyboard.down("Enter")
        page.wait_for_timeout(100)
    page.keyboard.up("Enter")
    alert = page.locator("#review [role=alert]")
    expect(alert).to_contain_text("The form did not say what you saw")
    expect(alert).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)

    page.goto(address)
    expect(page.get_by_role("button", name="Approve")).to_be_visible()


def test_what_one_form_is_answered_leaves_the_other_and_the_focus_as_they_were(
    name: str, open_page: OpenPage
) -> None:
    page, watch = open_page()
    watch.expected_statuses.add(422)
    open_as_reviewer(page, name)
    review = page.locator("#review textarea[name=comment]")
    comment = page.locator("#discussion textarea[name=text]")
    review.fill("What I think of it so far.")
    comment.fill("  ")

    comment.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Write something first.")).to_be_visible()
    expect(comment).to_be_focused()
    expect(comment).to_have_accessible_description(re.compile("Write something first."))
    expect(review).to_have_value("What I think of it so far.")

    comment.fill("Which data?")
    comment.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".timeline")).to_contain_text("Which data?")
    expect(comment).to_have_value("")
    expect(page.get_by_role("button", name="Comment")).to_be_focused()
    expect(review).to_have_value("What I think of it so far.")

    review.fill("")
    comment.fill("One thing more.")
    page.get_by_role("button", name="Reject").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Say why you reject it")
    expect(comment).to_have_value("One thing more.")
    expect(page.locator("#review :focus")).to_have_count(1)


def test_a_form_sent_after_signing_out_gives_back_what_was_typed(
    name: str, open_page: OpenPage
) -> None:
    page, watch = open_page(java_script_enabled=False)
    watch.expected_statuses.add(403)
    sign_in(page, "Dana Ferrari")
    fill_request(page, name, WHY)
    sign_out_elsewhere(page)

    page.get_by_role("button", name="Ask for it").click()

    heading = page.get_by_role("heading", name="This form came too late")
    expect(heading).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value(WHY)


def test_whoever_was_signed_out_keeps_the_form_and_can_send_it_again(
    name: str, open_page: OpenPage
) -> None:
    page, watch = open_page()
    watch.expected_statuses |= {401, 409}
    sign_in(page, "Dana Ferrari")
    fill_request(page, name, WHY)
    sign_out_elsewhere(page)
    send = page.get_by_role("button", name="Ask for it")
    toasts = page.locator("#toasts")

    send.click()
    expect(toasts).to_contain_text("You are signed out.")
    sign_out_elsewhere(page, then_in="Rui Tanaka")
    send.click()
    expect(toasts).to_contain_text("You are signed in as Rui Tanaka by now")
    expect(page.get_by_label("Why")).to_have_value(WHY)
    sign_out_elsewhere(page, then_in="Dana Ferrari")
    send.click()

    expect(page).to_have_url(re.compile(r"/requests/\d+/"))
    expect(page).to_have_title(re.compile(rf"{name} v1 to Production"))
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.locator(".page-meta")).to_contain_text("Dana Ferrari")
    expect(page.get_by_role("region", name="Why")).to_contain_text(WHY)


def sign_out_elsewhere(page: Page, *, then_in: str = "") -> None:
    """Sign out in another tab of the same browser, and in as somebody."""
    other = page.context.new_page()
    other.goto("/")
    if other.locator("#sidebar").count():
        sign_out(other)
    if then_in:
        sign_in(other, then_in)
    other.close()


def test_what_was_typed_for_a_request_that_is_closed_by_then_is_given_back(
    name: str, open_page: OpenPage
) -> None:
    page, _ = open_page()
    address = open_as_reviewer(page, name)
    page.locator("#review textarea[name=comment]").fill("A long look at it.")
    dana, _ = open_page()
    sign_in(dana, "Dana Ferrari")
    dana.goto(address)
    dana.get_by_text("Withdraw…").click()
    dana.get_by_role("button", name="Withdraw the request").click()
    expect(dana.get_by_text("Nothing was changed in MLflow")).to_be_visible()

    page.locator("#discussion textarea[name=text]").fill("Which data?")
    page.get_by_role("button", name="Comment").click()

    expect(page.locator(".timeline")).to_contain_text("Which data?")
    expect(page.locator("#page")).to_contain_text("You wrote: A long look at it.")


def test_a_page_that_renews_itself_waits_for_what_is_typed(
    demo: RunningSignoff, name: str, open_page: OpenPage
) -> None:
    """MLflow seems to take its time: the page is told what is not so any more."""
    page, _ = open_page()
    open_as_reviewer(page, name)
    comment = page.locator("#discussion textarea[name=text]")
    page.locator("main").evaluate(
        """main => {
          const notice = document.createElement("div");
          notice.setAttribute("hx-get", location.pathname + "status/?was=applying");
          notice.setAttribute("hx-trigger", "every 1s");
          notice.setAttribute("hx-swap", "none");
          notice.setAttribute("data-renews", "");
          document.querySelector("#discussion textarea[name=text]").value = "Typed.";
          main.append(notice);
          htmx.process(notice);
        }"""
    )
    page.wait_for_timeout(2500)
    expect(comment).to_have_value("Typed.")

    comment.fill("")

    expect(page.locator("[data-renews]")).to_have_count(0)
