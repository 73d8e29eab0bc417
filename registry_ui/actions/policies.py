"""Which policy governs what, and changing policies by a whole set of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry_ui import models, permissions
from registry_ui.actions.targets import kind_of
from registry_ui.errors import StaleReviewError
from registry_ui.events import EventType, record_event
from registry_ui.models.prepared import PreparedLookup
from registry_ui.policies import (
    Governed,
    Policy,
    PolicyDefinition,
    default_policy,
    governing,
    read_stored,
)

Kind = models.TransitionRequest.Kind
_in_force = PreparedLookup(
    lambda: models.PolicyVersion.objects.in_force().values_list("definition", "number")
)


def policies_in_force() -> list[Policy]:
    """Return the policies that hold, in the order in which they are tried."""
    return [Policy(read_stored(text), number) for text, number in _in_force()]


def state_of(policies: Iterable[Policy]) -> str:
    """Return a short text that is another one whenever other policies hold."""
    return ", ".join(policy.label for policy in policies)


def policy_of(
    model_name: str,
    target: str,
    *,
    kind: Governed = Governed.PROMOTION,
    policies: Sequence[Policy] | None = None,
) -> Policy:
    """Return the policy that governs a target of a model.

    Args:
        model_name: of the registered model.
        target: `stage:Production` or `alias:champion`.
        kind: of what is asked for.
        policies: those in force, where they were read already.
    """
    if policies is None:
        policies = policies_in_force()
    found = governing(policies, model_name, target, kind)
    return found or default_policy(settings.DEFAULT_POLICY, target)


def governed_kind(version: models.ModelVersion, target: str) -> Governed:
    """Return what policies are to take a move into the target for, as things stand."""
    is_rollback = kind_of(version, target) is Kind.ROLLBACK
    return Governed.ROLLBACK if is_rollback else Governed.PROMOTION


def policy_of_request(
    request: models.TransitionRequest, *, policies: Sequence[Policy] | None = None
) -> Policy:
    """Return the policy that a decision on the request is made under.

    A rollback is judged as one only while its version is still the one to go back to.

    Args:
        request: with its version and model.
        policies: those in force, where they were read already, or a draft.
    """
    kind = Governed.PROMOTION
    if request.kind == Kind.ROLLBACK:
        kind = (
            Governed.ROLLBACK
            if request.is_settled
            else governed_kind(request.version, request.target)
        )
    policy = policy_of(
        request.version.model.name, request.target, kind=kind, policies=policies
    )
    return policy.in_retrospect() if request.follows_id else policy


class Change(StrEnum):
    """What applying a set of policies does to one of them."""

    ADDED = "added"
    CHANGED = "changed"
    RETIRED = "retired"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One policy's fate; `number` is the version that holds afterwards."""

    name: str
    change: Change
    number: int


def changes_of(definitions: Iterable[PolicyDefinition]) -> list[PolicyChange]:
    """Return what applying the definitions would do; those that go come last."""
    rows = {row.name: row for row in models.Policy.objects.all()}
    held = {one.definition.name: one for one in policies_in_force()}
    found = []
    for definition in definitions:
        name = definition.name
        row, now = rows.get(name), held.get(name)
        if now and now.definition == definition:
            found.append(PolicyChange(name, Change.SAME, now.version))
        else:
            change = Change.CHANGED if now else Change.ADDED
            found.append(PolicyChange(name, change, row.current + 1 if row else 1))
    named = {one.name for one in found}
    found += [
        PolicyChange(name, Change.RETIRED, policy.version)
        for name, policy in held.items()
        if name not in named
    ]
    return found


def are_reordered(held: Iterable[Policy], changes: Iterable[PolicyChange]) -> bool:
    """Will those that held before and still do be tried in another order?"""
    before = [policy.definition.name for policy in held]
    after = [one.name for one in changes if one.change is not Change.RETIRED]
    stayed = [name for name in before if name in after]
    return stayed != [name for name in after if name in stayed]


def apply_policies(
    definitions: Sequence[PolicyDefinition],
    *,
    actor: User | None,
    seen: str | None = None,
) -> list[PolicyChange]:
    """Let exactly these policies hold, in this order, from now on.

    What is there already and says the same keeps its version; a policy that is missing
    here is retired: its versions stay for the record. Reviews that were given under
    another version are stale.

    Args:
        definitions: with names of their own.
        actor: None: the command line, whose user can write to the database anyway.
        seen: `state_of` what was on the editor's page; None: whatever holds is fine.

    Raises:
        PermissionDenied: the actor does not manage the registry.
        StaleReviewError: other policies hold than were seen, or come to hold now.
    """
    if actor is not None and not permissions.may_manage_registry(actor):
        raise PermissionDenied
    try:
        return _applied(definitions, actor=actor, seen=seen)
    except IntegrityError:  # where there was no row yet to wait for
        raise StaleReviewError(
            "Somebody else changed the policies at the same moment. Nothing was"
            " changed; look at what holds now and try again."
        ) from None


@transaction.atomic
def _applied(
    definitions: Sequence[PolicyDefinition], *, actor: User | None, seen: str | None
) -> list[PolicyChange]:
    # One at a time: the second sees what the first one made.
    list(models.Policy.objects.order_by("pk").select_for_update())
    held = policies_in_force()
    if seen is not None and seen != state_of(held):
        raise StaleReviewError(
            "Somebody changed the policies since you opened this page. Nothing was"
            " changed; take a copy of your text, load the page again and compare."
        )
    changes = changes_of(definitions)
    by_name = {definition.name: definition for definition in definitions}
    for position, change in enumerate(changes):
        if change.change is Change.RETIRED:
            _retire(change, actor)
        else:
            _put(by_name[change.name], change, position, actor)
    if are_reordered(held, changes):
        record_event(EventType.POLICY_REORDERED, actor=actor, order=list(by_name))
    return changes


def _put(
    definition: PolicyDefinition,
    change: PolicyChange,
    position: int,
    actor: User | None,
) -> None:
    values = {"position": position, "current": change.number, "retired_at": None}
    row, _ = models.Policy.objects.update_or_create(name=change.name, defaults=values)
    if change.change is Change.SAME:
        return
    row.versions.create(
        number=change.number,
        definition=definition.model_dump_json(exclude_defaults=True),
        created_by=actor,
    )
    is_new = change.change is Change.ADDED
    record_event(
        EventType.POLICY_CREATED if is_new else EventType.POLICY_CHANGED,
        actor=actor,
        policy=change.name,
        policy_version=change.number,
        definition=definition.as_stored(),
    )


def _retire(change: PolicyChange, actor: User | None) -> None:
    models.Policy.objects.filter(name=change.name).update(retired_at=timezone.now())
    record_event(
        EventType.POLICY_RETIRED,
        actor=actor,
        policy=change.name,
        policy_version=change.number,
    )
