"""What a draft would have said of past requests: what live requests were told then."""

import os
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mlflow import MlflowClient as PlainClient

from registry_ui.actions import backtest as backtests
from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.backtest import Backtest, Hindsight, backtest
from registry_ui.actions.checks import report_check
from registry_ui.actions.clock import judge_open_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.holdings import infer_holdings
from registry_ui.actions.policies import apply_policies, policies_in_force
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Check,
    Evidence,
    Level,
    ModelVersion,
    Review,
    TransitionRequest,
)
from registry_ui.policies import Policy, PolicyDefinition
from tests.factories import make_model, make_user, make_version

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("SIGNOFF_EXAMPLES", "30"))
PRODUCTION = "stage:Production"
APPROVE, REJECT = Review.Decision.APPROVE, Review.Decision.REJECT


def policy(**rules: Any) -> PolicyDefinition:
    return PolicyDefinition.model_validate(
        {"name": "production", "targets": [PRODUCTION], **rules}
    )


def judged(**rules: Any) -> Backtest:
    """Return the backtest of one policy on Production."""
    return backtest([Policy(policy(**rules), 0)])


def left(one: Hindsight) -> list[str]:
    return [f"{gate.name}: {gate.explanation}" for gate in one.gates_left]


@pytest.fixture
def requester() -> User:
    return make_user(username="dana", level=Level.CAN_EDIT)


def make_reviewer() -> User:
    return make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


def asked(requester: User, version: ModelVersion | None = None) -> TransitionRequest:
    return create_request(
        version or make_version(metrics={"auc": 0.9}),
        PRODUCTION,
        actor=requester,
        comment="Better.",
    )


def reviewed(
    request: TransitionRequest,
    decision: Review.Decision = APPROVE,
    *,
    by: User | None = None,
) -> TransitionRequest:
    review_request(
        request,
        decision,
        actor=by or make_reviewer(),
        seen=gather_decision(request).fingerprint,
        comment="So.",
    )
    request.refresh_from_db()
    return request


def moved_back(request: TransitionRequest, **by: float) -> None:
    """Let all that happened to a request have happened earlier, but for its end."""
    length = timedelta(**by)
    for review in request.reviews.all():
        at = review.created_at - length
        Review.objects.filter(pk=review.pk).update(created_at=at)
    TransitionRequest.objects.filter(pk=request.pk).update(
        created_at=request.created_at - length
    )


def test_what_a_stricter_policy_would_have_blocked_says_why(requester: User) -> None:
    blocked = reviewed(asked(requester))
    reviewed(asked(requester, make_version(tags={"owner": "risk"})))

    found = judged(tags=["owner"])

    assert found.promotion_count == 2
    (one,) = found.blocked
    assert one.request == blocked
    assert left(one) == ["Tags: It lacks owner."]
    assert found.summary == "Would have blocked 1 of 2 promotions in the last 90 days."


def test_the_policy_in_force_would_have_blocked_nothing(requester: User) -> None:
    reviewed(asked(requester))

    found = backtest(policies_in_force())

    assert (found.blocked, found.let_through) == ([], [])
    assert "blocked none of 1 promotion " in found.summary


def test_a_review_that_was_stale_then_does_not_count(requester: User) -> None:
    apply_policies(
        [policy(approvals=[{"count": 1}], checks=[{"name": "c"}])], actor=None
    )
    request = reviewed(asked(requester))
    Evidence.objects.update(metrics={"auc": 0.1})
    reviewed(request)
    report_check(request.version, "c", Check.Verdict.PASSED, actor=requester)

    (one,) = judged(approvals=[{"count": 2}]).blocked

    assert left(one)[0].startswith("Approvals: 1 of 2 approvals so far")


def test_checks_count_as_they_were_reported_until_then(requester: User) -> None:
    request = asked(requester)
    report_check(request.version, "bias", Check.Verdict.PASSED, actor=requester)
    reviewed(request)
    report_check(request.version, "bias", Check.Verdict.FAILED, actor=requester)
    late = reviewed(asked(requester))
    report_check(late.version, "bias", Check.Verdict.PASSED, actor=requester)

    (one,) = judged(checks=[{"name": "bias"}]).blocked

    assert one.request == late
    assert left(one) == ["Check bias: Nobody has reported it for this version."]


