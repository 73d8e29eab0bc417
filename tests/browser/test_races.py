"""Two people press at the same instant, each in a browser of their own.

Whoever wins, MLflow is changed at most once, the record says so once, and the other one
is told in words, with what they had typed.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Locator, Page, Response, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import sign_in
from tests.running import SYNC_SECONDS, RunningSignoff, wait_for
from tests.system.promotions import call

ROUNDS = [
    pytest.param(4, id="few"),
    pytest.param(50, id="many", marks=pytest.mark.soak),
]
rounds = pytest.mark.parametrize("times", ROUNDS)
POLICIES = """
- name: two-racers
  models: ["race-two-*"]
  targets: ["stage:Production"]
  approvals: [{count: 2}]
- name: tagged-racers
  models: ["race-tagged-*"]
  targets: ["stage:Production"]
  tags: [validated]
"""
TOLD = {"Rui Tanaka": "Agreed, says Rui.", "Maya Okafor": "Agreed, says Maya."}
ASKED_AND_APPROVED = [
    "transition_request.created",
    "review.given",
    "transition_request.approved",
]
APPLIED = [
    *ASKED_AND_APPROVED,
    "model_version.transitioned",
    "model_version.transitioned",
    "transition_request.applied",
]
AS_IT_WAS, PROMOTED = ["Production", "None"], ["Archived", "Production"]
LATER_PROMOTED = ["Archived", "None", "Production"]
_RECORD = """
from registry_ui.models import AuditEvent
rows = AuditEvent.objects.filter(request_number__in={}).order_by("position")
for row in rows:
    print(row.request_number, row.type)
