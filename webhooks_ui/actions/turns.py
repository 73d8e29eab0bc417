"""Whose turn it is, of the threads of this process, to claim."""

from threading import Event, Lock


class Turn:
    """One thread of a process claims at a time.

    More of them would send nothing sooner: they compute by turns anyway, and wait for
    each other's row locks. Whoever comes meanwhile leaves a wish and goes; whoever has
    the turn looks again then. Any number of processes may claim side by side.
    """

    def __init__(self) -> None:
        """Make one that nobody has."""
        self._lock = Lock()
        self._wish = Event()

    def wish(self) -> None:
        """Ask for a look at what is due, by whoever has the turn."""
        self._wish.set()

    @property
    def is_wished(self) -> bool:
        """Has somebody asked since the last look?"""
        return self._wish.is_set()

    def grant(self) -> None:
        """Say that a look begins now; only who has the turn may."""
        self._wish.clear()

    def take(self) -> bool:
        """Take the turn if a look is wished and nobody has it.

        A wish and this call after it, and a look at the wish after the turn was given
        back: one of the two always sees the other.
        """
        return self.is_wished and self._lock.acquire(blocking=False)

    def give_back(self) -> None:
        """Let another thread claim."""
        self._lock.release()