def test_who_reported_a_check_is_known_from_the_record(requester: User) -> None:
    request, reviewer = asked(requester), make_reviewer()
    report_check(request.version, "bias", Check.Verdict.PASSED, actor=reviewer)
    reviewed(request, by=reviewer)

    rules = {"checks": [{"name": "bias"}], "excluded": ["check_reporters"]}
    (one,) = judged(**rules).blocked

    assert "reported the check bias" in left(one)[0]


def test_versions_are_held_against_who_held_the_target_then(
    requester: User,
    mlflow_server: Any,
    mlflow_client: MLflowClient,
    request: pytest.FixtureRequest,
) -> None:
    plain = PlainClient(mlflow_server.uri, mlflow_server.uri)
    name = f"past {request.node.name}"
    plain.create_registered_model(name)
    for _ in range(3):
        plain.create_model_version(name, "s3://bucket/model")
    plain.transition_model_version_stage(name, "1", "Production")
    sync_mirror(mlflow_client)
    for number, auc in ((1, 0.9), (2, 0.8), (3, 0.85)):
        version = ModelVersion.objects.get(model__name=name, number=number)
        Evidence.objects.update_or_create(
            version=version, defaults={"metrics": {"auc": auc}}
        )
    for number in (2, 3):
        version = ModelVersion.objects.get(model__name=name, number=number)
        ask = create_request(
            version,
            PRODUCTION,
            actor=requester,
            comment="Better.",
            archive_existing_versions=True,
        )
        reviewed(ask)
        apply_due_requests(mlflow_client)

    found = judged(metrics=[{"name": "auc", "tolerance": 0.01}])

    (one,) = found.blocked
    assert left(one) == ["Metric auc: 0.8 against 0.9 of v1; at least 0.89 is asked."]
    newest = found.found[0]
    metric = next(gate for gate in newest.gates if gate.name == "Metric auc")
    assert metric.explanation.startswith("0.85 against 0.8 of v2")


def test_who_was_in_a_stage_that_serves_nobody_is_not_known(requester: User) -> None:
    version = make_version(stage="Staging", metrics={"auc": 0.9})
    ask = create_request(version, "stage:Archived", actor=requester, comment="Old.")
    reviewed(ask)

    draft = policy(targets=["stage:*"], signature="compatible")
    (one,) = backtest([Policy(draft, 0)]).blocked

    assert any("Who was in Archived then is not kept" in words for words in left(one))


def test_what_was_not_approved_may_have_been_let_through(requester: User) -> None:
    apply_policies([policy(approvals=[{"count": 2}])], actor=None)
    request = reviewed(asked(requester))
    moved_back(request, hours=5)
    reviewed(request, REJECT)
    never = reviewed(asked(requester), REJECT)

    found = judged(approvals=[{"count": 1}])

    (one,) = found.let_through
    assert one.request == request
    assert one.ending == "rejected"
    assert one.gain.startswith("All gates would have passed on")
    assert never not in [one.request for one in found.let_through]
    assert found.promotion_count == 0
    assert "Would have approved 1 that came to another end." in found.summary


def test_what_had_to_wait_is_let_through_earlier(requester: User) -> None:
    apply_policies([policy(approvals=[{"count": 2}])], actor=None)
    request = reviewed(asked(requester))
    moved_back(request, hours=5)
    reviewed(request)

    (one,) = judged(approvals=[{"count": 1}]).let_through
    (later,) = judged(approvals=[{"count": 1}], waiting_time="2h").let_through

    assert one.gain == "All gates would have passed 5 hours earlier."
    assert later.gain == "All gates would have passed 3 hours earlier."
    assert judged(approvals=[{"count": 1}], waiting_time="6h").blocked


def test_a_request_that_would_have_expired_is_blocked(requester: User) -> None:
    request = asked(requester)
    moved_back(request, hours=5)
    reviewed(request)

    (one,) = judged(requests_expire_after="1h").blocked

    assert "It would have expired on" in left(one)[0]


def test_a_version_that_is_gone_by_now_was_there_then(requester: User) -> None:
    request = reviewed(asked(requester))
    ModelVersion.objects.update(deleted_at=timezone.now())

    found = judged()

    assert [one.request for one in found.found] == [request]
    assert found.blocked == []


