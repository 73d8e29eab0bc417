"""Bad input: a clear message, what was typed is still there, nothing has changed."""

import re
from itertools import count

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Dialog, Page, expect

from tests.browser.asking import WHY, ask, fill_request, open_as_reviewer, register
from tests.browser.conftest import OpenPage
from tests.browser.people import open_when_mirrored, sign_in, sign_out
from tests.running import SYNC_SECONDS, RunningSignoff, wait_for

MARKUP = "<script>alert(1)<img src=x onerror=alert(2)>"
with_and_without_javascript = pytest.mark.parametrize(
    "java_script", [True, False], ids=["javascript", "no-javascript"]
)
_numbers = count(1)


@pytest.fixture
def client(demo: RunningSignoff) -> MlflowClient:
    return MlflowClient(demo.mlflow_uri, demo.mlflow_uri)


@pytest.fixture
def name(client: MlflowClient) -> str:
    """A model with one version in no stage."""
    return register(client, f"bad-input-{next(_numbers)}")


def expect_request_refused(page: Page, name: str, message: str, *, why: str) -> None:
    """See the message and the form as it was filled in; and that nobody has asked."""
    expect(page.locator("#ask")).to_contain_text(message)
    assert page.get_by_label("Why").input_value() == why
    expect(page.get_by_label("Archive the versions")).to_be_checked()
    page.goto(f"/models/{name}/versions/1/")
    expect(page.get_by_role("heading", name="Transition requests")).to_have_count(0)


def delete_version(page: Page, client: MlflowClient, name: str) -> None:
    """Delete v1 in MLflow and wait until the mirror knows."""
    client.delete_model_version(name, "1")

    def is_noticed() -> bool:
        answer = page.request.get(f"/models/{name}/versions/1/")
        return "deleted in MLflow" in answer.text()

    wait_for(is_noticed, seconds=SYNC_SECONDS + 5, what="the deletion is mirrored")


@with_and_without_javascript
def test_a_request_without_a_reason_asks_for_one(
    java_script: bool, name: str, open_page: OpenPage
) -> None:
    page, watch = open_page(java_script_enabled=java_script)
    watch.expected_statuses.add(422)
    sign_in(page, "Dana Ferrari")
    fill_request(page, name, "  ")

    page.get_by_role("button", name="Ask for it").click()

    expect(page.locator("input[name=stage][value=Production]")).to_be_checked()
    expect(page.locator("#ask")).to_contain_text("Say why in a sentence")
    page.goto(f"/models/{name}/versions/1/")
    expect(page.get_by_role("heading", name="Transition requests")).to_have_count(0)


def test_a_reason_of_ten_thousand_characters_is_kept_whole(
    name: str, open_page: OpenPage
) -> None:
    page, _ = open_page()
    sign_in(page, "Dana Ferrari")
    why = "0123456789" * 1000
    fill_request(page, name, why)

    page.get_by_role("button", name="Ask for it").click()

    reason = page.get_by_role("region", name="Why").locator(".markdown")
    expect(reason).to_have_text(why)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_stage_that_does_not_exist_is_refused(name: str, open_page: OpenPage) -> None:
    page, watch = open_page()
    watch.expected_statuses.add(422)
    sign_in(page, "Dana Ferrari")
    fill_request(page, name, WHY)
    chosen = page.locator("input[name=stage][value=Production]")
    chosen.evaluate("(radio) => { radio.value = 'Nowhere'; }")

    page.get_by_role("button", name="Ask for it").click()

    message = "Nowhere is not one of the available choices"
    expect_request_refused(page, name, message, why=WHY)


def test_nothing_is_asked_for_a_version_that_is_gone_from_mlflow(
    name: str, client: MlflowClient, open_page: OpenPage
) -> None:
    page, watch = open_page()
    watch.expected_statuses.add(422)
    sign_in(page, "Dana Ferrari")
    fill_request(page, name, WHY)
    delete_version(page, client, name)

    page.get_by_role("button", name="Ask for it").click()

    message = f"{name} v1 was deleted in MLflow. Choose another version."
    expect_request_refused(page, name, message, why=WHY)


@with_and_without_javascript
def test_a_rejection_without_a_comment_asks_for_one(
    java_script: bool, name: str, open_page: OpenPage
) -> None:
    page, watch = open_page(java_script_enabled=java_script)
    watch.expected_statuses.add(422)
    address = open_as_reviewer(page, name)

    page.get_by_role("button", name="Reject").click()

    expect(page.get_by_role("alert")).to_contain_text("Say why you reject it")
    page.goto(address)
    expect(page.get_by_role("button", name="Approve")).to_be_visible()


def test_a_version_that_is_gone_from_mlflow_is_not_approved(
    name: str, client: MlflowClient, open_page: OpenPage
) -> None:
    page, watch = open_page()
    watch.expected_statuses.add(422)
    open_as_reviewer(page, name)
    comment = page.locator("#review textarea[name=comment]")
    comment.fill("Agreed.")
    delete_version(page, client, name)

    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("alert")).to_contain_text(
        f"{name} v1 was deleted in MLflow. Nothing was decided"
    )
    expect(comment).to_have_value("Agreed.")


