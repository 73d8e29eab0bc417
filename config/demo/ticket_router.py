"""The code of `ticket-router`: logged with each version, run by MLflow on loading one.

It may import only what the version's requirements name, so nothing of this project.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import mlflow
import pandas as pd
from mlflow.pyfunc.model import PythonModel


def readable(text: str, abbreviations: Mapping[str, str]) -> str:
    """Lower-case a message and spell out what people abbreviate."""
    words = re.findall(r"[a-z0-9']+", text.lower())
    return " ".join(abbreviations.get(word, word) for word in words)


class TicketRouter(PythonModel):
    """Prepare the words, ask the classifier, and say "unsure" below the threshold."""

    def load_context(self, context: Any) -> None:
        """Read the two artifacts of the version."""
        self.abbreviations: dict[str, str] = json.loads(
            Path(context.artifacts["abbreviations"]).read_text(encoding="utf-8")
        )
        self.classifier = joblib.load(context.artifacts["classifier"])
        self.threshold = float(context.model_config.get("threshold", 0))

    def predict(
        self,
        context: Any,
        model_input: pd.DataFrame,
        params: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Give one route a row; with a threshold, also how sure it is."""
        texts = [
            readable(f"{subject} {body}", self.abbreviations)
            for subject, body in zip(
                model_input["subject"], model_input["body"], strict=True
            )
        ]
        odds = self.classifier.predict_proba(texts)
        routes = pd.DataFrame({"route": self.classifier.classes_[odds.argmax(axis=1)]})
        if self.threshold:
            routes["confidence"] = odds.max(axis=1)
            routes.loc[routes["confidence"] < self.threshold, "route"] = "unsure"
        return routes


mlflow.models.set_model(TicketRouter())
