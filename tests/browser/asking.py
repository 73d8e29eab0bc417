"""Asking for Production on the pages of a demo."""

import re

from mlflow import MlflowClient
from playwright.sync_api import Page

from tests.browser.people import open_when_mirrored, sign_in, sign_out

WHY = "Better recall on the September hold-out."


def register(client: MlflowClient, name: str) -> str:
    """Register a model with one version in no stage; return its name."""
    client.create_registered_model(name)
    client.create_model_version(name, f"s3://bucket/{name}")
    return name


def fill_request(page: Page, name: str, why: str) -> None:
    """Open the form that asks for Production for v1, and fill it in."""
    open_when_mirrored(page, f"/models/{name}/versions/1/request/")
    page.locator("input[name=stage][value=Production]").check()
    page.get_by_label("Why").fill(why)
    page.get_by_label("Archive the versions").check()


def ask(page: Page, name: str) -> str:
    """Ask for Production for v1 as Dana; return the address of the request."""
    sign_in(page, "Dana Ferrari")
    fill_request(page, name, WHY)
    page.get_by_role("button", name="Ask for it").click()
    page.wait_for_url(re.compile(r"/requests/\d+/$"))
    return page.url


def open_as_reviewer(page: Page, name: str) -> str:
    """Ask for it as Dana, open the request as Rui, who decides; return its address."""
    address = ask(page, name)
    sign_out(page)
    sign_in(page, "Rui Tanaka")
    page.goto(address)
    return address