def test_whoever_decides_second_is_told_who_was_first_and_when(
    name: str, open_page: OpenPage
) -> None:
    first, _ = open_page()
    second, watch = open_page()
    watch.expected_statuses.add(422)
    address = ask(first, name)
    sign_out(first)
    sign_in(first, "Rui Tanaka")
    sign_in(second, "Maya Okafor")
    for page in (first, second):
        page.goto(address)
    second.locator("#review textarea[name=comment]").fill("I say no.")

    first.get_by_role("button", name="Approve").click()
    expect(first.get_by_text("MLflow was read back")).to_be_visible(timeout=20_000)
    second.get_by_role("button", name="Reject").click()

    expect(second.locator("#review").get_by_role("alert")).to_have_text(
        re.compile(r"already approved by Rui Tanaka on \d\d \w{3} \d{4}, [\d:]{8} UTC")
    )
    expect(second.locator("#review")).to_contain_text("You wrote: I say no.")


def test_a_webhook_without_a_host_keeps_the_form(open_page: OpenPage) -> None:
    page, watch = open_page()
    watch.expected_statuses.add(422)
    sign_in(page, "Ada Lindqvist")
    page.goto("/webhooks/new/")
    page.get_by_label("URL").fill("https://")
    page.get_by_label("Description").fill("Tells the deployer.")
    event = page.locator("input[name=events]").first
    event.check()

    page.get_by_role("button", name="Create").click()

    expect(page.locator("#form")).to_contain_text(re.compile("host", re.IGNORECASE))
    expect(page.get_by_label("URL")).to_have_value("https://")
    expect(page.get_by_label("Description")).to_have_value("Tells the deployer.")
    expect(event).to_be_checked()
    page.goto("/webhooks/")
    expect(page.get_by_text("Tells the deployer.")).to_have_count(0)


def test_markup_from_mlflow_and_from_people_is_shown_as_text(
    client: MlflowClient, open_page: OpenPage
) -> None:
    client.create_registered_model(MARKUP, {"note": MARKUP}, f"About {MARKUP}")
    for _ in range(2):
        client.create_model_version(
            MARKUP, "s3://bucket/x", tags={"note": MARKUP}, description=f"On {MARKUP}"
        )
    page, _ = open_page()
    dialogs: list[str] = []

    def note_dialog(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note_dialog)
    sign_in(page, "Dana Ferrari")
    model = "/models/%3Cscript%3Ealert(1)%3Cimg%20src=x%20onerror=alert(2)%3E/"
    open_when_mirrored(page, f"{model}versions/1/request/")
    page.get_by_label("Why").fill(MARKUP)
    page.get_by_role("button", name="Ask for it").click()
    page.wait_for_url(re.compile(r"/requests/\d+/$"))
    request = page.url
    page.get_by_label("Comment").fill(MARKUP)
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".timeline").get_by_text(MARKUP)).to_have_count(2)

    key = model.removeprefix("/models/").replace("=", "%3D")
    compare = f"/compare/?v={key}1&v={key}2"
    versions = [f"{model}versions/1/", f"{model}versions/1/request/"]
    lists = ["/models/?q=script", "/requests/?show=all", "/audit/", "/"]
    for address in [model, *versions, compare, f"{model}compare/", request, *lists]:
        page.goto(address)
        expect(page.get_by_role("main")).to_contain_text(MARKUP)
        expect(page.locator("main script, img[src=x]")).to_have_count(0)
    assert dialogs == []


PREPARE = """
from django.contrib.auth.models import User
from registry_ui.models import ApiToken
from webhooks_ui.models import Webhook
User.objects.create_user("stranger", password="rather-secret")
token = ApiToken.objects.filter(user__username="ada").first()
print(token.pk, Webhook.objects.first().pk)
"""


def test_what_one_may_not_see_does_not_exist(
    demo: RunningSignoff, open_page: OpenPage
) -> None:
    demo.manage("api_token", "ada")
    prepared = demo.manage("shell", "--no-imports", "-c", PREPARE)
    token, webhook = prepared.split()[-2:]
    dana, stranger = open_page()[0], open_page()[0]
    sign_in(dana, "Dana Ferrari")
    stranger.goto("/account/sign-in/")
    stranger.get_by_text("Sign in with a password").first.click()
    stranger.get_by_label("Username").fill("stranger")
    stranger.get_by_role("textbox", name="Password").fill("rather-secret")
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    expect(stranger.locator("#sidebar")).to_be_attached()
    model = "/models/churn-classifier/"

    for page, address in [
        (stranger, model),
        (stranger, f"{model}versions/7/"),
        (stranger, f"{model}versions/7/request/"),
        (stranger, f"{model}compare/"),
        (stranger, "/compare/?v=churn-classifier/5&v=churn-classifier/7"),
        (stranger, "/requests/1/"),
        (dana, f"/webhooks/{webhook}/"),
        (dana, f"/webhooks/{webhook}/edit/"),
    ]:
        assert page.request.get(address).status == 404, address
    csrf = dana.locator("[name=csrfmiddlewaretoken]").first.input_value()
    revoke = dana.request.post(
        f"/account/tokens/{token}/revoke/", headers={"X-CSRFToken": csrf}
    )
    assert revoke.status == 404
