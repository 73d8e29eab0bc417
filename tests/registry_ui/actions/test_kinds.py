"""What kind of request an ask is, and which policy governs that."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.holdings import holding_before
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import create_request
from registry_ui.models import (
    Holding,
    Level,
    ModelVersion,
    TransitionRequest,
)
from registry_ui.policies import Governed, PolicyDefinition
from tests.factories import (
    make_incident,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db

PRODUCTION = "stage:Production"
Kind = TransitionRequest.Kind


def hold(
    version: ModelVersion,
    *,
    target: str = PRODUCTION,
    ended: int | None = None,
    **how: object,
) -> Holding:
    """Let the version hold the target, until so many days ago or still."""
    now = timezone.now()
    return Holding.objects.create(
        model=version.model,
        version=version,
        target=target,
        started_at=now - timedelta(days=(ended or 0) + 1),
        ended_at=None if ended is None else now - timedelta(days=ended),
        **how,
    )


def ask(version: ModelVersion, target: str = PRODUCTION) -> TransitionRequest:
    actor = make_user(level=Level.CAN_READ)
    return create_request(version, target, actor=actor, comment="Now.")


@pytest.fixture
def versions() -> list[ModelVersion]:
    """v1 and v2 were in Production, one after the other; v3 is."""
    model = make_model()
    found = [make_version(model=model) for _ in range(3)]
    for version, ended in zip(found, (20, 10, None), strict=True):
        hold(version, ended=ended)
    return found


def test_going_back_to_who_held_the_target_before_is_a_rollback(
    versions: list[ModelVersion],
) -> None:
    v1, v2, _ = versions
    new = make_version(model=v1.model)

    assert ask(v2).kind == Kind.ROLLBACK
    assert ask(v1).kind == Kind.PROMOTION
    assert ask(new).kind == Kind.PROMOTION
    assert ask(v2, "stage:Archived").kind == Kind.ARCHIVE
    assert ask(v2, "alias:champion").kind == Kind.PROMOTION


def test_what_a_rollback_left_is_not_gone_back_to(versions: list[ModelVersion]) -> None:
    v1, v2, v3 = versions
    back = make_transition_request(version=v2, kind=Kind.ROLLBACK, status="applied")
    Holding.objects.filter(version=v3).update(
        ended_at=timezone.now(), ended_request=back
    )
    hold(v2)

    before = holding_before(v1.model, PRODUCTION)

    assert before is not None
    assert before.version == v1


def test_nobody_goes_back_to_what_was_never_decided_or_is_gone(
    versions: list[ModelVersion],
) -> None:
    v1, v2, _ = versions
    sneaked = make_version(model=v1.model)
    hold(sneaked, ended=1, started_incident=make_incident(version=sneaked))
    ModelVersion.objects.filter(pk=v2.pk).update(deleted_at=timezone.now())

    before = holding_before(v1.model, PRODUCTION)

    assert before is not None
    assert before.version == v1


@pytest.mark.parametrize("found_right", [True, False])
def test_what_a_break_glass_put_there_is_gone_back_to_once_it_was_found_right(
    versions: list[ModelVersion],
    *,
    found_right: bool,
) -> None:
    v1, v2, _ = versions
    broken = make_transition_request(version=v2, kind=Kind.BREAK_GLASS)
    status = "applied" if found_right else "rejected"
    make_transition_request(version=v2, follows=broken, status=status)
    Holding.objects.filter(version=v2).update(started_request=broken)

    before = holding_before(v1.model, PRODUCTION)

    assert before is not None
    assert before.version == (v2 if found_right else v1)


def test_aliases_are_gone_back_to_whatever_their_case() -> None:
    old = make_version()
    hold(old, target="alias:Champion", ended=1)
    assert ask(old, "alias:champion").kind == Kind.ROLLBACK


def test_who_held_it_is_found_below_many_that_are_not_gone_back_to() -> None:
    old = make_version()
    target = "alias:now_or%"
    hold(old, target=target, ended=100)
    hold(make_version(model=old.model), target="alias:now-orb", ended=1)
    for days in range(2, 42):
        left = make_version(model=old.model)
        through = make_transition_request(version=left, kind=Kind.ROLLBACK)
        hold(left, target=target, ended=days, ended_request=through)

    found = holding_before(old.model, "ALIAS:Now_Or%")

    assert found is not None
    assert found.version == old


def test_a_policy_may_be_lighter_for_rollbacks_as_long_as_it_is_one(
    versions: list[ModelVersion],
) -> None:
    _, v2, v3 = versions
    light = PolicyDefinition(
        name="back", targets=(PRODUCTION,), kinds=(Governed.ROLLBACK,), excluded=()
    )
    strict = PolicyDefinition(name="on", targets=(PRODUCTION,))
    apply_policies([light, strict], actor=None)

    back, on = ask(v2), ask(make_version(model=v2.model))

    assert (back.policy_name, on.policy_name) == ("back v1", "on v1")
    assert gather_decision(back).policy.label == "back v1"
    # Another version gets there meanwhile: v3 is who it would go back to now.
    Holding.objects.filter(version=v3).update(ended_at=timezone.now())
    hold(make_version(model=v2.model))
    assert gather_decision(back).policy.label == "on v1"
