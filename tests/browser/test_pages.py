"""Every page, light and dark, wide and narrow: accessible, silent, within its width."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import LOOKS, OPPOSITES, problems_of_looks
from tests.browser.people import sign_in

PAGES = [
    "/",
    "/models/",
    "/models/?q=nothing-is-called-so",
    "/models/?tag=team=risk&owner=dana&sort=-updated",
    "/models/churn-classifier/",
    "/models/churn-classifier/?stage=Archived",
    "/models/churn-classifier/?sort=-metric:val_auc&col=param:max_depth&col=tag:team",
    "/models/churn-classifier/versions/7/",
    "/models/ticket-router/versions/3/",
    "/models/churn-classifier/versions/7/request/",
    "/models/churn-classifier/versions/7/metrics/accuracy/",
    "/models/churn-classifier/metrics/",
    "/models/churn-classifier/metrics/roc_auc/",
    "/models/churn-classifier/metrics/roc_auc/?against=param:max_depth",
    "/stages/",
    "/models/churn-classifier/versions/7/tags/",
    "/models/churn-classifier/description/",
    "/models/churn-classifier/permissions/",
    "/permissions/",
    "/permissions/?remove=1",
    "/models/churn-classifier/rename/",
    "/models/churn-classifier/delete/",
    "/models/churn-classifier/versions/3/delete/",
    "/models/churn-classifier/versions/7/break-glass/",
    "/register/",
    "/models/churn-classifier/compare/",
    "/compare/",
    "/compare/?v=churn-classifier/5&v=churn-classifier/7",
    "/compare/?v=churn-classifier/5&v=churn-classifier/7&only=differences&find=loss"
    "&pin=params/max_depth",
    "/compare/metric/?v=churn-classifier/5&v=churn-classifier/7&key=val_log_loss",
    "/compare/?" + "&".join(f"v=churn-classifier/{n}" for n in (3, 4, 5, 6, 7)),
    "/requests/",
    "/requests/?show=open",
    "/requests/?show=mine",
    "/requests/?show=watching",
    "/requests/?show=done&q=churn&target=@champion&status=nonsense",
    "/requests/1/",
    "/requests/2/",
    "/requests/3/",
    "/comments/7/edit/",
    "/comments/7/delete/",
    "/comments/7/history/",
    "/incidents/",
    "/incidents/?show=resolved",
    "/enforcement/",
    "/models/churn-classifier/history/",
    "/models/churn-classifier/history/?at=2026-01-01T00:00",
    "/policies/",
    "/policies/customer-facing/",
    "/policies/-/edit/",
    "/webhooks/",
    "/webhooks/new/",
    "/webhooks/events/",
    "/webhooks/receivers/",
    "/webhooks/receivers/?language=shell",
    "/audit/",
    "/audit/1/",
    "/tokens/",
    "/account/",
    "/account/notifications/",
    "/api/v1/docs",
]
MAIN_PAGES = {
    "/",
    "/models/",
    "/models/churn-classifier/",
    "/models/churn-classifier/versions/7/",
    "/compare/?v=churn-classifier/5&v=churn-classifier/7",
    "/stages/",
    "/requests/3/",
    "/webhooks/new/",
    "/audit/",
}
"""Where axe runs in every theme and width; elsewhere in two opposite ones."""
ADMIN_PAGES = [
    "/admin/",
    "/admin/auth/user/",
    "/admin/auth/user/1/change/",
    "/admin/registry_ui/modelpermission/",
    "/admin/registry_ui/modelpermission/add/",
    "/admin/registry_ui/auditevent/",
    "/admin/webhooks_ui/webhook/",
    "/admin/webhooks_ui/delivery/",
    "/admin/webhooks_ui/notice/",
]


def pages_of_webhook(page: Page) -> list[str]:
    """Return the addresses that are only known once the demo runs."""
    page.goto("/webhooks/")
    # The oldest is the demo's, whatever other tests have made.
    address = page.locator("#main a.row-title").last.get_attribute("href") or ""
    page.goto(f"{address}deliveries/")
    links = page.locator("#main table a, #main a.row-title")
    delivery = links.first.get_attribute("href") or ""
    forms = [f"{address}edit/", f"{address}secret/", f"{address}delete/"]
    forms += [f"{address}status/?status=DISABLED"]
    ledger = [f"{address}deliveries/", f"{address}deliveries/redeliver/?which=all"]
    return [address, f"{address}?period=30d", *forms, *ledger, delivery]


def test_every_page_is_accessible_silent_and_within_its_width(
    open_page: OpenPage,
) -> None:
    page, _ = open_page()
    problems: list[str] = []

    def look(address: str) -> None:
        response = page.goto(address)
        assert response is not None
        if response.status != 200:
            problems.append(f"{address}: status {response.status}")
        if "(unknown)" in page.locator("body").inner_text():
            problems.append(f"{address}: says (unknown)")
        axe_in = LOOKS if address in MAIN_PAGES else OPPOSITES
        found = problems_of_looks(page, axe_in=axe_in)
        problems.extend(f"{address}: {problem}" for problem in found)

    look("/account/sign-in/")
    sign_in(page, "Ada Lindqvist")
    for address in [*PAGES, *pages_of_webhook(page), *ADMIN_PAGES]:
        look(address)

    assert problems == []


def test_every_page_has_its_heading_without_javascript(open_page: OpenPage) -> None:
    page, _ = open_page(java_script_enabled=False)
    sign_in(page, "Ada Lindqvist")
    problems: list[str] = []

    for address in [*PAGES, *pages_of_webhook(page), *ADMIN_PAGES]:
        response = page.goto(address)
        assert response is not None
        headings = [h for h in page.locator("h1").all() if h.is_visible()]
        if response.status != 200 or len(headings) != 1:
            problems.append(f"{address}: {response.status}, {len(headings)} h1")

    assert problems == []


def test_what_does_not_exist_says_so(open_page: OpenPage) -> None:
    page, watch = open_page()
    watch.expected_statuses.add(404)
    sign_in(page, "Rui Tanaka")

    for address in ("/models/nowhere/", "/requests/999999/", "/nothing-here/"):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text(
            re.compile("not|no |nothing", re.IGNORECASE)
        )
        assert problems_of_looks(page) == []
