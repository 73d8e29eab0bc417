"""Holdings: who held which target from when to when, and who held it at an instant."""

from datetime import datetime

from ninja import Query, Router, Schema
from pydantic import Field

from registry_ui.api.authentication import ApiRequest, needs
from registry_ui.api.texts import Text
from registry_ui.api.v1.fields import MODEL, REFUSALS, VERSION, Moment, Number, examples
from registry_ui.api.v1.lookups import visible_model_or_404
from registry_ui.api.v1.paging import PageOut, PageQuery, page_by
from registry_ui.api.v1.schemas import TARGET
from registry_ui.models import Holding, RegisteredModel, Scope

router = Router(tags=["Holdings"])


class HoldingFilter(PageQuery):
    """Whose holdings, of what, and when."""

    at: Moment | None = Field(
        None,
        description="Only what was held at this instant; in ISO 8601, UTC if bare.",
    )
    model: Text | None = Field(None, description=MODEL)
    version: Number | None = Field(None, description=VERSION)
    target: Text | None = Field(None, description=TARGET)


class ChangeOut(Schema):
    """How a holding began or ended."""

    at: datetime = Field(description="When, or the latest that it may have been.")
    not_before: datetime | None = Field(
        description="The earliest that it may have been; null: exactly `at`."
    )
    request: int | None = Field(description="Number of the request that decided it.")
    incident: int | None = Field(description="Number of the incident: nobody decided.")


class HoldingOut(Schema):
    """That a version held a target."""

    model_config = examples(
        {
            "model": "churn",
            "version": 5,
            "target": "stage:Production",
            "is_inferred": False,
            "started": {
                "at": "2026-01-02T09:00:00Z",
                "not_before": None,
                "request": 3,
                "incident": None,
            },
            "ended": None,
        }
    )

    model: str = Field(description=MODEL)
    version: int = Field(description=VERSION)
    target: str = Field(description=TARGET)
    is_inferred: bool = Field(
        description="Was it so when Signoff first looked? Then `started` is the"
        " earliest instant that MLflow vouches for."
    )
    started: ChangeOut
    ended: ChangeOut | None = Field(description="Null: it still holds.")

    @classmethod
    def of(cls, holding: Holding) -> "HoldingOut":
        """Describe a holding with its version and model."""
        return cls(
            model=holding.version.model.name,
            version=holding.version.number,
            target=holding.target,
            is_inferred=holding.is_inferred,
            started=ChangeOut(
                at=holding.started_at,
                not_before=holding.started_not_before,
                request=holding.started_request_id,
                incident=holding.started_incident_id,
            ),
            ended=None
            if holding.ended_at is None
            else ChangeOut(
                at=holding.ended_at,
                not_before=holding.ended_not_before,
                request=holding.ended_request_id,
                incident=holding.ended_incident_id,
            ),
        )


class HoldingList(PageOut):
    """A page of holdings, those that began last first."""

    holdings: list[HoldingOut]


@router.get(
    "/holdings", response={200: HoldingList, **REFUSALS}, summary="Who held what"
)
@needs(Scope.READ)
def list_holdings(request: ApiRequest, filters: Query[HoldingFilter]) -> HoldingList:
    """List who held what of the models that you may read.

    With `at` it tells who held what at that instant; without, the whole history. What
    was moved and moved back between two looks at MLflow left no trace there.
    """
    models = RegisteredModel.objects.visible_to(request.auth)
    found = Holding.objects.filter(model__in=models).select_related("version__model")
    if filters.model is not None:
        found = found.filter(model=visible_model_or_404(request.auth, filters.model))
    if filters.version is not None:
        found = found.filter(version__number=filters.version)
    if filters.target is not None:
        found = found.filter(target__iexact=filters.target)
    if filters.at is not None:
        found = found.at(filters.at)
    rows, cursor = page_by(found, filters, "-started_at", "-id")
    return HoldingList(
        holdings=[HoldingOut.of(row) for row in rows], next_cursor=cursor
    )
