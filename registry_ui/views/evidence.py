"""A version's evidence as its page shows it: parsed, sorted, with what is missing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from django.conf import settings

from registry_ui.actions.facts import model_file_of
from registry_ui.comparison import MetricChoices, commit_of, commit_url
from registry_ui.comparison.artifacts import flattened
from registry_ui.comparison.requirements import parse_requirements
from registry_ui.comparison.schemas import (
    Column,
    SchemaError,
    parse_columns,
    parse_params,
)
from registry_ui.models import Evidence, EvidenceState, ModelVersion

SHOWN = 15
"""How many metrics or parameters stand open; the rest is folded."""
UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Folded:
    """Pairs of a name and a value: those that stand open, and those that do not."""

    shown: tuple[tuple[str, Any], ...]
    more: tuple[tuple[str, Any], ...]

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.shown) + len(self.more)


@dataclass(frozen=True, slots=True)
class SignaturePart:
    """One part of a signature: its columns, or why they cannot be read."""

    title: str
    columns: tuple[Column, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What a version's page says of its evidence.

    A part is `unread`, `unreadable` (its error says why) or `read`. `failure` says why
    nothing is read at present, where a part is unread; else it is empty.
    """

    run: str
    model: str
    failure: str
    headline: str | None
    metrics: Folded
    params: Folded
    signature: tuple[SignaturePart, ...]
    flavors: str
    environment: Folded
    files: Folded
    model_file: tuple[tuple[str, str], ...]
    commit: str
    commit_url: str


def evidence_view(
    evidence: Evidence | None, choices: MetricChoices
) -> EvidenceView | None:
    """Return what the page shows; None while nothing was read yet."""
    if evidence is None:
        return None
    first = choices.headline_of(evidence.metrics)
    run = _state(evidence.run_read_at, evidence.run_error)
    model = _state(evidence.model_read_at, evidence.model_error)
    return EvidenceView(
        run=run,
        model=model,
        failure=EvidenceState.load().error if UNREAD in {run, model} else "",
        headline=first,
        metrics=folded(evidence.metrics, first=first),
        params=folded(evidence.params),
        signature=_signature_parts(evidence.signature),
        flavors=", ".join(sorted(evidence.flavors)),
        environment=_environment(evidence),
        files=folded(evidence.files),
        model_file=tuple(flattened(model_file_of(evidence)).items()),
        commit=commit_of(evidence.run_tags),
        commit_url=commit_url(evidence.run_tags),
    )


def _environment(evidence: Evidence) -> Folded:
    """Return the interpreter, the MLflow that logged the model, and the libraries."""
    asked = parse_requirements(evidence.requirements)
    named = {
        "Python": evidence.python_version,
        "Logged by MLflow": evidence.mlflow_version,
    }
    libraries = sorted((name, ask.text) for name, ask in asked.items())
    pairs = [*((name, text) for name, text in named.items() if text), *libraries]
    return Folded(tuple(pairs[:SHOWN]), tuple(pairs[SHOWN:]))


def _state(read_at: datetime | None, error: str) -> str:
    if read_at is None:
        return UNREAD
    return "unreadable" if error else "read"


def folded(pairs: dict[str, Any], *, first: str | None = None) -> Folded:
    """Return the pairs by name, one of them in front if it is named."""
    ordered = sorted(pairs.items(), key=lambda pair: (pair[0] != first, pair[0]))
    return Folded(tuple(ordered[:SHOWN]), tuple(ordered[SHOWN:]))


def run_url(version: ModelVersion, evidence: Evidence | None) -> str:
    """Return the address of the run in MLflow's own pages; empty where unknown."""
    if evidence is None or not evidence.experiment_id or not version.run_id:
        return ""
    experiment, run = quote(evidence.experiment_id, ""), quote(version.run_id, "")
    return f"{mlflow_url()}/#/experiments/{experiment}/runs/{run}"


def version_url(version: ModelVersion) -> str:
    """Return the address of the version in MLflow's own pages."""
    name = quote(version.model.name, "")
    return f"{mlflow_url()}/#/models/{name}/versions/{version.number}"


def mlflow_url() -> str:
    """Return MLflow's address for browsers: without a user and password in it."""
    parts = urlsplit(settings.MLFLOW_TRACKING_URI)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))


def _signature_parts(signature: Any) -> tuple[SignaturePart, ...]:
    if not isinstance(signature, dict):
        return ()
    parts = []
    for title, key, parse in (
        ("Inputs", "inputs", parse_columns),
        ("Outputs", "outputs", parse_columns),
        ("Parameters", "params", parse_params),
    ):
        try:
            columns = parse(signature.get(key))
        except SchemaError as error:
            parts.append(SignaturePart(title, (), str(error)))
        else:
            if columns:
                parts.append(SignaturePart(title, columns))
    return tuple(parts)
