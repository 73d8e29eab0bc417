"""Facts about versions for tests: the smallest, a full one, and generated ones."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from registry_ui.comparison import Dataset, VersionFacts


def make_facts(number: int = 1, **fields: Any) -> VersionFacts:
    """Return the smallest facts of `churn`, with the given fields."""
    return VersionFacts(model_name="churn", number=number, **fields)


def make_full_facts(number: int = 1, **fields: Any) -> VersionFacts:
    """Return facts with something in every section."""
    filled: dict[str, Any] = {
        "stage": "Production",
        "aliases": ("champion",),
        "created_at": datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        "run_id": "8f2c" * 8,
        "run_name": "sunny-owl-12",
        "experiment_id": "3",
        "user": "mira",
        "source": "models:/m-1",
        "metrics": {"val_auc": 0.934, "val_loss": 0.287, "latency_ms": 44.9},
        "params": {"max_depth": "6", "learning_rate": "0.08"},
        "tags": {"team": "growth"},
        "run_tags": {"mlflow.source.git.commit": "a" * 40},
        "datasets": (Dataset("customers", "d1", "training"),),
        "signature": {
            "inputs": [
                {"type": "long", "name": "tenure", "required": True},
                {"type": "string", "name": "plan", "required": True},
            ],
            "outputs": [{"type": "double", "required": True}],
            "params": None,
        },
        "requirements": ("mlflow==3.17.2", "scikit-learn==1.5.2", "numpy==2.1.0"),
        "flavors": ("python_function", "sklearn"),
        "model_size_bytes": 18_200_000,
        "python_version": "3.11.7",
        "mlflow_version": "3.17.2",
    }
    return make_facts(number, **(filled | fields))


_names = st.text(max_size=8) | st.sampled_from(["val_auc", "val_loss", "<b>", "a"])
_texts = st.dictionaries(_names, st.text(max_size=8), max_size=4)
_types = st.sampled_from(["long", "integer", "double", "float", "string", "any"])
_columns = st.lists(
    st.fixed_dictionaries(
        {"type": _types, "required": st.booleans()}, optional={"name": _names}
    ),
    max_size=4,
)
_signatures = st.none() | st.fixed_dictionaries(
    {"inputs": st.none() | _columns, "outputs": st.none() | _columns}
)
_lines = st.text(max_size=12) | st.builds(
    "{}=={}.{}".format,
    st.sampled_from(["numpy", "Scikit_Learn", "mlflow"]),
    st.integers(0, 3),
    st.integers(0, 3),
)

version_facts = st.builds(
    VersionFacts,
    model_name=_names,
    number=st.integers(1, 999),
    metrics=st.dictionaries(_names, st.floats(), max_size=5),
    params=_texts,
    tags=_texts,
    run_tags=_texts,
    datasets=st.lists(st.builds(Dataset, _names, _names), max_size=2).map(tuple),
    signature=_signatures,
    requirements=st.lists(_lines, max_size=4).map(tuple),
    python_version=st.text(max_size=5),
    is_run_read=st.booleans(),
    is_model_read=st.booleans(),
)
"""Facts as hostile as MLflow allows."""
