"""Errors whose text a user may see."""


class ActionError(Exception):
    """Something a user asked for cannot be done; the text says why and what to do."""


class StaleReviewError(ActionError):
    """What a decision rests on has changed since the page was opened."""


class AlreadyExistsError(ActionError):
    """The thing to create is there already."""
