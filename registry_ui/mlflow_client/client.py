"""MLflowClient: what the registry asks of MLflow, each in as few requests as can be."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from registry_ui.mlflow_client import parsing, runs
from registry_ui.mlflow_client.answers import JsonObject
from registry_ui.mlflow_client.connection import Connection, Cost
from registry_ui.mlflow_client.entities import (
    PROMPT_TAG,
    FileList,
    Holders,
    MetricPoint,
    ModelFile,
    ModelInfo,
    RunInfo,
    VersionInfo,
)
from registry_ui.mlflow_client.errors import MLflowNotFound, not_found
from registry_ui.mlflow_client.files import digest_file, read_file
from registry_ui.mlflow_client.filters import PROMPTS, name_filter
from registry_ui.mlflow_client.listing import list_files
from registry_ui.mlflow_client.model_file import (
    MAX_INPUT_EXAMPLE_BYTES,
    MAX_MODEL_FILE_BYTES,
    MAX_REQUIREMENTS_BYTES,
    parse_model_file,
    parse_requirements,
    parse_text,
)
from registry_ui.mlflow_client.paging import fitting, pages
from registry_ui.mlflow_client.relay import Relay
from registry_ui.mlflow_client.server import server_version

_VERSIONS_A_PAGE = 10_000
_ACTIVE_STAGES = {"staging", "production"}


class MLflowClient:
    """Speaks to one MLflow server; threads may share it, forked processes may not.

    Every method may raise `MLflowUnavailable`, and `MLflowRefused` where our account
    may not do it. Prompts, which MLflow stores as registered models, do not exist here,
    nor do models whose names are longer than MLflow's own column (`NAME_LENGTH`).
    """

    def __init__(self, uri: str, *, timeout_seconds: float = 10.0) -> None:
        """Read credentials and TLS settings; nothing is sent yet.

        Args:
            uri: of the server, with its static prefix if it has one. A user and
                password in it beat those of the environment.
            timeout_seconds: how long MLflow may stay silent; a whole answer may take
                three times as long.

        Raises:
            MLflowError: the URI or MLflow's environment variables cannot be used.
        """
        self._connection = Connection(uri, timeout_seconds=timeout_seconds)
        self.relay = Relay(self._connection)

    @property
    def address(self) -> str:
        """The URI without credentials, fit to be shown."""
        return self._connection.address

    @property
    def cost(self) -> Cost:
        """What was asked of MLflow through this client so far."""
        return self._connection.cost

    def ping(self) -> str:
        """Return MLflow's version, after a read that needs our account to be let in.

        `/version` alone answers also where the host name or the sign-in is refused.
        """
        return server_version(self._connection)

    # Reading the registry

    def iter_models(
        self, *, page_size: int = 1000, prompts: bool = False
    ) -> Iterator[list[ModelInfo]]:
        """Yield all models in pages by name, prompts left out; or all prompts.

        MLflow pages by offset: a model created or deleted meanwhile can make a
        neighbour come twice or be missed. Ordered by name, other writes are harmless.

        Args:
            page_size: 1 to 1,000.
            prompts: alone?
        """
        yield from self._search_models(PROMPTS if prompts else "", page_size)

    def iter_versions(
        self, *, name: str | None = None, page_size: int = 1000
    ) -> Iterator[list[VersionInfo]]:
        """Yield the versions of one model or of all, by name and number.

        Aliases are None: MLflow's search does not tell them. What `iter_models` says of
        its paging holds here too.

        Args:
            page_size: 1 to 200,000; MLflow needs about 17 kB of memory a version.
        """
        params: JsonObject = {
            "max_results": page_size,
            "order_by": ["name ASC", "version_number ASC"],
        }
        if name is not None:
            params["filter"] = name_filter(name)
        for page in pages(self._connection, "model-versions/search", params):
            found = fitting(parsing.found_version_info, page, "model_versions")
            yield [item for item in found if name is None or item.name == name]

    def iter_touched_versions(self, *, page_size: int) -> Iterator[list[VersionInfo]]:
        """Yield all versions, the last touched ones first; aliases are None.

        A touch is a creation, a transition, another description, or a rename of the
        model: tags and aliases are none. While others write, rows move to the front,
        so that one may come twice; a deletion can hide one between two pages.
        """
        params: JsonObject = {
            "max_results": page_size,
            "order_by": ["last_updated_timestamp DESC", "name ASC"],
        }
        for page in pages(self._connection, "model-versions/search", params):
            yield fitting(parsing.found_version_info, page, "model_versions")

    def find_model(self, name: str) -> ModelInfo | None:
        """Return the model or prompt of this name; None where there is neither.

        Searches hide a model that somebody's tag has made a prompt; this does not. It
        costs MLflow a look at each version of the model.
        """
        try:
            found = self._connection.get("registered-models/get", {"name": name})
        except MLflowNotFound:
            return None
        return parsing.model_in(found)

    def get_model(self, name: str) -> ModelInfo:
        """Return one model with its tags and aliases.

        Searched for, since MLflow's own get reads all versions of the model.

        Raises:
            MLflowNotFound: there is none of this name.
        """
        for page in self._search_models(name_filter(name), page_size=100):
            for model in page:
                if model.name == name:
                    return model
        raise not_found(f"MLflow has no registered model {name}.")

    def get_version(self, name: str, number: int) -> VersionInfo:
        """Return one version with its aliases.

        Raises:
            MLflowNotFound: there is none, or it was deleted.
        """
        params = {"name": name, "version": str(number)}
        payload = self._connection.get("model-versions/get", params)
        version = parsing.version_in(payload)
        if version.tags.get(PROMPT_TAG) == "true":
            raise not_found(f"{name} is a prompt, not a registered model.")
        return version

    def get_version_by_alias(self, name: str, alias: str) -> VersionInfo:
        """Return the version that an alias points to; `MLflowNotFound` if none."""
        params = {"name": name, "alias": alias}
        payload = self._connection.get("registered-models/alias", params)
        return parsing.version_in(payload)

    def holders(self, name: str) -> Holders:
        """Return who is in which stage and behind which alias now.

        MLflow cannot filter by stage, so this reads all versions of the model: about
        0.3 ms for each. It is not one snapshot: MLflow has none.

        Raises:
            MLflowNotFound: there is no model of this name.
        """
        try:
            model = self.get_model(name)
        except MLflowNotFound:
            hidden = self.find_model(name)
            if hidden is None:
                raise
            model = hidden
        stages: dict[str, list[int]] = defaultdict(list)
        for page in self.iter_versions(name=name, page_size=_VERSIONS_A_PAGE):
            for version in page:
                stages[version.stage].append(version.number)
        return Holders(
            created_at=model.created_at,
            stages={stage: tuple(sorted(set(held))) for stage, held in stages.items()},
            aliases=model.aliases,
            is_prompt=model.is_prompt,
        )

    # Writing to the registry

    def transition_stage(
        self, name: str, number: int, stage: str, *, archive_existing: bool
    ) -> VersionInfo:
        """Move a version to a stage; with `archive_existing`, archive who is there.

        MLflow archives others only from Staging and Production and fails where it is
        asked to for another stage, so there the flag is not sent.
        """
        archive = archive_existing and stage.casefold() in _ACTIVE_STAGES
        body = _version_body(name, number) | {
            "stage": stage,
            "archive_existing_versions": archive,
        }
        path = "model-versions/transition-stage"
        return parsing.version_in(self._connection.write("POST", path, body))

    def set_alias(self, name: str, alias: str, number: int) -> None:
        """Set an alias, or move it from the version that has it."""
        body = _version_body(name, number) | {"alias": alias}
        self._connection.write("POST", "registered-models/alias", body)

    def delete_alias(self, name: str, alias: str) -> None:
        """Remove an alias; it is no error where there is none."""
        body = {"name": name, "alias": alias}
        self._connection.write("DELETE", "registered-models/alias", body)

    def create_model(self, name: str, description: str) -> ModelInfo:
        """Register a model.

        Raises:
            MLflowRefused: the name is taken, or will not do.
        """
        body = {"name": name, "description": description}
        payload = self._connection.write("POST", "registered-models/create", body)
        return parsing.model_in(payload)

    def rename_model(self, name: str, new_name: str) -> ModelInfo:
        """Give a model another name; versions, tags and aliases go with it.

        Raises:
            MLflowRefused: the new name is taken, or will not do.
        """
        body = {"name": name, "new_name": new_name}
        payload = self._connection.write("POST", "registered-models/rename", body)
        return parsing.model_in(payload)

    def delete_model(self, name: str) -> None:
        """Delete a model with all its versions, for good."""
        self._connection.write("DELETE", "registered-models/delete", {"name": name})

    def delete_version(self, name: str, number: int) -> None:
        """Delete a version; its number is never used again while the model lives."""
        body = _version_body(name, number)
        self._connection.write("DELETE", "model-versions/delete", body)

    def set_version_tag(self, name: str, number: int, key: str, value: str) -> None:
        """Set a tag of a version."""
        body = _version_body(name, number) | {"key": key, "value": value}
        self._connection.write("POST", "model-versions/set-tag", body)

    def delete_version_tag(self, name: str, number: int, key: str) -> None:
        """Remove a tag of a version; it is no error where there is none."""
        body = _version_body(name, number) | {"key": key}
        self._connection.write("DELETE", "model-versions/delete-tag", body)

    def set_model_tag(self, name: str, key: str, value: str) -> None:
        """Set a tag of a model."""
        body = {"name": name, "key": key, "value": value}
        self._connection.write("POST", "registered-models/set-tag", body)

    def delete_model_tag(self, name: str, key: str) -> None:
        """Remove a tag of a model; it is no error where there is none."""
        body = {"name": name, "key": key}
        self._connection.write("DELETE", "registered-models/delete-tag", body)

    def update_model(self, name: str, description: str) -> ModelInfo:
        """Change a model's description, the only thing that MLflow lets change."""
        body = {"name": name, "description": description}
        payload = self._connection.write("PATCH", "registered-models/update", body)
        return parsing.model_in(payload)

    def update_version(self, name: str, number: int, description: str) -> VersionInfo:
        """Change a version's description."""
        body = _version_body(name, number) | {"description": description}
        payload = self._connection.write("PATCH", "model-versions/update", body)
        return parsing.version_in(payload)

    # Runs and files: the evidence

    def get_runs(self, run_ids: Sequence[str]) -> dict[str, RunInfo]:
        """Return the runs that exist, deleted ones too, by id; see `iter_runs`."""
        return {
            run.run_id: run
            for _, found in self.iter_runs(run_ids)
            for run in found.values()
        }

    def iter_runs(
        self, run_ids: Iterable[str]
    ) -> Iterator[tuple[Sequence[str], dict[str, RunInfo]]]:
        """Yield ids that were asked for together, and those of their runs that exist.

        Hand in many ids at once: each call first lists all experiments, without which
        MLflow finds no run. Ids that MLflow cannot have made are found nowhere.
        """
        return runs.iter_runs(self._connection, run_ids)

    def metric_history(
        self, run_id: str, key: str, *, most: int | None = None
    ) -> list[MetricPoint]:
        """Return all logged values of one metric, by step and time; none is [].

        Args:
            run_id: of the run.
            key: the metric's name.
            most: stop after about so many points, the first by time of logging; at
                least this many mean that there may be more.

        Raises:
            MLflowNotFound: there is no such run (MLflow may answer with [] instead).
        """
        return runs.metric_history(self._connection, run_id, key, most=most)

    def read_model_file(self, name: str, number: int) -> ModelFile:
        """Return what the version's MLmodel file says.

        Raises:
            MLflowNotFound: there is no such version, or it has no MLmodel file.
            MLflowUnreadable: MLflow cannot fetch it, or it cannot be understood.
        """
        path, limit = "MLmodel", MAX_MODEL_FILE_BYTES
        content = read_file(self._connection, name, number, path, limit=limit)
        return parse_model_file(content)

    def read_requirements(self, name: str, number: int) -> list[str]:
        """Return the lines of the version's requirements.txt, without comments.

        Raises:
            MLflowNotFound: there is no such version, or it has no such file.
            MLflowUnreadable: MLflow cannot fetch it.
        """
        path, limit = "requirements.txt", MAX_REQUIREMENTS_BYTES
        content = read_file(self._connection, name, number, path, limit=limit)
        return parse_requirements(content)

    def read_input_example(self, name: str, number: int, path: str) -> str:
        """Return the text of the example that the model was logged with.

        Args:
            name: of the model.
            number: of the version.
            path: `ModelFile.input_example_path`.

        Raises:
            MLflowNotFound: there is no such version or file.
            MLflowUnreadable: it is larger than 64 KiB, or MLflow cannot fetch it.
        """
        limit = MAX_INPUT_EXAMPLE_BYTES
        content = read_file(self._connection, name, number, path, limit=limit)
        return parse_text(content)

    def list_files(self, source: str, run_id: str) -> FileList:
        """Return the files of a version's model, at most 1,000 of them.

        Args:
            source: of the version.
            run_id: of the version; empty without one.

        Raises:
            MLflowNotFound: the run or logged model is gone.
            MLflowUnreadable: MLflow cannot list what the source names.
        """
        return list_files(self._connection, source, run_id)

    def digest_file(self, name: str, number: int, path: str, *, limit: int) -> str:
        """Return the SHA-256 of a version's file, as hex digits; read, but not kept.

        Raises:
            MLflowNotFound: there is no such version or file.
            MLflowUnreadable: it is larger than `limit` bytes, or cannot be fetched.
        """
        return digest_file(self._connection, name, number, path, limit=limit)

    # How

    def _search_models(
        self, name_filter: str, page_size: int
    ) -> Iterator[list[ModelInfo]]:
        params: JsonObject = {"max_results": page_size, "order_by": "name ASC"}
        if name_filter:
            params["filter"] = name_filter
        for page in pages(self._connection, "registered-models/search", params):
            yield fitting(parsing.model_info, page, "registered_models")


def _version_body(name: str, number: int) -> JsonObject:
    return {"name": name, "version": str(number)}
