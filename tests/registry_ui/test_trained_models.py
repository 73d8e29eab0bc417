"""Models of three libraries: is what is compared what MLflow and the files say?"""

import json
from typing import Any

import pytest

from registry_ui.actions.evidence import ALL, read_evidence
from registry_ui.actions.facts import versions_facts
from registry_ui.actions.sync import sync_mirror
from registry_ui.comparison import Comparison, Compatibility, Verdict, compare
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Level, ModelVersion
from tests.factories import make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.views.reading import browser, text
from tests.told import run_program, told_by_mlflow

pytestmark = pytest.mark.django_db
LINEAR, ONNX, SCALER = "linear", "linear-onnx", "scaler"


@pytest.fixture(scope="module")
def told(mlflow_server: MLflowServer) -> dict[str, Any]:
    """What MLflow's client and the files say of each version."""
    run_program("tests.registry_ui.training", mlflow_server.uri)
    return told_by_mlflow(mlflow_server.uri, LINEAR, ONNX, SCALER)


@pytest.fixture
def versions(
    mlflow_server: MLflowServer, told: dict[str, Any]
) -> dict[str, ModelVersion]:
    """The same in the mirror, with all evidence read."""
    client = MLflowClient(mlflow_server.uri)
    sync_mirror(client)
    read_evidence(client, client, bound=ALL)
    rows = ModelVersion.objects.with_evidence()
    return {
        version.compare_key: version for version in rows if version.compare_key in told
    }


def compared(*versions: ModelVersion) -> Comparison:
    return compare(versions_facts(versions))


def test_each_fact_is_what_mlflow_and_the_files_say(
    told: dict[str, Any], versions: dict[str, ModelVersion]
) -> None:
    assert set(versions) == {f"{LINEAR}/1", f"{LINEAR}/2", f"{ONNX}/1", f"{SCALER}/1"}
    for key, version in versions.items():
        (facts,), expected = versions_facts([version]), told[key]
        signature = facts.signature or {}
        assert facts.evidence_errors == ()
        assert facts.metrics == expected["metrics"]
        assert facts.params == expected["params"]
        data = [[one.name, one.digest] for one in facts.datasets]
        assert data == expected["datasets"]
        for part in ("inputs", "outputs", "params"):
            assert _parsed(signature[part]) == _parsed(expected["signature"][part])
        assert sorted(facts.flavors) == expected["flavors"]
        assert facts.model_size_bytes == expected["size"]
        assert facts.mlflow_version == expected["mlflow"]
        assert facts.python_version == expected["python"]
        assert list(facts.requirements) == [*filter(None, expected["requirements"])]
        assert version.evidence.input_example == expected["example"]
        assert facts.files == expected["files"]
        assert facts.model_file == expected["model_file"]


def _parsed(part: Any) -> Any:
    return json.loads(part) if isinstance(part, str) else part


def test_two_versions_of_one_model_differ_as_they_were_made(
    told: dict[str, Any], versions: dict[str, ModelVersion]
) -> None:
    found = compared(versions[f"{LINEAR}/1"], versions[f"{LINEAR}/2"])

    loss = next(row for row in found.metrics if row.name == "val_loss")
    assert [cell.value for cell in loss.cells] == [
        told[f"{LINEAR}/{number}"]["metrics"]["val_loss"] for number in (1, 2)
    ]
    assert loss.cells[1].verdict is Verdict.BETTER
    strength = next(row for row in found.params if row.name == "C")
    assert [cell.value for cell in strength.cells] == ["0.25", "0.5"]
    assert found.signature.verdicts[1] is Compatibility.BREAKING
    assert any("visits" in reason for reason in found.signature.reasons[1])
    numpy = next(row for row in found.requirements if row.name == "numpy")
    assert (numpy.cells[1].text, numpy.cells[1].step) == ("2.2.0", "minor")
    assert found.datasets.is_comparable[1] is False


def test_models_of_three_libraries_are_laid_side_by_side(
    versions: dict[str, ModelVersion],
) -> None:
    found = compared(*versions.values())

    flavors = next(row for row in found.environment if row.name == "Flavors")
    assert {cell.value for cell in flavors.cells} >= {
        "python_function, sklearn",
        "onnx, python_function",
    }
    reader = browser(make_user(level=Level.CAN_READ))
    query = "&".join(f"v={key}" for key in versions)
    page = text(reader, f"/compare/?{query}")
    for words in ("python_function", "float32", "solver", "numpy"):
        assert words in page
