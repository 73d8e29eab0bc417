"""The pages of policies: who sees what, the editor and its preview."""

import html

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.holdings import infer_holdings
from registry_ui.actions.policies import apply_policies, policies_in_force, state_of
from registry_ui.actions.reviews import review_request
from registry_ui.models import Level, Review, TransitionRequest
from registry_ui.policies import PolicyDefinition, parse_document
from tests.factories import grant, make_model, make_transition_request, make_user
from tests.registry_ui.views.reading import browser, text

pytestmark = pytest.mark.django_db

LIST, EDIT = "/policies/", "/policies/-/edit/"
TEXT = """\
policies:
- name: production
  description: What customers meet.
  targets:
  - stage:Production
  approvals:
  - count: 2
    groups:
    - risk
"""


@pytest.fixture
def admin() -> User:
    return make_user(username="ada", is_superuser=True)


def let_hold(text_: str = TEXT) -> None:
    apply_policies(parse_document(text_), actor=None)


def posted(client: Client, text_: str, do: str, *, seen: str | None = None) -> str:
    """Send the editor's form; return what the answer shows."""
    seen = state_of(policies_in_force()) if seen is None else seen
    answer = client.post(EDIT, {"text": text_, "seen": seen, "do": do}, follow=True)
    return answer.content.decode()


def test_policies_are_listed_in_their_order_with_rules_in_words(admin: User) -> None:
    let_hold(TEXT + "- name: rest\n  targets: ['stage:*']\n  waiting_time: 2h\n")

    page = text(browser(admin), LIST)

    assert page.index("production") < page.index("rest") < page.index("four-eyes")
    for words in ("2 people of risk", "who asks", "2 hours after it was asked"):
        assert words in page
    assert "Edit policies" in page


def test_many_policies_are_a_list_whose_rules_are_on_their_pages(admin: User) -> None:
    rows = "".join(
        f"- {{name: p{n}, targets: ['stage:*'], models: [a, b, c, d, e, f]}}\n"
        for n in range(9)
    )
    let_hold(f"policies:\n{rows}")

    page = text(browser(admin), LIST)

    assert "In the order in which they are tried" in page
    assert "and 2 more" in page
    assert page.count("/policies/p") == 9
    let_hold()
    assert "2 people of risk" in text(browser(admin), LIST)


def test_many_changes_are_folded_and_those_that_stay_are_counted(admin: User) -> None:
    rows = [f"- {{name: p{n}, targets: ['stage:*']}}\n" for n in range(11)]
    let_hold(f"policies:\n{rows[0]}")

    page = posted(browser(admin), f"policies:\n{''.join(rows)}", "check")

    assert "And 2 more" in page
    assert "1 stays as it is." in page


def test_without_policies_the_default_is_shown(settings: object, admin: User) -> None:
    page = text(browser(make_user(level=Level.CAN_READ)), LIST)

    assert "Production and every alias need one approval by somebody else" in page
    assert "Edit policies" not in page


def test_a_policy_that_governs_nothing_one_may_read_does_not_exist() -> None:
    make_model(name="secret")
    model = make_model(name="churn")
    let_hold(
        "policies:\n"
        "- {name: covert, models: [secret], targets: ['stage:*']}\n"
        "- {name: shared, models: [secret, churn], targets: ['stage:*']}\n"
    )
    reader = make_user()
    grant(reader, Level.CAN_READ, model)
    client = browser(reader)

    assert "covert" not in text(client, LIST)
    assert client.get("/policies/covert/").status_code == 404
    page = text(client, "/policies/shared/")
    assert "churn" in page
    assert "secret" not in page


def test_an_older_version_names_no_model_that_one_may_not_read() -> None:
    make_model(name="secret")
    model = make_model(name="churn")
    for names in ("secret", "secret, churn", "churn"):
        let_hold(f"policies: [{{name: p, models: [{names}], targets: ['stage:*']}}]")
    reader = make_user()
    grant(reader, Level.CAN_READ, model)
    client = browser(reader)

    assert client.get("/policies/p/?version=1").status_code == 404
    page = text(client, "/policies/p/?version=2")
    assert "churn" in page
    assert "secret" not in page


def test_another_order_is_told_before_and_after(admin: User) -> None:
    one, other = (f"- {{name: {n}, targets: ['stage:*']}}\n" for n in ("a", "b"))
    let_hold(f"policies:\n{one}{other}")
    turned = f"policies:\n{other}{one}"

    assert "tried in another order than now" in posted(browser(admin), turned, "check")
    assert "tried in this order" in posted(browser(admin), turned, "apply")


