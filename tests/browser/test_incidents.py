"""Somebody moves an alias behind everybody's back: it is found, and put back."""

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import problems_of_looks
from tests.browser.people import open_when_mirrored, sign_in
from tests.running import SYNC_SECONDS, RunningSignoff, wait_for


def open_with_incident(page: Page, name: str) -> None:
    """Open the model's page as soon as it tells of an incident."""
    wait_for(
        lambda: "without a decision" in page.request.get(f"/models/{name}/").text(),
        seconds=SYNC_SECONDS + 5,
        what="the incident is on the model's page",
    )
    page.goto(f"/models/{name}/")


@pytest.mark.parametrize("java_script", [True, False], ids=["script", "no-script"])
def test_what_nobody_decided_is_found_and_reverted(
    java_script: bool, demo: RunningSignoff, open_page: OpenPage
) -> None:
    client = MlflowClient(demo.mlflow_uri, demo.mlflow_uri)
    name = f"behind-our-back-{java_script}".lower()
    client.create_registered_model(name)
    for _ in range(2):
        client.create_model_version(name, f"s3://bucket/{name}")
    page, _ = open_page(java_script_enabled=java_script)
    sign_in(page, "Rui Tanaka")
    open_when_mirrored(page, f"/models/{name}/versions/2/")

    client.set_registered_model_alias(name, "champion", "2")
    open_with_incident(page, name)

    page.get_by_role("link", name="Answer incident").click()
    expect(page.get_by_text("@champion is set to v2").first).to_be_visible()
    expect(page.get_by_text("@champion is removed from v2")).to_be_visible()
    page.get_by_role("button", name="Revert").click()

    expect(page.get_by_text("MLflow was read back and shows it")).to_be_visible(
        timeout=20_000
    )
    assert client.get_registered_model(name).aliases == {}


def test_the_page_of_an_incident_is_accessible_and_within_its_width(
    demo: RunningSignoff, open_page: OpenPage
) -> None:
    client = MlflowClient(demo.mlflow_uri, demo.mlflow_uri)
    name = "looked-at"
    client.create_registered_model(name)
    client.create_model_version(name, f"s3://bucket/{name}")
    client.transition_model_version_stage(name, "1", "Production")
    page, _ = open_page()
    sign_in(page, "Ada Lindqvist")
    open_with_incident(page, name)

    page.get_by_role("link", name="Answer incident").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("without a decision")
    assert problems_of_looks(page) == []
    page.goto(f"/models/{name}/history/")
    assert problems_of_looks(page) == []
