"""Each section of a comparison in the demo is what MLflow's client and files say."""

import json
import math
import re
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from config.demo import catalog
from config.demo.plans import ModelPlan
from registry_ui.comparison.numbers import format_bytes
from tests.running import RunningSignoff
from tests.told import told_by_mlflow

Told = dict[str, Any]
_LOWER_IS_BETTER = re.compile(r"loss|rmse|mae|error")
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(==(?P<version>[\w.]+))?")


@pytest.fixture(scope="module")
def told(demo: RunningSignoff) -> dict[str, Told]:
    """What MLflow and the files say of each version of the demo."""
    return told_by_mlflow(demo.mlflow_uri, *(plan.name for plan in catalog.MODELS))


@pytest.fixture(scope="module")
def ask(demo: RunningSignoff) -> Callable[[str], Any]:
    """Ask Signoff as the demo's admin."""
    token = demo.manage("api_token", "ada", SIGNOFF_DEMO="1").split()[-1]

    def get(path: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{demo.url}{path}", headers=headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)

    return get


def _leaves(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return an MLmodel file by dotted keys, at most three deep."""
    found: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value and prefix.count(".") < 2:
            found |= _leaves(value, f"{prefix}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            found[f"{prefix}{key}"] = text
    return found


def _columns(part: str, told: Told, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the types of a signature's columns, by position if the rows are."""
    found = {}
    is_by_position = any(row["name"].startswith("#") for row in rows)
    specs = json.loads(told["signature"][part] or "[]")
    for position, spec in enumerate(specs, 1):
        text = spec["type"]
        if text == "tensor":
            tensor = spec["tensor-spec"]
            shape = ", ".join("any" if n < 0 else str(n) for n in tensor["shape"])
            text = f"{tensor['dtype']} tensor ({shape})"
        found[f"#{position}" if is_by_position else spec["name"]] = text
    return found


def _requirements(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in filter(None, lines):
        parts = _REQUIREMENT.fullmatch(line)
        assert parts, line
        found[parts["name"].lower()] = parts["version"] or "any version"
    return found


SECTIONS: dict[str, Callable[[Told], dict[str, Any]]] = {
    "metrics": lambda told: told["metrics"],
    "parameters": lambda told: told["params"],
    "tags": lambda told: told["tags"],
    "requirements": lambda told: _requirements(told["requirements"]),
    "environment": lambda told: {
        "Python": told["python"],
        "MLflow": told["mlflow"],
        "Flavors": ", ".join(told["flavors"]),
        "Model size": format_bytes(told["size"]),
    },
    "files": lambda told: {path: f"{size:,} B" for path, size in told["files"].items()},
    "model_file": lambda told: _leaves(told["model_file"]),
    "input_example": lambda told: {"Input example": told["example"]},
    "datasets": lambda told: {
        f"{name} (training)": digest for name, digest in told["datasets"]
    },
    "lineage": lambda told: {
        "Run": told["run"],
        "Experiment": told["experiment"],
        "User": told["user"],
        "Source": told["source"],
        "Git commit": told["commit"],
        "Created": f"{_instant(told['created']):%Y-%m-%d %H:%M} UTC",
        "Description": told["description"],
    },
}


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _rows(section: list[dict[str, Any]], index: int) -> dict[str, Any]:
    """Return the values that one version has in the section, by row."""
    cells = {row["name"]: row["cells"][index] for row in section}
    values = {name: cell.get("value", cell.get("text")) for name, cell in cells.items()}
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize("plan", catalog.MODELS, ids=lambda plan: plan.name)
def test_each_section_is_what_mlflow_and_the_files_say(
    plan: ModelPlan, told: dict[str, Told], ask: Callable[[str], Any]
) -> None:
    keys = [f"{plan.name}/{number}" for number in range(1, len(plan.versions) + 1)]

    found = ask(f"/api/v1/compare?{'&'.join(f'v={key}' for key in keys)}")

    for index, key in enumerate(keys):
        version = found["versions"][index]
        assert version["stage"] == told[key]["stage"]
        assert version["aliases"] == told[key]["aliases"]
        for section, expected in SECTIONS.items():
            assert _rows(found[section], index) == expected(told[key]), (key, section)
        for part in ("inputs", "outputs", "params"):
            rows = found[f"signature_{part.replace('params', 'parameters')}"]
            assert _rows(rows, index) == _columns(part, told[key], rows), key


@pytest.mark.parametrize("plan", catalog.MODELS, ids=lambda plan: plan.name)
def test_each_change_is_the_difference_to_the_baseline(
    plan: ModelPlan, told: dict[str, Told], ask: Callable[[str], Any]
) -> None:
    before, after = len(plan.versions) - 1, len(plan.versions)
    base, candidate = (told[f"{plan.name}/{n}"] for n in (before, after))

    found = ask(f"/api/v1/compare?v={plan.name}/{before}&v={plan.name}/{after}")

    for row in found["metrics"]:
        name, cell = row["name"], row["cells"][1]
        assert row["direction"] == (
            "lower" if _LOWER_IS_BETTER.search(name) else "higher"
        )
        old, new = base["metrics"].get(name), candidate["metrics"].get(name)
        if old is None or new is None:
            assert cell["change"] is None
            continue
        assert math.isclose(cell["change"], new - old, abs_tol=1e-12)
        gained = old - new if row["direction"] == "lower" else new - old
        verdict = "same" if gained == 0 else "better" if gained > 0 else "worse"
        assert cell["verdict"] == verdict
    for section in ("parameters", "tags", "files", "model_file", "datasets"):
        old_rows, new_rows = (_rows(found[section], index) for index in (0, 1))
        for row in found[section]:
            name = row["name"]
            assert row["cells"][1]["change"] == (
                "added"
                if name not in old_rows
                else "removed"
                if name not in new_rows
                else "same"
                if old_rows[name] == new_rows[name]
                else "changed"
            )
    of_data = [dict(one["datasets"]) for one in (base, candidate)]
    assert found["versions"][1]["data_comparable"] == (of_data[0] == of_data[1])
