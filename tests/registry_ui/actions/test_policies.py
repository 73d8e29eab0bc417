"""Policies that hold: applied as a set, in versions that never change."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from registry_ui.actions.checks import report_check
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import (
    Change,
    apply_policies,
    policies_in_force,
    policy_of,
)
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.errors import ActionError
from registry_ui.gates import Verdict
from registry_ui.models import (
    AuditEvent,
    Check,
    Level,
    ModelVersion,
    PolicyVersion,
    Review,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition, parse_document
from registry_ui.views.sentences import event_lines
from tests.factories import make_user, make_version

pytestmark = pytest.mark.django_db

PRODUCTION = "stage:Production"
APPROVE = Review.Decision.APPROVE
Status = TransitionRequest.Status


def policy(name: str = "production", **rules: Any) -> PolicyDefinition:
    return PolicyDefinition.model_validate(
        {"name": name, "targets": [PRODUCTION], **rules}
    )


@pytest.fixture
def admin() -> User:
    return make_user(username="ada", is_superuser=True)


@pytest.fixture
def requester() -> User:
    return make_user(username="dana", level=Level.CAN_EDIT)


@pytest.fixture
def reviewer() -> User:
    return make_user(full_name="Rui Tanaka", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


def asked(version: ModelVersion, requester: User) -> TransitionRequest:
    return create_request(version, PRODUCTION, actor=requester, comment="Better.")


def approve(request: TransitionRequest, reviewer: User) -> None:
    seen = gather_decision(request).fingerprint
    review_request(request, APPROVE, actor=reviewer, seen=seen)
    request.refresh_from_db()


def kinds() -> list[str]:
    rows = AuditEvent.objects.filter(type__startswith="policy.").order_by("position")
    return list(rows.values_list("type", flat=True))


def test_a_set_is_applied_and_what_is_the_same_stays(admin: User) -> None:
    apply_policies([policy("a"), policy("b")], actor=admin)

    changes = apply_policies([policy("b", single_holder=True), policy("c")], actor=None)

    assert [(one.name, one.change, one.number) for one in changes] == [
        ("b", Change.CHANGED, 2),
        ("c", Change.ADDED, 1),
        ("a", Change.RETIRED, 1),
    ]
    assert [one.label for one in policies_in_force()] == ["b v2", "c v1"]
    assert kinds() == [
        "policy.created",
        "policy.created",
        "policy.changed",
        "policy.created",
        "policy.retired",
    ]
    assert apply_policies([policy("b", single_holder=True), policy("c")], actor=None)
    assert len(kinds()) == 5
    assert [one.label for one in policies_in_force()] == ["b v2", "c v1"]


def test_another_order_is_on_record(admin: User) -> None:
    first, second = policy("a"), policy("b")
    apply_policies([first, second], actor=admin)

    apply_policies([second, first], actor=admin)

    assert policy_of("churn", PRODUCTION).label == "b v1"
    event = AuditEvent.objects.get(type="policy.reordered")
    assert event.details == {"order": ["b", "a"]}


def test_what_holds_again_is_a_new_version(admin: User) -> None:
    apply_policies([policy("a")], actor=admin)
    apply_policies([], actor=admin)

    assert policies_in_force() == []
    apply_policies([policy("a")], actor=admin)
    assert [one.label for one in policies_in_force()] == ["a v2"]


def test_the_first_that_matches_governs(admin: User) -> None:
    apply_policies(
        [policy("strict", models=["churn"]), policy("any", targets=["stage:*"])],
        actor=admin,
    )

    assert policy_of("churn", PRODUCTION).label == "strict v1"
    assert policy_of("other", PRODUCTION).label == "any v1"
    assert policy_of("churn", "alias:champion").label == "four-eyes (default) v1"


def test_only_who_manages_the_registry_changes_policies(reviewer: User) -> None:
    with pytest.raises(PermissionDenied):
        apply_policies([policy()], actor=reviewer)


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_version_of_a_policy_never_changes(verb: str) -> None:
    apply_policies([policy()], actor=None)
    rows = PolicyVersion.objects.all()

    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        rows.update(number=9) if verb == "update" else rows._raw_delete(rows.db)


def test_another_policy_makes_given_approvals_stale(
    requester: User, reviewer: User
) -> None:
    apply_policies([policy(approvals=[{"count": 2}])], actor=None)
    request = asked(make_version(), requester)
    approve(request, reviewer)

    apply_policies([policy(approvals=[{"count": 1}])], actor=None)

    decision = gather_decision(request)
    assert list(decision.stale_reviews.values()) == [["the policy"]]
    assert not decision.is_approvable
    assert request.status == Status.OPEN
    approve(request, reviewer)
    assert request.status == Status.APPROVED


def test_who_is_in_no_group_that_counts_does_not_suffice(
    requester: User, reviewer: User
) -> None:
    rules: dict[str, Any] = {"approvals": [{"count": 1, "groups": ["risk"]}]}
    apply_policies([policy(**rules)], actor=None)
    request = asked(make_version(), requester)
    approve(request, reviewer)
    assert request.status == Status.OPEN

    other = make_user(level=Level.CAN_MANAGE)
    other.groups.add(Group.objects.create(name="risk"))
    approve(request, other)

    assert request.status == Status.APPROVED


def test_the_runs_user_is_excluded_though_a_superuser(
    requester: User, admin: User
) -> None:
    apply_policies([policy(excluded=["run_user"])], actor=None)
    version = make_version()
    version.evidence.run_user = "Ada"
    version.evidence.save()
    request = asked(version, requester)

    with pytest.raises(ActionError, match="You ran the version's run"):
        approve(request, admin)


def test_who_reported_a_check_that_counts_is_excluded(
    requester: User, reviewer: User
) -> None:
    rules: dict[str, Any] = {
        "excluded": ["check_reporters"],
        "checks": [{"name": "bias"}],
    }
    apply_policies([policy(**rules)], actor=None)
    request = asked(make_version(), requester)
    report_check(request.version, "bias", Check.Verdict.PASSED, actor=reviewer)

    with pytest.raises(ActionError, match="You reported the check bias"):
        approve(request, reviewer)


def test_the_check_that_was_missing_approves_by_itself(
    requester: User, reviewer: User
) -> None:
    apply_policies([policy(checks=[{"name": "bias"}])], actor=None)
    request = asked(make_version(), requester)
    approve(request, reviewer)
    assert request.status == Status.OPEN

    report_check(request.version, "bias", Check.Verdict.FAILED, actor=requester)
    request.refresh_from_db()
    assert request.status == Status.OPEN
    report_check(request.version, "bias", Check.Verdict.PASSED, actor=requester)

    request.refresh_from_db()
    assert request.status == Status.APPROVED
    assert request.closed_by is None
    assert request.due_at is not None
    event = AuditEvent.objects.get(type="transition_request.approved")
    (line,) = event_lines([event])
    assert line.sentence.startswith(f"Request #{request.number} has passed its last")


def test_metrics_are_held_against_the_incumbents(
    requester: User, reviewer: User
) -> None:
    apply_policies([policy(metrics=[{"name": "auc", "tolerance": 0.01}])], actor=None)
    incumbent = make_version(stage="Production", metrics={"auc": 0.9})
    worse = make_version(model=incumbent.model, metrics={"auc": 0.88})
    request = asked(worse, requester)

    gate = next(g for g in gather_decision(request).gates if g.name == "Metric auc")

    assert gate.verdict is Verdict.FAILED
    assert "0.88 against 0.9 of v1" in gate.explanation


def test_one_holder_is_kept_by_archiving_the_others(
    requester: User, reviewer: User
) -> None:
    (rules,) = parse_document(
        f"policies: [{{name: p, targets: ['{PRODUCTION}'], single_holder: true}}]"
    )
    apply_policies([rules], actor=None)
    incumbent = make_version(stage="Production")
    candidate = make_version(model=incumbent.model)

    for archive, verdict in ((False, Verdict.FAILED), (True, Verdict.PASSED)):
        request = create_request(
            candidate,
            PRODUCTION,
            actor=make_user(level=Level.CAN_READ),
            comment="Better.",
            archive_existing_versions=archive,
        )
        gates = gather_decision(request).gates
        assert next(g for g in gates if g.name == "One holder").verdict is verdict
