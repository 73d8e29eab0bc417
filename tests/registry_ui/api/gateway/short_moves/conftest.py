"""A model that can be moved, and policies that ask for something."""

from collections.abc import Callable

import pytest
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.policies import apply_policies
from registry_ui.policies import PolicyDefinition
from registry_ui.policies.definition import Freeze
from tests.registry_ui.api.gateway.short_moves.calling import registered


@pytest.fixture
def guarded() -> None:
    """Let each target ask for something, so that each move looks before it writes."""
    guard("stage:*", "alias:*")


@pytest.fixture
def others_guarded() -> None:
    """Let only targets ask for something that no test moves anything into."""
    guard("stage:Production", "alias:live")


def guard(*targets: str) -> None:
    """Let a policy ask for what anybody can give: that it is not long ago."""
    careful = PolicyDefinition(
        name="careful",
        targets=targets,
        excluded=(),
        direct=True,
        freezes=(Freeze(starts="2020-12-20T18:00", ends="2021-01-04T08:00"),),
    )
    apply_policies([careful], actor=None)


@pytest.fixture
def churn(sync: Callable[[], None], plain: PlainClient, name: str) -> str:
    registered(plain, name)
    sync()
    return name
