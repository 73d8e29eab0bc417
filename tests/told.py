"""What MLflow's client and the files say of versions; nothing here is Signoff's.

A program of its own, as MLflow's fluent API keeps its state in the process:
`python -m tests.told <tracking URI> <model>…` prints JSON, by `name/number`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_BY_THE_DOWNLOAD = "registered_model_meta"


def run_program(module: str, *arguments: str) -> str:
    """Run a program of the tests and return its stdout.

    Raises:
        AssertionError: it failed; with what it said.
    """
    finished = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "ignore", "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    return finished.stdout


def told_by_mlflow(mlflow_uri: str, *models: str) -> dict[str, dict[str, Any]]:
    """Return what MLflow's client and the files say of each version of the models."""
    lines = run_program("tests.told", mlflow_uri, *models).splitlines()
    found: dict[str, dict[str, Any]] = json.loads(lines[-1])
    return found


def _tell(models: list[str]) -> dict[str, Any]:
    import mlflow  # noqa: PLC0415 - slow, and of this program alone

    client = mlflow.MlflowClient()
    versions = client.search_model_versions()
    return {
        f"{one.name}/{one.version}": _of_registry(client, one)
        | _of_run(client.get_run(str(one.run_id)))
        | _of_files(f"models:/{one.name}/{one.version}")
        for one in versions
        if one.name in models
    }


def _of_registry(client: Any, version: Any) -> dict[str, Any]:
    return {
        "stage": version.current_stage,
        "aliases": list(
            client.get_model_version(version.name, version.version).aliases
        ),
        "tags": version.tags,
        "source": version.source,
        "description": version.description,
        "created": version.creation_timestamp,
    }


def _of_run(run: Any) -> dict[str, Any]:
    return {
        "metrics": run.data.metrics,
        "params": run.data.params,
        "run": run.info.run_name,
        "experiment": run.info.experiment_id,
        "user": run.data.tags["mlflow.user"],
        "commit": run.data.tags.get("mlflow.source.git.commit", ""),
        "datasets": [
            [used.dataset.name, used.dataset.digest]
            for used in run.inputs.dataset_inputs
        ],
    }


def _of_files(uri: str) -> dict[str, Any]:
    import mlflow  # noqa: PLC0415 - slow, and of this program alone
    import yaml  # noqa: PLC0415

    folder = Path(mlflow.artifacts.download_artifacts(uri))
    described = yaml.safe_load((folder / "MLmodel").read_text())
    example = folder / "input_example.json"
    return {
        "signature": mlflow.models.Model.load(folder).signature.to_dict(),
        "flavors": sorted(described["flavors"]),
        "size": described["model_size_bytes"],
        "mlflow": described["mlflow_version"],
        "python": described["flavors"]["python_function"]["python_version"],
        "requirements": (folder / "requirements.txt").read_text().split("\n"),
        "example": example.read_text() if example.is_file() else "",
        "files": {
            str(path.relative_to(folder)): path.stat().st_size
            for path in folder.rglob("*")
            if path.is_file() and path.name != _BY_THE_DOWNLOAD
        },
        "model_file": {key: described[key] for key in described if key != "signature"},
    }


if __name__ == "__main__":
    import mlflow

    mlflow.set_tracking_uri(sys.argv[1])
    sys.stdout.write(json.dumps(_tell(sys.argv[2:])))
