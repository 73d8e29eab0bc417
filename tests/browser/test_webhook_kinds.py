"""Choosing what a webhook tells: only what its kind needs is asked for."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.people import sign_in


@pytest.mark.parametrize("has_javascript", [True, False])
def test_a_job_webhook_asks_for_its_job_and_nothing_of_an_endpoint(
    open_page: OpenPage, has_javascript: bool
) -> None:
    page, _ = open_page(java_script_enabled=has_javascript)
    sign_in(page, "Ada Lindqvist")
    page.goto("/webhooks/new/")
    url, job_id = page.get_by_label("URL"), page.get_by_label("Job id")
    expect(url).to_be_visible()
    expect(job_id).to_be_hidden()

    page.get_by_role("radio", name="Databricks job").check()
    expect(url).to_be_hidden()
    page.get_by_label("Workspace").fill("https://dbc-1.example.com/")
    job_id.fill("1234567890")
    page.get_by_label("Access token").fill("dapi-opens-nothing")
    page.get_by_label("A version enters Staging").check()
    page.get_by_role("button", name="Create").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "job 1234567890 at dbc-1.example.com"
    )
    expect(page.get_by_text("Starts a real run")).to_be_visible()
    expect(page.get_by_text("dapi-opens-nothing")).to_have_count(0)
