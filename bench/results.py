"""What was measured, and whether it is within its goal."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

TIMES = "\N{MULTIPLICATION SIGN}"
_SECOND, _TENTH = 1.0, 0.1


@dataclass(frozen=True, slots=True)
class Result:
    """One budget.

    Attributes:
        what: is measured.
        against: its peer, in the same run; empty where the goal is absolute.
        limit: the goal, in `unit`.
        unit: `TIMES` the peer, `MB`, or `%`.
        figures: one a round, in `unit`; none where it was not measured.
        ours: the median, as it is shown.
        theirs: the peer's.
        note: what one must know; or why it was not measured.
    """

    what: str
    against: str
    limit: float
    unit: str = TIMES
    figures: tuple[float, ...] = ()
    ours: str = ""
    theirs: str = ""
    note: str = ""

    @property
    def figure(self) -> float:
        """The median of the rounds."""
        return median(self.figures)

    @property
    def is_held(self) -> bool | None:
        """Is it within the goal? None where it was not measured."""
        return self.figure <= self.limit if self.figures else None

    @property
    def verdict(self) -> str:
        """`held`, `NOT HELD` or `not measured`."""
        return {True: "held", False: "**NOT HELD**", None: "not measured"}[self.is_held]

    @property
    def shown_figure(self) -> str:
        """The median, and the range of the rounds where there are several."""
        if not self.figures:
            return ""
        digits = 2 if self.unit == TIMES else 0
        low, middle, high = (
            f"{number:.{digits}f}"
            for number in (min(self.figures), self.figure, max(self.figures))
        )
        spread = f" ({low} to {high})" if len(self.figures) > 1 else ""
        return f"{middle} {self.unit}{spread}"


def ratio(
    what: str,
    against: str,
    limit: float,
    rounds: Sequence[tuple[float, float]],
    *,
    note: str = "",
) -> Result:
    """Return how our time is to the peer's.

    Args:
        what: is measured.
        against: the peer.
        limit: of ours / theirs.
        rounds: seconds of ours and theirs, taken one right after the other: a busy
            spell of the machine then hits both.
        note: for the reader.
    """
    return Result(
        what,
        against,
        limit,
        figures=tuple(ours / theirs for ours, theirs in rounds),
        ours=shown(median(ours for ours, _ in rounds)),
        theirs=shown(median(theirs for _, theirs in rounds)),
        note=note,
    )


def shown(seconds: float) -> str:
    """Return a time with its unit: `85 ms`, `12.3 s`."""
    if seconds >= _SECOND:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.{int(seconds < _TENTH)}f} ms"
