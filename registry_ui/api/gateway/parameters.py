"""What MLflow's calls take, with MLflow's names; what MLflow ignores is ignored."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from registry_ui.api.dialect.parameters import (
    Id,
    Name,
    Parameters,
    Texts,
    Truth,
    as_number,
)
from registry_ui.api.texts import Text
from registry_ui.mlflow_client import JsonObject

_CAPITAL = re.compile("[A-Z]")

_MISSING = (
    "Missing value for required parameter '{}'. See the API docs for more information"
    " about request parameters."
)
"""Source: `_validate_param_against_schema` of MLflow's handlers."""

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

    @classmethod
    def complaints(cls, error: ValidationError) -> Iterable[str]:
        """Return what is wrong; of what is missing the first, in MLflow's words."""
        for item in error.errors(include_url=False):
            if item["type"] == "missing" or item["input"] == "":
                yield _MISSING.format(item["loc"][-1])
                return
        yield from super().complaints(error)

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


class Tag(Given):
    """A tag of something new."""

    key: Text
    value: Text = ""


class _WithTags(Given):
    tags: tuple[Tag, ...] = ()

    @property
    def tag_values(self) -> dict[str, str]:
        """Return the tags; of two with one key MLflow takes the last."""
        return {tag.key: tag.value for tag in self.tags}


class NewModel(ModelName, _WithTags):
    """A model to register."""

    description: Text = ""
    deployment_job_id: Text = ""


class NewVersion(ModelName, _WithTags):
    """A version to register."""

    source: Name
    run_id: Text = ""
    run_link: Text = ""
    description: Text = ""
    model_id: Text = ""


class ModelDescription(ModelName):
    """What a model is."""

    description: Text = ""
    deployment_job_id: Text = ""


class VersionDescription(VersionName):
    """What a version is."""

    description: Text = ""


class NewName(ModelName):
    """Another name for a model."""

    new_name: Name


class ModelTag(ModelName):
    """A tag of a model, and its value where it is set."""

    key: Name
    value: Text = ""


class VersionTag(VersionName):
    """A tag of a version, and its value where it is set."""

    key: Name
    value: Text = ""


class Transition(VersionName):
    """Where a version goes."""

    stage: Name
    archive_existing_versions: Truth = False


class AliasMove(AliasName):
    """The version that an alias shall point to."""

    version: Id


class WebhookId(Given):
    """Which of MLflow's webhooks."""

    webhook_id: Name


class Webhook(Given):
    """What a webhook of MLflow's is; MLflow checks all of it."""

    model_config = ConfigDict(extra="allow", frozen=True)


class WebhookChange(Webhook):
    """What changes of one of MLflow's webhooks."""

    webhook_id: Name
