"""The digest of what a decision rests on, in parts, so that a change can be named.

Pure: facts in, text out. The text travels in the form of the decision page and comes
back with the decision; a forged one gains nothing, as only today's is accepted.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry_ui.errors import ActionError

_DIGITS = 16

PARTS = {
    "version": "the version itself",
    "run": "its run",
    "metrics": "the metrics",
    "parameters": "the parameters",
    "signature": "the signature",
    "holders": "who holds the target",
    "policy": "the policy",
    "files": "the files",
    "archives": "whether the versions that are there are archived",
}
"""What a fingerprint covers, and how each part is called in a sentence.

Stored ones know the parts by their place: a new one comes last.
"""
NOTHING: list[Any] = []
"""The value of a part that is not looked at."""
_FIRST_PARTS = 7
"""How many there were when the first fingerprints were stored."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One short digest a part, in the order of PARTS."""

    digests: tuple[str, ...]

    def __str__(self) -> str:
        """Return the text that forms carry: the digests, joined by full stops."""
        return ".".join(self.digests)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Fingerprint":
        """Return the fingerprint of facts; they hold one JSON value a part."""
        return cls(tuple(_digest(facts[part]) for part in PARTS))

    @classmethod
    def parse(cls, text: str) -> "Fingerprint":
        """Read what `str()` wrote, be it before the last parts were added.

        Raises:
            ActionError: it is none, as when a form was tampered with or cut.
        """
        digests = tuple(text.strip().split("."))
        is_whole = _FIRST_PARTS <= len(digests) <= len(PARTS)
        if not is_whole or any(len(d) != _DIGITS for d in digests):
            raise ActionError(
                "The form did not say what you saw. Reload the page and decide again."
            )
        unknown_then = len(PARTS) - len(digests)
        return cls(digests + (_digest(NOTHING),) * unknown_then)


def differences(seen: Fingerprint, now: Fingerprint) -> list[str]:
    """Return what changed between two fingerprints, in words; empty if nothing did."""
    return [
        words
        for words, before, after in zip(
            PARTS.values(), seen.digests, now.digests, strict=True
        )
        if before != after
    ]


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
