"""MLflow's own client makes models and versions; ours must read them as they are."""

from datetime import UTC, datetime, timedelta

import pytest
from mlflow import MlflowClient

from registry_ui.mlflow_client import MLflowClient, MLflowNotFound
from tests.mlflow_server import MLflowServer

NAMES = [
    "it's",
    'dq"x',
    "both ' and \"",
    "both '\" back\\slash",
    "'quoted'",
    "a AND b",
    "x -- y",
    "semi;colon",
    "per%cent_",
    " spaces ",
    "new\nline",
    "Ω 🦊 é",
    "<script>alert(1)",
]


def make_version(
    theirs: MlflowClient, name: str, run_link: str | None = None, text: str = ""
) -> None:
    theirs.create_model_version(
        name, "s3://bucket/key", run_link=run_link, description=text
    )


def test_ping_returns_the_version_of_mlflow(mlflow_client: MLflowClient) -> None:
    assert mlflow_client.ping().startswith("3.")


def test_a_model_is_read_with_tags_description_and_aliases(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    theirs.create_registered_model(name, {"team": "risk", "empty": ""}, "What it does")
    make_version(theirs, name)
    make_version(theirs, name)
    theirs.set_registered_model_alias(name, "champion", "2")
    theirs.set_registered_model_alias(name, "Champion", "1")

    model = mlflow_client.get_model(name)

    assert model.name == name
    assert model.description == "What it does"
    assert model.tags == {"team": "risk", "empty": ""}
    assert model.aliases == {"champion": 2, "Champion": 1}
    assert model.created_at <= model.updated_at
    assert datetime.now(UTC) - model.created_at < timedelta(minutes=5)


def test_a_model_of_the_first_instant_that_mlflow_counts_is_read(
    theirs: MlflowClient,
    mlflow_client: MLflowClient,
    mlflow_server: MLflowServer,
    name: str,
) -> None:
    theirs.create_registered_model(name)
    make_version(theirs, name)
    with mlflow_server.store() as store:  # whose zero MLflow leaves out of its JSON
        for table in ("registered_models", "model_versions"):
            store.execute(
                f"UPDATE {table} SET creation_time = 0, last_updated_time = 0"  # noqa: S608 - ours
                " WHERE name = ?",
                [name],
            )
        store.commit()

    model = mlflow_client.get_model(name)
    version = mlflow_client.get_version(name, 1)

    assert {model.created_at, model.updated_at} == {datetime(1970, 1, 1, tzinfo=UTC)}
    assert {version.created_at, version.updated_at} == {model.created_at}


def test_a_version_is_read_with_stage_tags_and_aliases(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    theirs.create_registered_model(name)
    make_version(theirs, name, run_link="https://ci/1", text="first")
    theirs.set_model_version_tag(name, "1", "risk", "low\x00 <b>")
    theirs.set_registered_model_alias(name, "champion", "1")

    version = mlflow_client.get_version(name, 1)

    assert (version.name, version.number, version.stage) == (name, 1, "None")
    assert version.description == "first"
    assert version.source == "s3://bucket/key"
    assert version.run_link == "https://ci/1"
    assert version.status == "READY"
    assert version.tags == {"risk": "low\ufffd <b>"}
    assert version.aliases == ("champion",)
    assert version.updated_at.tzinfo is UTC


def test_a_version_without_run_has_an_empty_run_id(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    theirs.create_registered_model(name)
    make_version(theirs, name)

    version = mlflow_client.get_version(name, 1)

    assert (version.run_id, version.run_link, version.description) == ("", "", "")
    assert version.aliases == ()


def test_pages_hold_every_model_and_version_in_order(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    for letter in "cab":
        theirs.create_registered_model(f"{name}-{letter}")
        for _ in range(3):
            make_version(theirs, f"{name}-{letter}")
    expected = [f"{name}-{letter}" for letter in "abc"]

    pages = list(mlflow_client.iter_models(page_size=2))
    models = [model.name for page in pages for model in page]
    versions = [
        (version.name, version.number)
        for page in mlflow_client.iter_versions(page_size=2)
        for version in page
    ]

    assert max(len(page) for page in pages) == 2
    assert models == sorted(models)
    assert [model for model in models if model in expected] == expected
    assert [it for it in versions if it[0] in expected] == [
        (model, number) for model in expected for number in (1, 2, 3)
    ]


def test_versions_from_a_search_do_not_know_their_aliases(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    theirs.create_registered_model(name)
    make_version(theirs, name)
    theirs.set_registered_model_alias(name, "champion", "1")

    (page,) = mlflow_client.iter_versions(name=name)

    assert [version.aliases for version in page] == [None]


@pytest.mark.parametrize("odd", NAMES)
def test_a_model_of_any_name_is_found_alone(
    theirs: MlflowClient, mlflow_client: MLflowClient, odd: str
) -> None:
    theirs.create_registered_model(odd)
    theirs.create_registered_model(odd.replace("'", "x") + "x")
    make_version(theirs, odd)
    make_version(theirs, odd.replace("'", "x") + "x")

    model = mlflow_client.get_model(odd)
    pages = list(mlflow_client.iter_versions(name=odd))
    version = mlflow_client.get_version(odd, 1)

    assert model.name == odd
    assert [(it.name, it.number) for page in pages for it in page] == [(odd, 1)]
    assert version.name == odd


def test_holders_name_every_version_of_a_stage_and_each_alias(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    theirs.create_registered_model(name)
    for _ in range(4):
        make_version(theirs, name)
    mlflow_client.transition_stage(name, 3, "Production", archive_existing=False)
    mlflow_client.transition_stage(name, 1, "Production", archive_existing=False)
    theirs.set_registered_model_alias(name, "champion", "4")

    holders = mlflow_client.holders(name)

    assert holders.stages == {"Production": (1, 3), "None": (2, 4)}
    assert holders.aliases == {"champion": 4}


def test_deleted_versions_and_models_are_not_found(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    theirs.create_registered_model(name)
    make_version(theirs, name)
    make_version(theirs, name)

    theirs.delete_model_version(name, "1")

    with pytest.raises(MLflowNotFound, match="version=1"):
        mlflow_client.get_version(name, 1)
    assert mlflow_client.holders(name).stages == {"None": (2,)}

    theirs.delete_registered_model(name)

    with pytest.raises(MLflowNotFound, match=name):
        mlflow_client.get_model(name)
    with pytest.raises(MLflowNotFound, match=name):
        mlflow_client.holders(name)
    assert [page for page in mlflow_client.iter_versions(name=name) if page] == []


def test_prompts_do_not_exist(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    theirs.register_prompt(name, "Say {{ this }}")

    models = [it.name for page in mlflow_client.iter_models() for it in page]
    versions = [it.name for page in mlflow_client.iter_versions() for it in page]

    assert name not in models
    assert name not in versions
    with pytest.raises(MLflowNotFound):
        mlflow_client.get_model(name)
    with pytest.raises(MLflowNotFound, match="prompt"):
        mlflow_client.get_version(name, 1)
