"""Bad input: a clear message, what was typed is still there, nothing has changed."""

import re
from itertools import count

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import open_when_mirrored, sign_in, sign_out
from tests.running import SYNC_SECONDS, RunningSignoff, wait_for

WHY = "Better recall on the September hold-out."
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
    name = f"bad-input-{next(_numbers)}"
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


def test_enter_that_is_pressed_on_sends_nothing_that_was_refused(
    name: str, open_page: OpenPage
) -> None:
    page, watch = open_page()
    watch.expected_statuses.add(422)
    address = open_as_reviewer(page, name)
    seen = page.locator("#review input[name=seen]")
    seen.evaluate("field => { field.value = 'what was there before' }")

    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    alert = page.locator("#review [role=alert]")
    expect(alert).to_contain_text("The form did not say what you saw")
    expect(alert).to_be_focused()
    for _ in range(3):  # held down: each is a repetition
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")

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