def test_only_the_last_days_and_the_newest_are_judged(
    requester: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (1, 2, 91):
        request = reviewed(asked(requester))
        ended = timezone.now() - timedelta(days=days)
        TransitionRequest.objects.filter(pk=request.pk).update(closed_at=ended)

    assert (len(judged().found), judged().is_cut) == (2, False)
    monkeypatch.setattr(backtests, "MOST", 1)
    assert (len(judged().found), judged().is_cut) == (1, True)


def test_many_requests_take_no_more_queries_than_few(requester: User) -> None:
    rules = {
        "checks": [{"name": "bias"}],
        "metrics": [{"name": "auc", "tolerance": 0.1}],
        "tags": ["owner"],
        "waiting_time": "1m",
    }
    model = make_model()
    make_version(model=model, stage="Production", metrics={"auc": 0.9})
    infer_holdings(seen_at=timezone.now())
    reviewer = make_reviewer()
    counts = []
    for _ in range(2):
        for _ in range(3):
            version = make_version(model=model, metrics={"auc": 0.9})
            report_check(version, "bias", Check.Verdict.PASSED, actor=requester)
            reviewed(asked(requester, version), by=reviewer)
        with CaptureQueriesContext(connection) as queries:
            judged(**rules)
        counts.append(len(queries))

    assert counts[0] == counts[1] < 15


steps = st.lists(
    st.one_of(
        st.tuples(st.just("approve"), st.integers(0, 3)),
        st.tuples(st.just("check"), st.sampled_from(["passed", "failed", "pending"])),
        st.tuples(st.just("metric"), st.sampled_from([0.7, 0.9, 0.95])),
    ),
    max_size=12,
)
rules = st.fixed_dictionaries(
    {
        "approvals": st.lists(
            st.fixed_dictionaries(
                {
                    "count": st.sampled_from([1, 1, 2]),
                    "groups": st.sampled_from([[], ["risk"]]),
                }
            ),
            min_size=1,
            max_size=2,
        ),
        "excluded": st.sampled_from([[], ["requester"], ["check_reporters"]]),
        "checks": st.sampled_from([[], [{"name": "bias"}]]),
        "metrics": st.sampled_from([[], [{"name": "auc", "tolerance": 0.1}]]),
        "single_holder": st.sampled_from([False, False, True]),
    }
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(rules=rules, steps=steps)
@example(
    rules={"approvals": [{"count": 2}], "excluded": []},
    steps=[("approve", 2), ("metric", 0.7), ("approve", 0), ("approve", 2)],
)
def test_the_backtest_says_what_the_live_engine_said(
    rules: dict[str, Any], steps: list[tuple[str, Any]]
) -> None:
    with transaction.atomic():
        _play(rules, steps)
        for one in backtest(policies_in_force()).found:
            event = AuditEvent.objects.get(type="transition_request.approved")
            told = event.details["gates"]
            assert [
                {"name": g.name, "verdict": g.verdict, "found": g.explanation}
                for g in one.gates
            ] == told
            assert not one.is_blocked
            assert not one.is_let_through
        transaction.set_rollback(True)


def _play(rules: dict[str, Any], steps: list[tuple[str, Any]]) -> None:
    """Let people act on one request until it is approved, or they are done."""
    apply_policies([policy(**rules)], actor=None)
    risk = Group.objects.create(name="risk")
    people = [make_user(level=Level.CAN_MANAGE) for _ in range(4)]
    people[1].groups.add(risk)
    people[2].groups.add(risk)
    incumbent = make_version(stage="Production", metrics={"auc": 0.9})
    infer_holdings(seen_at=timezone.now())
    candidate = make_version(model=incumbent.model, metrics={"auc": 0.85})
    request = create_request(
        candidate,
        PRODUCTION,
        actor=people[0],
        comment="Better.",
        archive_existing_versions=True,
    )
    for verb, value in steps:
        try:
            _act(request, people, verb, value)
        except ActionError:
            continue
        judge_open_requests()
        request.refresh_from_db()
        if not request.is_open:
            return


def _act(request: TransitionRequest, people: list[User], verb: str, value: Any) -> None:
    match verb:
        case "approve":
            reviewed(request, by=people[value])
        case "check":
            verdict = Check.Verdict(value)
            report_check(request.version, "bias", verdict, actor=people[3])
        case "metric":
            evidence = Evidence.objects.get(version=request.version)
            evidence.metrics = {"auc": value}
            evidence.save()
