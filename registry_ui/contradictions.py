"""What stands in a model that cannot all be meant: facts in, sentences out. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

_MEANS_PRODUCTION = frozenset({"champion", "production", "prod"})
"""Aliases, in small letters, that people give to what is in Production."""


def contradictions(
    production: Sequence[int], aliases: Mapping[str, int]
) -> tuple[str, ...]:
    """Return a sentence for each pair of facts that contradict each other.

    Args:
        production: the numbers of the versions in the stage Production.
        aliases: what each alias points to.
    """
    return (*_twins(aliases), *_strays(production, aliases))


def _twins(aliases: Mapping[str, int]) -> list[str]:
    """Name aliases that differ only in their letters' case; MLflow keeps both."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for alias in sorted(aliases):
        spellings[alias.casefold()].append(alias)
    return [
        f"{' and '.join(f'@{twin} (v{aliases[twin]})' for twin in twins)} differ only"
        " in case. Whoever loads one of them may mean the other."
        for twins in spellings.values()
        if len(twins) > 1
    ]


def _strays(production: Sequence[int], aliases: Mapping[str, int]) -> list[str]:
    """Name aliases that stand for Production and point to something else."""
    held = " and ".join(f"v{number}" for number in sorted(production))
    return [
        f"@{alias} is v{number}, Production is {held}."
        for alias, number in sorted(aliases.items())
        if production
        and alias.casefold() in _MEANS_PRODUCTION
        and number not in production
    ]
