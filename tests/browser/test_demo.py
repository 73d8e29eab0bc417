"""The demo's registry is real and whole, though its first start was killed amid it."""

from collections import Counter

from config.demo import catalog
from registry_ui.mlflow_client import MLflowClient
from tests.browser.conftest import FIRST_SEEDED
from tests.running import RunningSignoff


def test_the_seed_went_on_where_it_was_killed_and_does_nothing_again(
    demo: RunningSignoff,
) -> None:
    said = [line for line in demo.output if " versions in " in line]
    names = [plan.name for plan in catalog.MODELS]

    assert not any(FIRST_SEEDED in line for line in said)
    assert all(any(name in line for line in said) for name in names[1:])
    assert demo.manage("demo_seed", SIGNOFF_DEMO="1") == ""


def test_the_registry_is_real(demo: RunningSignoff) -> None:
    client = MLflowClient(demo.mlflow_uri)
    expected = {plan.name: len(plan.versions) for plan in catalog.MODELS}
    # Other tests have models of their own.
    models = [
        model
        for page in client.iter_models(page_size=100)
        for model in page
        if model.name in expected
    ]
    versions = [
        version
        for page in client.iter_versions(page_size=1000)
        for version in page
        if version.name in expected
    ]

    assert Counter(version.name for version in versions) == expected
    assert all(model.description and model.tags for model in models)
    stages = {version.stage for version in versions}
    assert stages == {"None", "Staging", "Production", "Archived"}
    aliases = {alias for model in models for alias in model.aliases}
    assert aliases == {"champion", "challenger"}
    runs = client.get_runs([version.run_id for version in versions])
    assert len(runs) == len(versions)
    assert {run.user for run in runs.values()} == {"dana", "rui", "maya"}
    for version in versions:
        assert client.read_model_file(version.name, version.number).signature
        run = runs[version.run_id]
        assert run.params
        assert run.datasets
        curve = client.metric_history(run.run_id, "val_log_loss") or (
            client.metric_history(run.run_id, "val_rmse")
        )
        assert len(curve) > 10
