"""The main job, end to end: ask, compare, decide, MLflow changes, a webhook arrives."""

import hashlib
import hmac
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import open_when_mirrored, sign_in, sign_out, tab_to
from tests.running import RunningSignoff, wait_for

_numbers = count(1)
WHY = "Better recall on the September hold-out."


@pytest.fixture
def name(demo: RunningSignoff) -> str:
    """A model with v1 in Production and a new v2, made with plain MLflow."""
    client = MlflowClient(demo.mlflow_uri, demo.mlflow_uri)
    name = f"journey-{next(_numbers)}"
    client.create_registered_model(name)
    for auc in (0.90, 0.93):
        run = client.create_run("0", run_name=f"auc {auc}")
        client.log_metric(run.info.run_id, "val_auc", auc)
        client.log_param(run.info.run_id, "max_depth", "6")
        client.create_model_version(name, f"s3://bucket/{name}", run.info.run_id)
        client.set_terminated(run.info.run_id)
    client.transition_model_version_stage(name, "1", "Production")
    return name


def stages(demo: RunningSignoff, name: str) -> list[str | None]:
    client = MlflowClient(demo.mlflow_uri, demo.mlflow_uri)
    return [client.get_model_version(name, n).current_stage for n in ("1", "2")]


def delivery_of(demo: RunningSignoff, name: str) -> dict[str, Any]:
    """Wait for the webhook's call about the model's promotion."""
    event = "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION"
    found: list[dict[str, Any]] = []

    def has_come() -> bool:
        found[:] = [
            entry
            for entry in demo.received()
            if (entry["payload"] or {}).get("event") == event
            and entry["payload"]["model_name"] == name
        ]
        return bool(found)

    wait_for(has_come, seconds=15, what=f"{event} of {name} is delivered")
    return found[0]


def is_signed_right(demo: RunningSignoff, entry: dict[str, Any]) -> bool:
    """Verify as docs/webhooks.md tells receivers to."""
    code = "from config.demo.receiver import signing_secret as s; print(s())"
    secret = demo.manage("shell", "--no-imports", "-c", code).split()[-1]
    expected = hmac.new(secret.encode(), entry["body"].encode(), hashlib.sha256)
    return hmac.compare_digest(
        expected.hexdigest(), entry["headers"]["X-Databricks-Signature"]
    )


def expect_side_by_side(page: Page) -> None:
    main = page.get_by_role("main")
    expect(main.get_by_text("0.9", exact=False).first).to_be_visible()
    expect(main.get_by_text("0.93").first).to_be_visible()
    expect(main.get_by_text("v2 goes from None to Production")).to_be_visible()
    expect(main.get_by_text("v1 goes from Production to Archived")).to_be_visible()


def act_with_pointer(page: Page, name: str) -> None:
    sign_in(page, "Dana Ferrari")
    open_when_mirrored(page, f"/models/{name}/versions/1/", shows="val_auc")
    open_when_mirrored(page, f"/models/{name}/versions/2/", shows="val_auc")
    page.get_by_role("link", name="Request transition").first.click()
    page.locator("input[name=stage][value=Production]").check()
    page.get_by_label("Why").fill(WHY)
    page.get_by_label("Archive the versions").check()
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("Deciding on this takes the level")).to_be_visible()
    sign_out(page)

    sign_in(page, "Rui Tanaka")
    page.goto("/requests/")
    page.get_by_role("link", name=f"{name} v2 to Production").click()
    expect(page.get_by_role("main").get_by_text(WHY).first).to_be_visible()
    expect_side_by_side(page)
    page.locator("#review textarea[name=comment]").fill("Agreed.")
    page.get_by_role("button", name="Approve").click()


def act_with_keyboard(page: Page, name: str) -> None:
    page.goto("/account/sign-in/")
    tab_to(page, page.get_by_role("button", name="Dana Ferrari"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_attached()
    open_when_mirrored(page, f"/models/{name}/versions/1/", shows="val_auc")
    open_when_mirrored(page, f"/models/{name}/versions/2/", shows="val_auc")
    tab_to(page, page.get_by_role("link", name="Request transition").first)
    page.keyboard.press("Enter")
    tab_to(page, page.locator("input[name=stage]:checked"))
    chosen = page.locator("input[name=stage][value=Production]")
    for _ in range(4):
        if chosen.is_checked():
            break
        page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_label("Why"))
    page.keyboard.type(WHY)
    tab_to(page, page.get_by_label("Archive the versions"))
    if not page.get_by_label("Archive the versions").is_checked():
        page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Ask for it"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Deciding on this takes the level")).to_be_visible()
    tab_to(page, page.locator(".sidebar details.menu summary"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Sign out"))
    page.keyboard.press("Enter")

    tab_to(page, page.get_by_role("button", name="Rui Tanaka"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_attached()
    tab_to(page, page.get_by_role("link", name="Requests").first)
    page.keyboard.press("Enter")
    row = page.get_by_role("link", name=f"{name} v2 to Production")
    expect(row).to_be_visible()
    tab_to(page, row)
    page.keyboard.press("Enter")
    expect_side_by_side(page)
    tab_to(page, page.locator("#review textarea[name=comment]"))
    page.keyboard.type("Agreed.")
    tab_to(page, page.get_by_role("button", name="Approve"))
    page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("act", "java_script"),
    [
        pytest.param(act_with_pointer, True, id="pointer"),
        pytest.param(act_with_pointer, False, id="pointer-without-javascript"),
        pytest.param(act_with_keyboard, True, id="keyboard"),
    ],
)
def test_a_promotion_from_asking_to_the_record(
    act: Callable[[Page, str], None],
    java_script: bool,
    demo: RunningSignoff,
    name: str,
    open_page: OpenPage,
) -> None:
    page, _ = open_page(java_script_enabled=java_script)

    act(page, name)

    expect(page.get_by_text("MLflow was read back and shows it")).to_be_visible(
        timeout=20_000
    )
    assert stages(demo, name) == ["Archived", "Production"]
    entry = delivery_of(demo, name)
    assert entry["signature"] == "verified"
    assert is_signed_right(demo, entry)
    page.goto(f"/audit/?model={name}")
    expect(page.get_by_role("main").get_by_text("Rui Tanaka").first).to_be_visible()
