"""Policies as a person may see them. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from registry_ui.models import (
    NO_LEVEL,
    PolicyVersion,
    RegisteredModel,
    registry_level,
)
from registry_ui.policies import (
    Policy,
    PolicyDefinition,
    Rule,
    does_match,
    read_stored,
    rules_in_words,
)


@dataclass(frozen=True, slots=True)
class PolicyCard:
    """A policy as a person may see it.

    `models` are those of its patterns that match a model which the person may read.
    """

    policy: Policy
    models: tuple[str, ...]
    rules: list[Rule]

    @property
    def as_seen(self) -> PolicyDefinition:
        """Return what it says, with just the patterns that the person may see."""
        return self.policy.definition.model_copy(update={"models": self.models})


def versions_of(name: str) -> list[PolicyVersion]:
    """Return all versions of a policy, newest first; none where there is no such."""
    rows = PolicyVersion.objects.filter(policy__name=name.replace("\x00", ""))
    return list(rows.select_related("policy", "created_by"))


def held_as(version: PolicyVersion) -> Policy:
    """Return what a stored version says."""
    return Policy(read_stored(version.definition), version.number)


def card_of(policy: Policy, models: tuple[str, ...]) -> PolicyCard:
    """Return a policy with its rules in words."""
    return PolicyCard(policy, models, rules_in_words(policy.definition))


def visible_policies(user: User, policies: Sequence[Policy]) -> list[PolicyCard]:
    """Return what governs a model that the user may read, and names no other."""
    if registry_level(user) > NO_LEVEL:
        return [card_of(policy, policy.definition.models) for policy in policies]
    names = list(
        RegisteredModel.objects.visible_to(user).values_list("name", flat=True)
    )
    cards = []
    for policy in policies:
        definition = policy.definition
        seen = tuple(
            pattern
            for pattern in definition.models
            if any(_matches(definition, pattern, name) for name in names)
        )
        if seen:
            cards.append(card_of(policy, seen))
    return cards


def _matches(definition: PolicyDefinition, pattern: str, name: str) -> bool:
    just_this = definition.model_copy(update={"models": (pattern,)})
    return any(does_match(just_this, name, target) for target in definition.targets)
