"""Trains models with three libraries and registers them.

A program of its own, as MLflow's fluent API keeps its state in the process:
`python -m tests.registry_ui.training <tracking URI>`.
"""

import sys
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.data.pandas_dataset import from_pandas
from mlflow.models import infer_signature
from mlflow.pyfunc.model import PythonModel
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

LINEAR, ONNX, SCALER = "linear", "linear-onnx", "scaler"
_ROWS = 120


class Scaler(PythonModel):
    """Multiplies a column; how much is a parameter."""

    def predict(
        self,
        context: Any,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return the scaled column."""
        factor = (params or {}).get("factor", 2.0)
        return pd.DataFrame({"scaled": model_input["amount"] * factor})


def train() -> None:
    """Train: two versions of a linear model, one as ONNX, a function."""
    random = np.random.default_rng(7)
    columns = {name: random.normal(size=_ROWS) for name in ("age", "amount", "visits")}
    frame = pd.DataFrame(columns)
    labels = (frame["age"] + frame["amount"] > 0).astype(int)
    for number, used in ((1, ["age", "amount"]), (2, ["age", "amount", "visits"])):
        _train_linear(frame[used], labels, number)
    _train_onnx(frame.astype("float32"), labels)
    with mlflow.start_run(run_name="no training"):
        example = frame[["amount"]].head(3)
        signature = infer_signature(
            example, pd.DataFrame({"scaled": example["amount"]}), {"factor": 2.0}
        )
        mlflow.pyfunc.log_model(
            name="model",
            python_model=Scaler(),
            signature=signature,
            pip_requirements=["pandas>=2", "mlflow"],
            registered_model_name=SCALER,
        )


def _train_linear(frame: pd.DataFrame, labels: pd.Series, number: int) -> None:
    with mlflow.start_run(run_name=f"linear {number}"):
        data = from_pandas(frame.assign(y=labels), name="customers")
        mlflow.log_input(data, context="training")
        model = LogisticRegression(C=number / 4).fit(frame, labels)
        mlflow.log_params({"C": number / 4, "solver": model.solver})
        for step in range(4):
            mlflow.log_metric("val_loss", 1 / (step + number), step=step)
        mlflow.log_metric("accuracy", float(model.score(frame, labels)))
        mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(frame, model.predict(frame)),
            input_example=frame.head(2),
            pip_requirements=["scikit-learn==1.5.2", f"numpy==2.{number}.0"],
            registered_model_name=LINEAR,
        )


def _train_onnx(frame: pd.DataFrame, labels: pd.Series) -> None:
    values = frame.to_numpy()
    with mlflow.start_run(run_name="linear"):
        model = LogisticRegression().fit(values, labels)
        mlflow.log_metric("accuracy", float(model.score(values, labels)))
        mlflow.onnx.log_model(
            to_onnx(model, values[:1]),
            name="model",
            signature=infer_signature(values, model.predict(values)),
            pip_requirements=["onnx==1.17.0", "onnxruntime"],
            registered_model_name=ONNX,
        )


if __name__ == "__main__":
    mlflow.set_tracking_uri(sys.argv[1])
    train()
