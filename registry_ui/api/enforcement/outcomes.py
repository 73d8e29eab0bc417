"""What comes of a change that somebody tries, in words."""

from enum import StrEnum


class Outcome(StrEnum):
    """What comes of a change that somebody tries."""

    PREVENTED = "prevented"
    BY_POLICY = "as the policy says"
    ALLOWED = "allowed"
    HANDED_ON = "handed on"
    DETECTED = "detected"
    RECORDED = "recorded"
    NOT_SEEN = "not seen"

    @property
    def meaning(self) -> str:
        """Return what it means, as a sentence."""
        return _MEANINGS[self]

    @property
    def tone(self) -> str:
        """Return the badge's tone."""
        return _TONES[self]

    @property
    def icon(self) -> str:
        """Return the badge's icon."""
        return _ICONS[self]


_MEANINGS = {
    Outcome.PREVENTED: "Refused before MLflow is changed.",
    Outcome.BY_POLICY: "Refused with the way to ask where the policy wants an approval"
    " or governs what would be deleted; where it does not, done and on record with the"
    " person's name.",
    Outcome.ALLOWED: "Done, since the level allows it; at once on record with the"
    " person's name.",
    Outcome.HANDED_ON: "Done by MLflow; it changes nothing that MLflow holds, and is"
    " not on record.",
    Outcome.DETECTED: "MLflow is changed; the next sync opens an incident that can be"
    " reverted. Nobody is named: MLflow does not know who it was.",
    Outcome.RECORDED: "MLflow is changed; the next sync puts it on record, without a"
    " name. Who serves has not changed, so it is no incident.",
    Outcome.NOT_SEEN: "MLflow is changed, and nothing here shows it.",
}
_TONES = {
    Outcome.PREVENTED: "ok",
    Outcome.BY_POLICY: "brand",
    Outcome.ALLOWED: "brand",
    Outcome.HANDED_ON: "outline",
    Outcome.DETECTED: "warn",
    Outcome.RECORDED: "warn",
    Outcome.NOT_SEEN: "bad",
}
_ICONS = {
    Outcome.PREVENTED: "shield-check",
    Outcome.BY_POLICY: "scroll-text",
    Outcome.ALLOWED: "check",
    Outcome.HANDED_ON: "check",
    Outcome.DETECTED: "siren",
    Outcome.RECORDED: "scroll-text",
    Outcome.NOT_SEEN: "eye-off",
}
