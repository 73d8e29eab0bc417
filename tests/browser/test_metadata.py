"""Describing and tagging a model, and looking at a metric by step."""

from itertools import count

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import open_when_mirrored, sign_in
from tests.running import RunningSignoff

_numbers = count(1)


@pytest.fixture
def name(demo: RunningSignoff) -> str:
    """A model whose one version logged a metric at three steps."""
    client = MlflowClient(demo.mlflow_uri, demo.mlflow_uri)
    name = f"metadata-{next(_numbers)}"
    client.create_registered_model(name)
    run = client.create_run("0")
    for step, loss in enumerate((0.9, 0.6, 0.5)):
        client.log_metric(run.info.run_id, "loss/val", loss, step=step)
    client.set_terminated(run.info.run_id)
    client.create_model_version(name, f"s3://bucket/{name}", run.info.run_id)
    return name


def describe_and_tag(page: Page, name: str) -> None:
    page.get_by_role("link", name="Describe this model").click()
    page.get_by_role("textbox", name="Description").fill("Who **cancels**?")
    page.get_by_role("button", name="Store in MLflow").click()
    main = page.get_by_role("main")
    expect(main.get_by_text("The description is stored in MLflow.")).to_be_visible()
    expect(main.locator(".markdown strong", has_text="cancels")).to_be_visible()

    page.get_by_role("link", name="Edit tags").click()
    page.get_by_role("textbox", name="Name").fill("no%such")
    page.get_by_role("textbox", name="Value").fill("growth")
    page.get_by_role("button", name="Set tag").click()
    expect(main.get_by_text("MLflow refused")).to_be_visible()
    expect(page.get_by_role("textbox", name="Value")).to_have_value("growth")
    page.get_by_role("textbox", name="Name").fill("team")
    page.get_by_role("button", name="Set tag").click()
    expect(main.get_by_role("row", name="team growth")).to_be_visible()


@pytest.mark.parametrize("java_script", [True, False])
def test_a_model_is_described_and_tagged(
    java_script: bool, demo: RunningSignoff, name: str, open_page: OpenPage
) -> None:
    page, watch = open_page(java_script_enabled=java_script)
    watch.expected_statuses.add(422)
    sign_in(page, "Dana Ferrari")
    open_when_mirrored(page, f"/models/{name}/")

    describe_and_tag(page, name)

    model = MlflowClient(demo.mlflow_uri, demo.mlflow_uri).get_registered_model(name)
    assert model.description == "Who **cancels**?"
    assert model.tags == {"team": "growth"}
    page.goto(f"/audit/?model={name}")
    expect(page.get_by_role("main").get_by_text("Dana Ferrari").first).to_be_visible()


@pytest.mark.parametrize("java_script", [True, False])
def test_a_metric_is_read_when_somebody_looks_at_it(
    java_script: bool, name: str, open_page: OpenPage
) -> None:
    page, _ = open_page(java_script_enabled=java_script)
    sign_in(page, "Dana Ferrari")
    open_when_mirrored(page, f"/models/{name}/versions/1/")
    metric = page.get_by_role("link", name="loss/val")
    for _ in range(40):  # MLflow may have to rest from what was read before
        if metric.is_visible():
            break
        page.wait_for_timeout(1_000)
        page.reload()

    metric.click()
    if not java_script:
        page.get_by_role("button", name="Read its history").click()
        for _ in range(15):
            if page.locator("figure.chart").is_visible():
                break
            page.wait_for_timeout(500)
            page.reload()

    expect(page.locator("figure.chart")).to_be_visible(timeout=15_000)
    page.get_by_text("The 3 points as numbers").click()
    expect(page.get_by_role("row", name="2 0.5")).to_be_visible()
