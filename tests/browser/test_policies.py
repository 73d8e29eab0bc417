"""A policy is written in the browser, and a request is decided under it by keyboard."""

import json
import urllib.request

from mlflow import MlflowClient
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import problems_of_looks
from tests.browser.people import open_when_mirrored, press_by_keyboard, sign_in, tab_to
from tests.running import RunningSignoff

NAME = "governed"
RULES = f"""\
- name: of-{NAME}
  models: [{NAME}]
  targets: ["stage:Production"]
  checks: [{{name: fairness}}]
"""


def make_model(demo: RunningSignoff) -> None:
    client = MlflowClient(demo.mlflow_uri, demo.mlflow_uri)
    client.create_registered_model(NAME)
    client.create_model_version(NAME, f"s3://bucket/{NAME}")


def report_check(demo: RunningSignoff) -> None:
    """Report as a CI job would."""
    token = demo.manage("api_token", "dana", SIGNOFF_DEMO="1").split()[-1]
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{demo.url}/api/v1/models/{NAME}/versions/1/checks",
        json.dumps({"name": "fairness", "verdict": "passed"}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 201


def write_policy(page: Page) -> None:
    page.goto("/policies/")
    page.get_by_role("link", name="Edit policies").click()
    text = page.get_by_label("The policies as YAML")
    preview = page.get_by_role("complementary", name="Preview")
    held = text.input_value()

    text.fill(held + RULES.replace("fairness", "fairness, max_age: soon"))
    expect(preview).to_contain_text("'soon' is no length of time")
    assert problems_of_looks(page) == []
    text.fill(held + RULES)
    expect(preview).to_contain_text(f"of-{NAME}")
    expect(preview).to_contain_text("added")
    page.get_by_role("button", name="Apply").click()

    expect(page.get_by_text(f"Of-{NAME} added")).to_be_visible()
    expect(page.get_by_role("link", name=f"of-{NAME}")).to_be_visible()


def test_a_request_is_decided_under_a_policy_that_was_just_written(
    demo: RunningSignoff, open_page: OpenPage
) -> None:
    admin, _ = open_page()
    sign_in(admin, "Ada Lindqvist")
    write_policy(admin)
    make_model(demo)
    dana, _ = open_page()
    sign_in(dana, "Dana Ferrari")
    open_when_mirrored(dana, f"/models/{NAME}/versions/1/request/")
    dana.locator("input[name=stage][value=Production]").check()
    dana.get_by_label("Why").fill("Better on all groups.")
    dana.get_by_role("button", name="Ask for it").click()
    expect(dana.get_by_text("Nobody has reported it for this version")).to_be_visible()

    rui, _ = open_page()
    sign_in(rui, "Rui Tanaka")
    press_by_keyboard(rui, rui.get_by_role("link", name="Requests").first)
    row = rui.get_by_role("link", name=f"{NAME} v1 to Production")
    expect(row).to_be_visible()
    rui.keyboard.press("j")
    tab_to(rui, row)
    rui.keyboard.press("Enter")
    approve = rui.get_by_role("button", name="Approve")
    expect(approve).to_be_visible()
    rui.keyboard.press("a")
    expect(approve).to_be_focused()
    expect(rui.get_by_text("0 of 1 approvals so far")).to_be_visible()
    rui.keyboard.press("Enter")
    expect(rui.get_by_text("1 of 1: approved by Rui Tanaka")).to_be_attached()
    expect(rui.get_by_text("Report fairness as passed")).to_be_visible()

    report_check(demo)

    dana.reload()
    expect(dana.get_by_text("Approved when its last gate passed")).to_be_visible(
        timeout=20_000
    )
    expect(dana.get_by_text("MLflow was read back and shows it")).to_be_visible()
