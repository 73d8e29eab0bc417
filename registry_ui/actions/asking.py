"""Asking MLflow for one file among many: that it cannot be read is an answer, too."""

from collections.abc import Callable
from typing import TypeVar

from registry_ui.mlflow_client import (
    MLflowClient,
    MLflowError,
    MLflowNotFound,
    MLflowUnreadable,
)

_Content = TypeVar("_Content")


def asked(
    registry: MLflowClient, read: Callable[[], _Content]
) -> tuple[_Content | None, str]:
    """Return what was read, or why it could not be.

    Raises:
        MLflowError: it is not the file: MLflow does not answer anything else either.
    """
    try:
        return read(), ""
    except (MLflowNotFound, MLflowUnreadable) as error:
        return None, str(error)
    except MLflowError as error:
        registry.ping()
        return None, str(error)
