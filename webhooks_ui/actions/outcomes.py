"""What came of sending one message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How sending ended.

    Attributes:
        error: a sentence, empty where it was sent.
        is_final: it is of no use to try again.
        is_channel_down: the next message would fare alike.
    """

    error: str = ""
    is_final: bool = False
    is_channel_down: bool = False
