"""Which policy governs a target of a model: the first that matches."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from registry_ui.policies.definition import Governed, Policy, PolicyDefinition

_ALIAS = "alias:"


def governing(
    policies: Iterable[Policy],
    model: str,
    target: str,
    kind: Governed = Governed.PROMOTION,
) -> Policy | None:
    """Return the first policy whose patterns fit; None where none does.

    Args:
        policies: in their order.
        model: the name of the registered model.
        target: `stage:Production` or `alias:champion`.
        kind: of what is asked for.
    """
    return next(
        (
            one
            for one in policies
            if kind in one.definition.kinds
            and does_match(one.definition, model, target)
        ),
        None,
    )


def does_match(definition: PolicyDefinition, model: str, target: str) -> bool:
    """Do the definition's patterns fit the model and the target?

    Aliases are compared without case, as MLflow lets `Champion` stand by `champion`.
    """
    return is_about(definition, model) and any(
        _fits(target, one) for one in definition.targets
    )


def is_about(definition: PolicyDefinition, model: str) -> bool:
    """Does one of the definition's patterns for models fit the name?"""
    return any(_matches(model, pattern) for pattern in definition.models)


def _fits(target: str, pattern: str) -> bool:
    if target.startswith(_ALIAS):
        return _matches(target.casefold(), pattern.casefold())
    return _matches(target, pattern)


def _matches(name: str, pattern: str) -> bool:
    """Only * and ? are special: brackets stand in names of models, and for themselves.

    As a choice of characters they would let `churn [eu]` pass ungoverned.
    """
    return fnmatchcase(name, pattern.replace("[", "[[]"))
