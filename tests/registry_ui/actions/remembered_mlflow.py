"""A registry that is remembered, not stored: as fast as random tests need it.

`test_remembered_mlflow.py` holds it against a real MLflow.
"""

from datetime import datetime

from registry_ui.mlflow_client import Holders, MLflowClient


class RememberedMLflow(MLflowClient):
    """One registered model, as far as applying a plan goes."""

    def __init__(
        self, created_at: datetime, stages: dict[int, str], aliases: dict[str, int]
    ) -> None:
        super().__init__("http://127.0.0.1:9")  # nobody listens there
        self.created_at = created_at
        self.stages = stages
        self.aliases = aliases

    def holders(self, name: str) -> Holders:
        """Return who is where, by stage."""
        stages: dict[str, list[int]] = {}
        for number, stage in sorted(self.stages.items()):
            stages.setdefault(stage, []).append(number)
        return Holders(
            created_at=self.created_at,
            stages={stage: tuple(numbers) for stage, numbers in stages.items()},
            aliases=dict(self.aliases),
        )

    def transition_stage(  # type: ignore[override] # applying a plan reads back itself
        self, name: str, number: int, stage: str, *, archive_existing: bool
    ) -> None:
        """Move the version; others that were in the stage are archived if asked for."""
        if archive_existing:
            for other, held in self.stages.items():
                self.stages[other] = "Archived" if held == stage else held
        self.stages[number] = stage

    def set_alias(self, name: str, alias: str, number: int) -> None:
        """Let the alias point to the version."""
        self.aliases[alias] = number

    def delete_alias(self, name: str, alias: str) -> None:
        """Let it point nowhere."""
        self.aliases.pop(alias, None)
