"""How often a process that stays looks for garbage."""

import gc

_NEW_OBJECTS = 20_000  # before the next look; Python's default is 700


def look_for_garbage_less_often() -> None:
    """Keep all that is loaded out of garbage collection: it stays with the process.

    To look through it again and again took a seventh of the time of deliveries, and to
    look through a batch of them while it is under way a twentieth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
