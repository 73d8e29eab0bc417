"""What is stored of versions side by side: files, MLmodel, input example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from registry_ui.comparison.facts import VersionFacts
from registry_ui.comparison.values import ValueRow, compare_one, compare_values

MOST_KEYS = 500
"""How many keys of an MLmodel file are laid side by side."""

_DEEPEST = 3
_UNKNOWN_SIZE = "size unknown"


def compare_files(
    versions: Sequence[VersionFacts], *, baseline: int
) -> tuple[ValueRow, ...]:
    """Lay sizes in bytes side by side, one row a path.

    MLflow tells no digests: files of the same size count as the same.
    """
    return compare_values(
        [_sizes(version) for version in versions],
        baseline=baseline,
        is_read=[not version.files_error for version in versions],
    )


def compare_model_files(
    versions: Sequence[VersionFacts], *, baseline: int
) -> tuple[ValueRow, ...]:
    """Lay MLmodel files side by side, one row a key; signatures are compared apart."""
    return compare_values(
        [flattened(version.model_file) for version in versions],
        baseline=baseline,
        is_read=[version.is_model_read for version in versions],
    )


def compare_examples(
    versions: Sequence[VersionFacts], *, baseline: int
) -> tuple[ValueRow, ...]:
    """Lay input examples side by side; no row where there is none."""
    values = [version.input_example or None for version in versions]
    if not any(values):
        return ()
    is_read = [
        version.is_model_read and not version.input_example_error
        for version in versions
    ]
    return (compare_one("Input example", values, baseline=baseline, is_read=is_read),)


def flattened(tree: Mapping[str, Any]) -> dict[str, str]:
    """Return a tree as texts by dotted keys; what is deep, and lists, as JSON."""
    leaves = _leaves(tree, "", 1)
    found = dict(islice(leaves, MOST_KEYS))
    if more := sum(1 for _ in leaves):
        found["…"] = f"{more:,} more keys"
    return found


def _leaves(
    tree: Mapping[str, Any], prefix: str, depth: int
) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            yield from _leaves(value, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", _text(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _sizes(version: VersionFacts) -> dict[str, str]:
    return {
        path: _UNKNOWN_SIZE if size is None else f"{size:,} B"
        for path, size in version.files.items()
    }
