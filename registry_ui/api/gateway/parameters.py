"""What MLflow's calls take, with MLflow's names; what MLflow ignores is ignored."""

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from registry_ui.api.dialect.parameters import (
    Id,
    Name,
    Parameters,
    Texts,
    as_number,
)
from registry_ui.api.texts import Text
from registry_ui.mlflow_client import JsonObject

_CAPITAL = re.compile("[A-Z]")

Count = Annotated[int, Field(strict=True), BeforeValidator(as_number)]


class Given(Parameters):
    """Parameters of a call that is handed on."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _in_snake_case(cls, data: Any) -> Any:
        """Take `newName` for `new_name`, as protocol buffers do."""
        if not isinstance(data, dict):
            return data
        found: dict[str, Any] = {}
        for name, value in data.items():
            plain = _CAPITAL.sub(lambda capital: f"_{capital[0].lower()}", name)
            if found.setdefault(plain, value) != value:
                raise ValueError(f"`{plain}` is given twice")
        return found

    def sent(self) -> JsonObject:
        """Return what is handed on: what was given, and nothing else."""
        return self.model_dump(exclude_unset=True)


class Nothing(Given):
    """A call without parameters."""


class ModelName(Given):
    """Which model."""

    name: Name


class VersionName(ModelName):
    """Which version; that the number is one, MLflow checks or the look-up."""

    version: Id


class AliasName(ModelName):
    """Which alias."""

    alias: Name


class LatestVersions(ModelName):
    """The newest versions of which stages."""

    REPEATED: ClassVar[frozenset[str]] = frozenset({"stages"})

    stages: Texts = ()


class Search(Given):
    """Which models or versions, and which page of them."""

    REPEATED: ClassVar[frozenset[str]] = frozenset({"order_by"})

    filter: Text = ""
    max_results: Count | None = None
    order_by: Texts = ()
    page_token: Text = ""