def test_a_policys_page_shows_its_versions_and_what_waits(admin: User) -> None:
    let_hold()
    let_hold(TEXT.replace("count: 2", "count: 3"))
    request = make_transition_request()
    client = browser(admin)

    page = text(client, "/policies/production/")
    assert "3 people of risk" in page
    assert f"#{request.number}" in page
    assert "0 of 3 approvals so far" in page
    assert "count: 2" in text(client, "/policies/production/?version=1")
    apply_policies([], actor=None)
    assert "Retired" in text(client, "/policies/production/")


def test_an_unknown_policy_is_not_found(admin: User) -> None:
    assert browser(admin).get("/policies/nope/").status_code == 404
    assert browser(admin).get("/policies/no%00pe/").status_code == 404


def test_the_editor_says_what_would_change_and_of_which_request(admin: User) -> None:
    request = make_transition_request()

    page = posted(browser(admin), TEXT, "check")

    assert "added" in page
    assert f"#{request.number}" in page
    assert "0 of 2 approvals so far" in page
    assert policies_in_force() == []


def test_the_editor_says_what_is_held_and_what_was_promoted(
    admin: User, ask: TransitionRequest, reviewer: User
) -> None:
    infer_holdings(seen_at=timezone.now())
    seen = gather_decision(ask).fingerprint
    review_request(ask, Review.Decision.APPROVE, actor=reviewer, seen=seen)

    page = posted(browser(admin), f"{TEXT}  tags: [owner]\n", "check")

    assert "churn v1 in Production" in page
    assert "It lacks owner" in page
    assert "Would have blocked 1 of 1 promotion in the last 90 days." in page
    assert ask.get_absolute_url() in page
    assert "taken as they are today" in page


def test_a_group_that_nobody_can_decide_in_is_warned_of(admin: User) -> None:
    assert "There is no group risk." in posted(browser(admin), TEXT, "check")
    let_hold()
    reader = browser(make_user(level=Level.CAN_READ))

    assert "There is no group risk." in text(reader, "/policies/production/")


def test_the_editor_names_the_lines_of_problems_and_keeps_the_text(
    admin: User,
) -> None:
    answer = browser(admin).post(
        EDIT, {"text": TEXT.replace("2", "two"), "seen": "", "do": "apply"}
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 7" in page
    assert "no whole number" in page
    assert "count: two" in page
    assert policies_in_force() == []


def test_a_preview_of_a_draft_with_problems_is_no_failure(admin: User) -> None:
    answer = browser(admin).post(
        EDIT,
        {"text": "policies: 5", "seen": "", "do": "check"},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 200
    assert "no list" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_applied_policies_hold(admin: User) -> None:
    page = posted(browser(admin), TEXT, "apply")

    assert "From now on these policies hold. Production added." in page
    assert [one.label for one in policies_in_force()] == ["production v1"]
    assert "say the same as before" in posted(browser(admin), TEXT, "apply")


def test_what_somebody_else_changed_meanwhile_is_not_undone(admin: User) -> None:
    let_hold()

    page = posted(browser(admin), TEXT.replace("2", "3"), "apply", seen="")

    assert "Somebody changed the policies" in page
    assert "count: 3" in page
    assert [one.label for one in policies_in_force()] == ["production v1"]


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", "{{ 7 * 7 }}"])
def test_what_is_written_in_policies_is_inert(admin: User, payload: str) -> None:
    definition = PolicyDefinition(
        name="odd",
        description=payload,
        models=(payload,),
        targets=("stage:*",),
        tags=(payload,),
    )
    apply_policies([definition], actor=None)
    make_transition_request()

    for address in (LIST, "/policies/odd/", EDIT):
        page = browser(admin).get(address).content.decode()
        assert "<script>alert" not in page
        assert html.escape(payload) in page


def test_who_has_approved_is_told_that_it_counts(admin: User) -> None:
    let_hold(TEXT.replace("    groups:\n    - risk\n", ""))
    request = make_transition_request()
    seen = gather_decision(request).fingerprint
    client = browser(admin)

    client.post(
        f"{request.get_absolute_url()}review/", {"decision": "approve", "seen": seen}
    )

    page = text(client, request.get_absolute_url())
    assert "1 of 2 approvals so far" in page
    assert "You approved this, and it counts" in page
    assert 'value="approve"' not in page


def test_a_policy_that_changes_leaves_open_requests_open(admin: User) -> None:
    request = make_transition_request()

    posted(browser(admin), TEXT, "apply")

    request.refresh_from_db()
    assert request.status == TransitionRequest.Status.OPEN
