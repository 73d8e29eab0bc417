"""What stands in a model that cannot all be meant: facts in, sentences out. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from registry_ui.models import Stage

_MEANS_PRODUCTION = frozenset({"champion", "production", "prod"})
"""Aliases, in small letters, that people give to what is in Production."""

Held = tuple[str, int, str]
"""An alias, the number of the version that it points to, and that version's stage."""


def contradictions(
    aliases: Sequence[Held], production: Sequence[int], more: int = 0
) -> tuple[str, ...]:
    """Return a sentence for each pair of facts that contradict each other.

    Args:
        aliases: all of the model's.
        production: the numbers of versions in the stage Production, to name them.
        more: how many others are in Production.
    """
    targets = {alias: number for alias, number, _ in aliases}
    return (*_twins(targets), *_strays(aliases, production, more))


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


def _strays(aliases: Sequence[Held], production: Sequence[int], more: int) -> list[str]:
    """Name aliases that stand for Production and point to something else."""
    holders = [f"v{number}" for number in production]
    if more:
        holders.append(f"{more:,} more")
    names = " and ".join(filter(None, [", ".join(holders[:-1]), *holders[-1:]]))
    return [
        f"@{alias} is v{number}, Production is {names}."
        for alias, number, stage in sorted(aliases)
        if holders
        and alias.casefold() in _MEANS_PRODUCTION
        and stage != Stage.PRODUCTION
    ]
