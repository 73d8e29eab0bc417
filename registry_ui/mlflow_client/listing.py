"""Listing the files of a version's model, where MLflow can: of runs and logged models.

MLflow has no route for the files of a version, and tells sizes but no digests.
"""

import re
from collections import deque
from dataclasses import dataclass

from registry_ui.mlflow_client.answers import JsonObject, understood
from registry_ui.mlflow_client.connection import Connection
from registry_ui.mlflow_client.entities import FileList
from registry_ui.mlflow_client.errors import MLflowUnreadable
from registry_ui.mlflow_client.files import RUN_SOURCE

MOST_FILES = 1_000
MOST_FOLDERS = 50
"""How many are asked for, each by a request of its own."""

_MOST_HOPS = 5
_LOGGED_MODEL = re.compile(r"models:/+(?P<model_id>m-[0-9a-zA-Z]+)/?")
_COPY = re.compile(r"models:/+(?P<name>.+)/(?P<number>[0-9]+)/?")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where MLflow lists files.

    Attributes:
        path: of the API.
        params: that it takes whatever the folder.
        folder_param: the name of the one that says which folder.
        root: the folder of the model; empty where it is all there is.
    """

    path: str
    params: JsonObject
    folder_param: str
    root: str


def list_files(connection: Connection, source: str, run_id: str) -> FileList:
    """Return the files below a version's source.

    Args:
        connection: to MLflow.
        source: of the version, as MLflow tells it.
        run_id: of the version; empty without one.

    Raises:
        MLflowNotFound: what the source names is gone.
        MLflowUnreadable: the source names neither a run nor a logged model.
    """
    place = _place(connection, source, run_id)
    waiting = deque([place.root])
    sizes: dict[str, int | None] = {}
    for _ in range(MOST_FOLDERS):
        if not waiting or len(sizes) > MOST_FILES:
            break
        for path, size, is_folder in _listed(connection, place, waiting.popleft()):
            if is_folder:
                waiting.append(path)
            else:
                sizes[_below(place.root, path)] = size
    kept = dict(sorted(sizes.items())[:MOST_FILES])
    return FileList(kept, is_cut=bool(waiting) or len(kept) < len(sizes))


def _place(connection: Connection, source: str, run_id: str) -> _Place:
    for _ in range(_MOST_HOPS):
        if found := _LOGGED_MODEL.fullmatch(source):
            path = f"logged-models/{found['model_id']}/artifacts/directories"
            return _Place(path, {}, "artifact_directory_path", "")
        if found := RUN_SOURCE.fullmatch(source):
            return _of_run(found["run_id"], found["folder"])
        copied = _COPY.fullmatch(source)
        if copied is None:
            break
        source, run_id = _origin(connection, copied["name"], copied["number"])
    inside = re.fullmatch(rf".*/{re.escape(run_id)}/artifacts/(?P<folder>.+)", source)
    if run_id and inside:
        return _of_run(run_id, inside["folder"])
    raise MLflowUnreadable(
        "MLflow lists the files of runs and of logged models only; the version's"
        " source is neither."
    )


def _of_run(run_id: str, folder: str) -> _Place:
    root = folder.strip("/")
    return _Place("artifacts/list", {"run_id": run_id}, "path", root)


def _origin(connection: Connection, name: str, number: str) -> tuple[str, str]:
    """Return source and run of the version that another is a copy of."""
    answer = connection.get("model-versions/get", {"name": name, "version": number})
    version = understood(lambda it: dict(it["model_version"]), answer)
    return str(version.get("source") or ""), str(version.get("run_id") or "")


def _listed(
    connection: Connection, place: _Place, folder: str
) -> list[tuple[str, int | None, bool]]:
    """Return path, size in bytes, and whether it is a folder, of what a folder has."""
    params = place.params | ({place.folder_param: folder} if folder else {})
    answer = connection.get(place.path, params)
    return understood(lambda it: [_entry(one) for one in it.get("files", [])], answer)


def _entry(entry: JsonObject) -> tuple[str, int | None, bool]:
    size = entry.get("file_size")
    is_folder = bool(entry.get("is_dir"))
    return str(entry["path"]), None if size is None else int(size), is_folder


def _below(root: str, path: str) -> str:
    return path.removeprefix(f"{root}/") if root else path
