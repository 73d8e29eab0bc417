"""Comparison of versions, as the page has it."""

from typing import Annotated, Literal

from django.http import Http404
from ninja import Query, Router, Schema
from pydantic import Field

from registry_ui.actions.facts import versions_facts
from registry_ui.actions.selection import MOST_VERSIONS, find_versions
from registry_ui.api.authentication import ApiRequest, needs
from registry_ui.api.texts import Text
from registry_ui.api.v1.fields import REFUSALS, MetricNumber, examples
from registry_ui.comparison import (
    Change,
    Comparison,
    Compatibility,
    Direction,
    Step,
    Tone,
    Verdict,
    compare,
)
from registry_ui.errors import InvalidFieldError
from registry_ui.models import Scope

router = Router(tags=["Comparison"])

FEWEST_VERSIONS = 2


class CompareQuery(Schema):
    """Which versions to compare."""

    v: Annotated[
        list[Text], Field(min_length=FEWEST_VERSIONS, max_length=MOST_VERSIONS)
    ] = Field(description="Once a version: `churn/7`. The first is the baseline.")
    only: Literal["differences"] | None = Field(
        None, description="`differences` leaves out rows that are equal in all."
    )


class ComparedVersionOut(Schema):
    """One of the versions."""

    model: str
    version: int
    stage: str
    aliases: list[str]
    signature: Compatibility = Field(
        description="What callers of the baseline would notice, by its signature."
    )
    signature_reasons: list[str]
    data_comparable: bool | None = Field(
        description="Were data sets the same as the baseline's? null: not known."
    )


class StatementOut(Schema):
    """One difference in words; the most important ones come first."""

    version: int = Field(description="Index of the version it is about.")
    tone: Tone
    section: str
    text: str


class MetricCellOut(Schema):
    """One version's value; null where it has none, or a difference is no number."""

    value: MetricNumber
    change: float | None
    relative: float | None
    verdict: Verdict


class MetricOut(Schema):
    """One metric, a cell a version."""

    name: str
    direction: Direction
    is_chosen: bool = Field(description="Did people choose which way is better?")
    cells: list[MetricCellOut]


class ValueCellOut(Schema):
    """One version's value; null where it has none, or it could not be read."""

    value: str | None
    change: Change


class ValueOut(Schema):
    """One name, a cell a version."""

    name: str
    cells: list[ValueCellOut]


class SchemaCellOut(Schema):
    """One version's declaration of a column; null where it has none."""

    text: str | None
    change: Change
    verdict: Compatibility
    notes: list[str]


class SchemaOut(Schema):
    """One column of a signature, a cell a version."""

    name: str
    cells: list[SchemaCellOut]


class RequirementCellOut(Schema):
    """What one version asks of a library; null where it asks nothing."""

    text: str | None
    change: Change
    step: Step | None
    is_downgrade: bool


class RequirementOut(Schema):
    """One library, a cell a version."""

    name: str
    cells: list[RequirementCellOut]


class CompareOut(Schema):
    """A comparison; all cells stand in the order of `versions`."""

    model_config = examples(
        {
            "versions": [
                {
                    "model": "churn",
                    "version": number,
                    "stage": stage,
                    "aliases": [],
                    "signature": "compatible",
                    "signature_reasons": [],
                    "data_comparable": True,
                }
                for number, stage in ((5, "Production"), (7, "Staging"))
            ],
            "headline_metric": "auc",
            "summary": [
                {
                    "version": 1,
                    "tone": "headline",
                    "section": "metrics",
                    "text": "auc 0.88 → 0.91 (+3.4 %)",
                }
            ],
            "metrics": [
                {
                    "name": "auc",
                    "direction": "higher",
                    "is_chosen": False,
                    "cells": [
                        {
                            "value": 0.88,
                            "change": 0.0,
                            "relative": 0.0,
                            "verdict": "same",
                        },
                        {
                            "value": 0.91,
                            "change": 0.03,
                            "relative": 0.0341,
                            "verdict": "better",
                        },
                    ],
                }
            ],
            "parameters": [],
            "tags": [],
            "signature_inputs": [],
            "signature_outputs": [],
            "signature_parameters": [],
            "requirements": [],
            "environment": [],
            "files": [],
            "model_file": [],
            "input_example": [],
            "datasets": [],
            "lineage": [],
        }
    )

    versions: list[ComparedVersionOut]
    headline_metric: str | None
    summary: list[StatementOut]
    metrics: list[MetricOut]
    parameters: list[ValueOut]
    tags: list[ValueOut]
    signature_inputs: list[SchemaOut]
    signature_outputs: list[SchemaOut]
    signature_parameters: list[SchemaOut]
    requirements: list[RequirementOut]
    environment: list[ValueOut]
    files: list[ValueOut] = Field(
        description="Sizes by path; MLflow tells no digests, so equal sizes are `same`."
    )
    model_file: list[ValueOut] = Field(
        description="Keys of the MLmodel file but for the signature, dots between them."
    )
    input_example: list[ValueOut]
    datasets: list[ValueOut]
    lineage: list[ValueOut]


@router.get("/compare", response={200: CompareOut, **REFUSALS}, summary="Compare")
@needs(Scope.READ)
def compare_versions(request: ApiRequest, query: Query[CompareQuery]) -> CompareOut:
    """Compare two to ten versions, of one model or of several.

    Needs Can Read on each model. Metrics that are NaN or infinite are the words "NaN",
    "Infinity" and "-Infinity".
    """
    versions, unknown = find_versions(request.auth, query.v)
    if unknown:
        raise Http404(
            f"There is no version {unknown[0]!r}, or you may not read it. Versions are"
            " written model/number, such as churn/7."
        )
    if len(versions) < len(query.v):
        raise InvalidFieldError("v", "`v` must name another version each time.")
    comparison = compare(versions_facts(versions))
    if query.only:
        comparison = comparison.only_differences()
    return describe(comparison)


def describe(comparison: Comparison) -> CompareOut:
    """Put a comparison into the form that programs get; rows are taken as they are."""
    signature = comparison.signature
    versions = [
        ComparedVersionOut(
            model=facts.model_name,
            version=facts.number,
            stage=facts.stage,
            aliases=list(facts.aliases),
            signature=signature.verdicts[index],
            signature_reasons=list(signature.reasons[index]),
            data_comparable=comparison.datasets.is_comparable[index],
        )
        for index, facts in enumerate(comparison.versions)
    ]
    return CompareOut.model_validate(
        {
            "versions": versions,
            "headline_metric": comparison.headline,
            "summary": comparison.summary,
            "metrics": comparison.metrics,
            "parameters": comparison.params,
            "tags": comparison.tags,
            "signature_inputs": signature.inputs,
            "signature_outputs": signature.outputs,
            "signature_parameters": signature.params,
            "requirements": comparison.requirements,
            "environment": comparison.environment,
            "files": comparison.files,
            "model_file": comparison.model_file,
            "input_example": comparison.input_example,
            "datasets": comparison.datasets.rows,
            "lineage": comparison.lineage,
        }
    )
