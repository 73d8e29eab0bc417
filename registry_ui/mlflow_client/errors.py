"""What can go wrong in talking to MLflow. Texts are sentences that a user may see."""


class MLflowError(Exception):
    """Anything that MLflow or the way to it did wrong."""


class MLflowUnavailable(MLflowError):  # noqa: N818 - named for what is the case
    """No usable answer: unreachable, slow, overloaded or not speaking MLflow.

    The same call may work later; whether a write took effect is not known.
    """


class MLflowRefused(MLflowError):  # noqa: N818 - named for what is the case
    """MLflow understood the call and declined it; the same call fails again.

    Attributes:
        status: the HTTP status.
        error_code: MLflow's own, such as `INVALID_PARAMETER_VALUE`.
        message: MLflow's own sentence, shortened.
        classes: the `error_class` and the `sqlstate` of MLflow 3.17 and later.
    """

    def __init__(
        self,
        status: int,
        error_code: str,
        message: str,
        classes: dict[str, str] | None = None,
    ) -> None:
        # All are handed up so that the exception survives pickling.
        super().__init__(status, error_code, message, classes)
        self.status = status
        self.error_code = error_code
        self.message = message
        self.classes = classes or {}

    def __str__(self) -> str:
        return self.message


class MLflowNotFound(MLflowRefused):
    """The model, version, run or file does not exist (any more)."""


class MLflowUnreadable(MLflowError):  # noqa: N818 - named for what is the case
    """A file of a version exists, or should, but cannot be read or understood.

    Trying again soon is of no use: store the reason and go on.
    """


def not_found(message: str) -> MLflowNotFound:
    """Return what MLflow would answer where something is not there."""
    return MLflowNotFound(404, "RESOURCE_DOES_NOT_EXIST", message)
