"""Registered models and their versions, as Signoff's mirror of MLflow has them."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from ninja import Path, Query, Router, Schema
from pydantic import Field, JsonValue

from registry_ui.api.authentication import ApiRequest, needs
from registry_ui.api.texts import Text
from registry_ui.api.v1.fields import (
    MODEL,
    REFUSALS,
    VERSION,
    MetricNumber,
    ModelPath,
    VersionPath,
    absolute_url,
    examples,
)
from registry_ui.api.v1.lookups import visible_model_or_404, visible_version_or_404
from registry_ui.api.v1.paging import PageOut, PageQuery, page_by
from registry_ui.models import Alias, ModelVersion, RegisteredModel, Scope, Stage
from registry_ui.models.text import contains

router = Router(tags=["Models"])
ONE = "/models/{name}"
VERSIONS = f"{ONE}/versions"


class ModelFilter(PageQuery):
    """Which models to list."""

    q: Text | None = Field(None, description="Part of the name, in any case.")


class VersionFilter(PageQuery):
    """Which versions to list."""

    stage: Stage | None = None


class ModelOut(Schema):
    """A registered model, and which versions its aliases name."""

    model_config = examples(
        {
            "name": "churn",
            "description": "Will a customer leave?",
            "created_at": "2026-01-02T09:00:00Z",
            "updated_at": "2026-01-05T09:00:00Z",
            "deleted_at": None,
            "tags": {"owner": "growth"},
            "aliases": {"champion": 5},
            "page": "https://signoff.example.com/models/churn/",
        }
    )

    name: str
    description: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = Field(description="Null while MLflow has it.")
    tags: dict[str, str]
    aliases: dict[str, int] = Field(description="Alias to number of the version.")
    page: str = Field(description="Its page, for people.")

    @classmethod
    def of(cls, model: RegisteredModel) -> "ModelOut":
        """Describe a model; tags and aliases are best prefetched."""
        return cls(
            name=model.name,
            description=model.description,
            created_at=model.created_at,
            updated_at=model.updated_at,
            deleted_at=model.deleted_at,
            tags={tag.key: tag.value for tag in model.tags.all()},
            aliases={alias.name: alias.version.number for alias in model.aliases.all()},
            page=absolute_url(model),
        )


class ModelList(PageOut):
    """A page of models, by name."""

    models: list[ModelOut]


class VersionSummary(Schema):
    """A version of a model, as lists show it."""

    model: str = Field(description=MODEL)
    version: int = Field(description=VERSION)
    stage: Stage
    aliases: list[str]
    description: str
    tags: dict[str, str]
    run_id: str = Field(description="Empty: it comes from no run.")
    source: str
    status: str = Field(description="MLflow's: `READY`.")
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = Field(description="Null while MLflow has it.")
    page: str = Field(description="Its page, for people.")


class VersionOut(VersionSummary):
    """A version with what Signoff has read of its run and files."""

    model_config = examples(
        {
            "model": "churn",
            "version": 7,
            "stage": "Staging",
            "aliases": [],
            "description": "Trained on the data of December.",
            "tags": {},
            "run_id": "4f1e0c7a6b5d4e3f8a9b0c1d2e3f4a5b",
            "source": "models:/m-4f1e0c7a6b5d4e3f",
            "status": "READY",
            "created_at": "2026-01-05T09:00:00Z",
            "updated_at": "2026-01-05T09:00:00Z",
            "deleted_at": None,
            "page": "https://signoff.example.com/models/churn/versions/7/",
            "run_read_at": "2026-01-05T09:00:10Z",
            "model_read_at": "2026-01-05T09:00:11Z",
            "metrics": {"auc": 0.91},
            "parameters": {"max_depth": "6"},
            "datasets": [],
            "signature": None,
            "requirements": ["scikit-learn==1.5.0"],
        }
    )

    run_read_at: datetime | None = Field(description="Null: not read yet.")
    model_read_at: datetime | None = Field(
        description="When its files were read; null: not yet."
    )
    metrics: dict[str, MetricNumber]
    parameters: dict[str, str]
    datasets: list[dict[str, JsonValue]]
    signature: JsonValue = Field(description="As the MLmodel file has it; or null.")
    requirements: list[str]


class VersionList(PageOut):
    """A page of versions, newest first."""

    versions: list[VersionSummary]


@router.get("/models", response={200: ModelList, **REFUSALS}, summary="List models")
@needs(Scope.READ)
def list_models(request: ApiRequest, filters: Query[ModelFilter]) -> ModelList:
    """List the models that you may read and that MLflow has, by name."""
    found = RegisteredModel.objects.visible_to(request.auth).live()
    if filters.q:
        found = found.filter(contains("name", filters.q))
    aliases = Prefetch("aliases", Alias.objects.select_related("version"))
    rows, cursor = page_by(
        found.prefetch_related("tags", aliases), filters, "name", "id"
    )
    return ModelList(models=[ModelOut.of(row) for row in rows], next_cursor=cursor)


@router.get(ONE, response={200: ModelOut, **REFUSALS}, summary="Read a model")
@needs(Scope.READ)
def get_model(request: ApiRequest, path: Path[ModelPath]) -> ModelOut:
    """Read a model; one that MLflow has no longer is there still, with its record."""
    return ModelOut.of(visible_model_or_404(request.auth, path.name))


@router.get(VERSIONS, response={200: VersionList, **REFUSALS}, summary="List versions")
@needs(Scope.READ)
def list_versions(
    request: ApiRequest, path: Path[ModelPath], filters: Query[VersionFilter]
) -> VersionList:
    """List the versions of a model that MLflow has, newest first."""
    model = visible_model_or_404(request.auth, path.name)
    found = ModelVersion.objects.filter(model=model, deleted_at=None)
    if filters.stage is not None:
        found = found.filter(stage=filters.stage)
    rows, cursor = page_by(found.with_evidence(), filters, "-number")
    return VersionList(
        versions=[VersionSummary(**_summary(row)) for row in rows], next_cursor=cursor
    )


@router.get(
    f"{VERSIONS}/{{version}}",
    response={200: VersionOut, **REFUSALS},
    summary="Read a version",
)
@needs(Scope.READ)
def get_version(request: ApiRequest, path: Path[VersionPath]) -> VersionOut:
    """Read a version with its metrics, parameters, data sets and signature."""
    version = visible_version_or_404(request.auth, path.name, path.version)
    evidence = getattr(version, "evidence", None)
    return VersionOut(
        **_summary(version),
        run_read_at=evidence.run_read_at if evidence else None,
        model_read_at=evidence.model_read_at if evidence else None,
        metrics=evidence.metrics if evidence else {},
        parameters=evidence.params if evidence else {},
        datasets=evidence.datasets if evidence else [],
        signature=evidence.signature if evidence else None,
        requirements=evidence.requirements if evidence else [],
    )


def _summary(version: ModelVersion) -> dict[str, Any]:
    return {
        "model": version.model.name,
        "version": version.number,
        "stage": version.stage,
        "aliases": sorted(alias.name for alias in version.aliases.all()),
        "description": version.description,
        "tags": {tag.key: tag.value for tag in version.tags.all()},
        "run_id": version.run_id,
        "source": version.source,
        "status": version.status,
        "created_at": version.created_at,
        "updated_at": version.updated_at,
        "deleted_at": version.deleted_at,
        "page": absolute_url(version),
    }
