"""What a draft says of the versions that hold a target now."""

from typing import Any

import pytest
from django.utils import timezone

from registry_ui.actions import dry_runs
from registry_ui.actions.dry_runs import HolderRuns, holder_runs
from registry_ui.actions.holdings import infer_holdings
from registry_ui.models import ModelVersion
from registry_ui.policies import Policy, PolicyDefinition
from tests.factories import make_alias, make_model, make_version

pytestmark = pytest.mark.django_db


def judged(*targets: str, **rules: Any) -> HolderRuns:
    """Return what one policy says of who holds its targets."""
    infer_holdings(seen_at=timezone.now())
    definition = PolicyDefinition.model_validate(
        {"name": "p", "targets": targets or ["stage:Production"], **rules}
    )
    return holder_runs([Policy(definition, 0)])


def said(runs: HolderRuns) -> list[str]:
    return [
        f"{run.holding.version} in {run.holding.target_label}: {gate.explanation}"
        for run in runs.failing
        for gate in run.gates
    ]


def test_a_holder_that_would_not_pass_today_is_named_with_the_reason() -> None:
    model = make_model(name="churn")
    make_version(model=model, stage="Production")
    make_version(model=model, stage="Staging")
    make_version(stage="Production", metrics={"auc": 0.9})

    runs = judged(metrics=[{"name": "auc", "at_least": 0.8}])

    assert said(runs) == [
        "churn v1 in Production: The version's run has no number for auc."
    ]
    assert runs.summary == (
        "1 of 2 holders of a target that it governs would not pass today."
    )


def test_rules_that_say_nothing_of_who_is_there_are_left_out() -> None:
    make_version(stage="Production", metrics={"auc": 0.9})

    runs = judged(
        approvals=[{"count": 3}],
        metrics=[{"name": "auc", "tolerance": 0}],
        signature="compatible",
        freezes=[{"starts": "2020-01-01T00:00", "ends": "2099-01-01T00:00"}],
        waiting_time="9d",
    )

    assert (runs.failing, runs.count) == ([], 1)


def test_holders_of_aliases_and_checks_are_judged_too() -> None:
    version = make_version(model=make_model(name="churn"))
    make_alias(version=version, name="Champion")
    make_alias(version=version, name="other")

    runs = judged("alias:champion", checks=[{"name": "bias"}])

    assert said(runs) == [
        "churn v1 in @Champion: Nobody has reported it for this version."
    ]


def test_two_that_hold_a_target_together_break_the_rule_of_one_holder() -> None:
    model = make_model(name="churn")
    for _ in range(2):
        make_version(model=model, stage="Production")

    assert (
        "v1, v2 would hold the target together" in said(judged(single_holder=True))[0]
    )


def test_versions_that_are_gone_hold_nothing() -> None:
    make_version(stage="Production")
    infer_holdings(seen_at=timezone.now())
    ModelVersion.objects.update(deleted_at=timezone.now())

    runs = judged()

    assert runs.count == 0
    assert "governs no target that a version holds" in runs.summary


def test_too_many_holders_are_cut_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dry_runs, "MOST_HOLDERS", 1)
    for _ in range(2):
        make_version(stage="Production")

    runs = judged(tags=["owner"])

    assert (len(runs.failing), runs.count, runs.is_cut) == (1, 1, True)