"""
PATIENCE = 30_000
"""Milliseconds that two pages at once may take on a busy machine."""
_names = count(1)
People = Callable[[str], Page]


@dataclass
class Arena:
    """A running demo with a policy that asks for two, and one that reads a tag."""

    demo: RunningSignoff
    client: MlflowClient
    token: str

    def models(
        self, kind: str, times: int, page: Page, *, versions: int = 2
    ) -> list[str]:
        """Make models with v1 in Production; return their names once mirrored."""
        names = [f"race-{kind}-{next(_names)}" for _ in range(times)]
        for name in names:
            self.client.create_registered_model(name)
            for _ in range(versions):
                self.client.create_model_version(
                    name, f"s3://bucket/{name}", tags={"validated": "yes"}
                )
            self.client.transition_model_version_stage(name, "1", "Production")
        for name in names:
            wait_until_mirrored(page, f"/models/{name}/versions/{versions}/")
        return names

    def ask(self, name: str, version: int = 2) -> int:
        """Ask, as Dana, for Production, and to archive who is there."""
        asked = call(
            self.demo,
            self.token,
            "POST",
            "/requests",
            {
                "model": name,
                "version": version,
                "stage": "Production",
                "comment": "Better.",
                "archive_existing_versions": True,
            },
        )
        return int(asked["number"])

    def read(self, number: int) -> Any:
        return call(self.demo, self.token, "GET", f"/requests/{number}")

    def outcome(self, number: int) -> Any:
        """Return the request once nothing more will become of it by itself."""
        wait_for(
            lambda: self.read(number)["status"] not in ("approved", "applying"),
            seconds=30,
            what=f"#{number} is settled",
        )
        return self.read(number)

    def stages(self, name: str, versions: int = 2) -> list[str]:
        numbers = [str(n + 1) for n in range(versions)]
        return [
            str(self.client.get_model_version(name, n).current_stage) for n in numbers
        ]

    def recorded(self, numbers: Iterable[int]) -> dict[int, list[str]]:
        """Return the types of what is on record, by the number of the request."""
        found: dict[int, list[str]] = {number: [] for number in numbers}
        code = _RECORD.format(list(found))
        for line in self.demo.manage("shell", "--no-imports", "-c", code).splitlines():
            number, kind = line.split()
            found[int(number)].append(kind)
        return found


def wait_until_mirrored(page: Page, address: str) -> None:
    wait_for(
        lambda: page.request.get(address).status == 200,
        seconds=SYNC_SECONDS + 30,
        what=f"{address} is mirrored",
    )


@pytest.fixture(scope="module")
def arena(demo: RunningSignoff) -> Iterator[Arena]:
    held = demo.manage("policy", "show")
    demo.manage("policy", "apply", "-", stdin=held.rstrip() + POLICIES)
    token = demo.manage("api_token", "dana", SIGNOFF_DEMO="1").split()[-1]
    yield Arena(demo, MlflowClient(demo.mlflow_uri, demo.mlflow_uri), token)
    demo.manage("policy", "apply", "-", stdin=held)


@pytest.fixture
def people(open_page: OpenPage) -> People:
    """Somebody signed in, in a browser of their own; refusals are no misbehaviour."""

    def somebody(name: str) -> Page:
        page, watch = open_page()
        watch.expected_statuses.add(422)
        sign_in(page, name)
        return page

    return somebody


def approve_button(page: Page, number: int, comment: str) -> Locator:
    """Open a request and type a comment; return what is then pressed."""
    page.goto(f"/requests/{number}/")
    page.locator("#review textarea[name=comment]").fill(comment)
    return page.get_by_role("button", name="Approve")


def is_post(response: Response) -> bool:
    return response.request.method == "POST"


def press_at_once(one: Locator, other: Locator) -> tuple[int, int]:
    """Press both at the same instant; return the statuses of the answers."""
    at = (time.time() + 0.3) * 1000
    with (
        one.page.expect_response(is_post, timeout=PATIENCE) as answer,
        other.page.expect_response(is_post, timeout=PATIENCE) as other_answer,
    ):
        for button in (one, other):
            press_at = "(b, at) => { setTimeout(() => b.click(), at - Date.now()); }"
            button.evaluate(press_at, at)
    return answer.value.status, other_answer.value.status


def expect_told(page: Page, words: str, typed: str) -> None:
    """Expect a page that says what happened, and gives back what was typed."""
    expect(page.locator("#review")).to_contain_text(words)
    expect(page.locator("#review")).to_contain_text(f"You wrote: {typed}")


@rounds
def test_of_two_who_approve_one_decides_and_the_other_is_told_by_whom(
    arena: Arena, people: People, times: int
) -> None:
    pages = {name: people(name) for name in TOLD}
    ends = {}
    for model in arena.models("one", times, pages["Rui Tanaka"]):
        number = arena.ask(model)
        buttons = [approve_button(pages[n], number, said) for n, said in TOLD.items()]

        statuses = press_at_once(*buttons)

        assert sorted(statuses) == [302, 422]
        won, lost = TOLD if statuses[0] == 302 else reversed(TOLD)
        expect_told(pages[lost], f"already approved by {won}", TOLD[lost])
        found = arena.outcome(number)
        assert (found["status"], found["closed_by"]) == (
            "applied",
            won.split()[0].lower(),
        )
        expect(pages[won].get_by_text("MLflow was read back")).to_be_visible()
        expect_told(pages[lost], f"already approved by {won}", TOLD[lost])
        assert arena.stages(model) == PROMOTED
        ends[number] = APPLIED
    assert arena.recorded(ends) == ends


@rounds
def test_two_who_are_both_needed_both_count(
    arena: Arena, people: People, times: int
) -> None:
    pages = {name: people(name) for name in TOLD}
    ends = {}
    for model in arena.models("two", times, pages["Rui Tanaka"]):
        number = arena.ask(model)
        buttons = [approve_button(pages[n], number, said) for n, said in TOLD.items()]

        assert press_at_once(*buttons) == (302, 302)

        assert arena.outcome(number)["status"] == "applied"
        assert arena.stages(model) == PROMOTED
        ends[number] = [APPLIED[0], "review.given", *APPLIED[1:]]
    assert arena.recorded(ends) == ends


@rounds
def test_an_approval_and_a_withdrawal_never_both_win(
    arena: Arena, people: People, times: int
) -> None:
    rui, dana = people("Rui Tanaka"), people("Dana Ferrari")
    ends = {}
    for model in arena.models("one", times, rui):
        number = arena.ask(model)
        approve = approve_button(rui, number, "Agreed.")
        dana.goto(f"/requests/{number}/")
        dana.get_by_text("Withdraw…").click()
        dana.locator(".menu-form textarea").fill("Not needed.")
        withdraw = dana.get_by_role("button", name="Withdraw the request")

        status, _ = press_at_once(approve, withdraw)

        if arena.outcome(number)["status"] == "applied":
            assert status == 302
            told = dana.locator("#page")
            expect(told).to_contain_text("already approved by Rui Tanaka")
            expect(told).to_contain_text("You wrote: Not needed.")
            expect(rui.get_by_text("MLflow was read back")).to_be_visible()
            assert arena.stages(model) == PROMOTED
            ends[number] = APPLIED
        else:
            assert status == 422
            expect_told(rui, "already cancelled by Dana Ferrari", "Agreed.")
            expect(dana.get_by_text("Nothing was changed in MLflow")).to_be_visible()
            assert arena.stages(model) == AS_IT_WAS
            ends[number] = [APPLIED[0], "transition_request.cancelled"]
    assert arena.recorded(ends) == ends


@rounds
def test_a_tag_that_the_policy_asks_for_goes_while_somebody_approves(
    arena: Arena, people: People, times: int
) -> None:
    rui, dana = people("Rui Tanaka"), people("Dana Ferrari")
    ends = {}
    for model in arena.models("tagged", times, rui):
        number = arena.ask(model)
        approve = approve_button(rui, number, "Agreed.")
        dana.goto(f"/models/{model}/versions/2/tags/")
        remove = dana.get_by_role("button", name="Remove validated")

        assert press_at_once(approve, remove) == (302, 302)

        expect(rui.get_by_text("Agreed.").first).to_be_visible()
        match arena.outcome(number)["status"]:
            case "applied":
                ends[number] = APPLIED
            case "failed":
                notice = rui.get_by_role("alert")
                expect(notice).to_contain_text("Since the approval a gate has shut")
                ends[number] = [*ASKED_AND_APPROVED, "transition_request.failed"]
            case _:
                expect(rui.get_by_text("It lacks validated.")).to_be_visible()
                ends[number] = ASKED_AND_APPROVED[:2]
        is_applied = ends[number] == APPLIED
        assert arena.stages(model) == (PROMOTED if is_applied else AS_IT_WAS)
        assert "validated" not in arena.client.get_model_version(model, "2").tags
    assert arena.recorded(ends) == ends


@rounds
def test_of_two_promotions_of_one_model_one_comes_true(
    arena: Arena, people: People, times: int
) -> None:
    pages = {name: people(name) for name in TOLD}
    ends = {}
    for model in arena.models("one", times, pages["Rui Tanaka"], versions=3):
        numbers = {name: arena.ask(model, v) for v, name in enumerate(TOLD, 2)}
        buttons = [approve_button(pages[n], numbers[n], TOLD[n]) for n in TOLD]

        statuses = dict(zip(TOLD, press_at_once(*buttons), strict=True))

        found = {name: arena.outcome(numbers[name])["status"] for name in TOLD}
        (won,) = [name for name in TOLD if found[name] == "applied"]
        (lost,) = [name for name in TOLD if name != won]
        page = pages[lost]
        if statuses[lost] == 422:
            assert found[lost] == "open"
            expect(page.locator("#review")).to_contain_text(
                "This changed since you looked: who holds the target."
            )
            box = page.locator("#review textarea[name=comment]")
            expect(box).to_have_value(TOLD[lost])
            ends[numbers[lost]] = APPLIED[:1]
        else:
            assert found[lost] == "failed"
            why = re.compile("a gate has shut|was put into Production since")
            expect(page.get_by_text(why).first).to_be_visible()
            expect(page.get_by_text(TOLD[lost]).first).to_be_visible()
            ends[numbers[lost]] = [*ASKED_AND_APPROVED, "transition_request.failed"]
        promoted = [*PROMOTED, "None"] if won == "Rui Tanaka" else LATER_PROMOTED
        assert arena.stages(model, versions=3) == promoted
        ends[numbers[won]] = APPLIED
    assert arena.recorded(ends) == ends
