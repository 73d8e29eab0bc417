"""Messages for `ticket-router`, its training, and the files its versions carry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import joblib
import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from config.demo.ticket_router import readable
from config.demo.training import Trained

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sklearn.pipeline import Pipeline

ABBREVIATIONS = {
    "acct": "account",
    "inet": "internet",
    "inv": "invoice",
    "pls": "please",
    "pmt": "payment",
    "tmrw": "tomorrow",
}
_SUBJECTS = {
    "billing": ("Inv too high", "Charged twice", "Question about my pmt"),
    "outages": ("Inet down", "No connection since noon", "Slow line"),
    "hardware": ("Router blinks red", "Box broken", "Cable missing"),
    "cancellations": ("End my contract", "Moving out", "Leaving"),
}
_WORDS = {
    "billing": "inv pmt charged refund amount acct twice bank fee euro",
    "outages": "inet connection down slow since street signal drops line evening",
    "hardware": "router box cable broken light red reset parcel device plug",
    "cancellations": "cancel contract end moving notice leave acct stop date confirm",
}
_FILLER = "hello pls help me with my the it is again thanks tmrw today you really"


def messages(rows: int) -> pd.DataFrame:
    """Write that many messages: columns subject, body, route."""
    rng = np.random.default_rng(19)
    filler = _FILLER.split()
    written = []
    for route in rng.choice(sorted(_SUBJECTS), rows):
        # One message in six is about something else than its subject says.
        about = route if rng.random() < 5 / 6 else rng.choice(sorted(_WORDS))
        words = [
            *rng.choice(_WORDS[about].split(), 4),
            *rng.choice(filler, 6),
        ]
        rng.shuffle(words)
        written.append(
            {
                "subject": str(rng.choice(_SUBJECTS[route])),
                "body": " ".join(words),
                "route": str(route),
            }
        )
    return pd.DataFrame(written)


def train_router(
    rows: int, alpha: float, abbreviations: Mapping[str, str], *, steps: int
) -> Trained:
    """Count words and fit naive Bayes batch by batch, scoring after each."""
    table = messages(rows)
    texts = [
        readable(f"{subject} {body}", abbreviations)
        for subject, body in zip(table["subject"], table["body"], strict=True)
    ]
    routes = table["route"].to_numpy(dtype=str)
    cut = rows * 3 // 4
    counter = CountVectorizer().fit(texts[:cut])
    bayes = MultinomialNB(alpha=alpha)
    whole = make_pipeline(counter, bayes)
    curves: dict[str, list[float]] = {"train_log_loss": [], "val_log_loss": []}
    for batch in np.array_split(np.arange(cut), steps):
        bayes.partial_fit(
            counter.transform([texts[row] for row in batch]),
            routes[batch],
            classes=np.unique(routes),
        )
        for name, part in (("train", slice(0, cut)), ("val", slice(cut, rows))):
            odds = whole.predict_proba(texts[part])
            curves[f"{name}_log_loss"].append(
                float(metrics.log_loss(routes[part], odds, labels=bayes.classes_))
            )
    guess = whole.predict(texts[cut:])
    final = {
        "accuracy": float(metrics.accuracy_score(routes[cut:], guess)),
        "f1": float(metrics.f1_score(routes[cut:], guess, average="macro")),
        "log_loss": curves["val_log_loss"][-1],
    }
    return Trained(whole, curves, final, table[:cut])


def write_artifacts(
    folder: Path, classifier: Pipeline, abbreviations: Mapping[str, str]
) -> dict[str, str]:
    """Write what `TicketRouter.load_context` reads; give MLflow's artifact map."""
    fitted, words = folder / "classifier.joblib", folder / "abbreviations.json"
    joblib.dump(classifier, fitted)
    words.write_text(json.dumps(abbreviations, indent=2), encoding="utf-8")
    return {"classifier": str(fitted), "abbreviations": str(words)}
