"""What one policy says. Every field is documented, as the published schema has it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from registry_ui.models import Level
from registry_ui.policies.durations import format_duration, parse_duration
from registry_ui.policies.freezes import Weekday, Window, dated_window, weekly_window

_TARGET = re.compile(r"stage:(\*|[A-Za-z]+)|alias:\S{1,255}")
_ALIAS = re.compile(r"alias:[\w-]{1,255}")
_STAGES = ("None", "Staging", "Production", "Archived")


def refusal(reason: str, remedy: str) -> PydanticCustomError:
    """Return an error of a policy's field: what is wrong, and what to write instead."""
    return PydanticCustomError(
        "policy", "{reason}", {"reason": reason, "remedy": remedy}
    )


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise refusal(str(error), "Write one such as 30d, 12h or 1h 30m.") from None


def _level(value: object) -> object:
    if isinstance(value, str) and value not in Level.names:
        raise refusal(
            f"{value!r} is no permission level.",
            f"Write one of {', '.join(Level.names)}.",
        )
    return value


def _target(value: object) -> object:
    if isinstance(value, str):
        stage = value.removeprefix("stage:")
        is_stage = value.startswith("stage:") and stage not in ("*", *_STAGES)
        if not _TARGET.fullmatch(value) or is_stage:
            raise refusal(
                f"{value!r} is no target.",
                "Write stage:Production (None, Staging, Production, Archived or *)"
                " or alias:champion (* stands for any characters).",
            )
    return value


def _alias(value: object) -> object:
    if isinstance(value, str) and not _ALIAS.fullmatch(value):
        raise refusal(f"{value!r} is no alias.", "Write one such as alias:champion.")
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=250)]
Length = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["30d", "12h", "1h 30m"]}),
]
LevelName = Annotated[str, BeforeValidator(_level)]
Target = Annotated[str, BeforeValidator(_target)]
Alias = Annotated[str, BeforeValidator(_alias)]


class Excluded(StrEnum):
    """Who may not approve, whatever level they hold; superusers are no exception."""

    REQUESTER = "requester"
    RUN_USER = "run_user"
    VERSION_CREATOR = "version_creator"
    CHECK_REPORTERS = "check_reporters"


class Governed(StrEnum):
    """What is asked for: to go on, or back to who held the target before."""

    PROMOTION = "promotion"
    ROLLBACK = "rollback"


class SignatureRule(StrEnum):
    """What a candidate's signature may do to callers of the incumbent."""

    COMPATIBLE = "compatible"
    WIDENED = "widened"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ApprovalRule(_Part):
    """So many people of some groups or with some level must approve."""

    count: Annotated[int, Field(ge=1, le=20)] = Field(
        default=1, description="How many people; one person counts for one rule only."
    )
    groups: tuple[Name, ...] = Field(
        default=(),
        description="They are in one of these groups; left out: in any or none.",
    )
    level: LevelName | None = Field(
        default=None,
        description="They hold at least this level on the model, beside the one that"
        " deciding on the target takes.",
    )


class CheckRule(_Part):
    """A check that an outside system must have reported as passed."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="The check's name, as it is reported."
    )
    max_age: Length | None = Field(
        default=None,
        description="Its newest report may not be older; left out: any age.",
    )


class MetricRule(_Part):
    """A bound on a metric: fixed, or relative to the incumbent's value."""

    name: Name = Field(description="The metric's name, as MLflow has it.")
    at_least: float | None = Field(
        default=None, description="The value may not be below."
    )
    at_most: float | None = Field(
        default=None, description="The value may not be above."
    )
    tolerance: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="It may be worse than the incumbent's by at most this.",
    )
    relative_tolerance: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="It may be worse by at most this share of the incumbent's: 0.1"
        " is a tenth.",
    )
    direction: Literal["higher", "lower"] | None = Field(
        default=None,
        description="Which way is better; left out: as on the comparison page.",
    )
    without_incumbent: Literal["insufficient", "passed"] = Field(
        default="insufficient",
        description="The verdict where the target has no holder yet.",
    )
    same_data: bool = Field(
        default=False,
        description="Must both runs name the same data sets? Else the verdict is"
        " insufficient.",
    )

    @property
    def is_relative(self) -> bool:
        """Does it look at the incumbent?"""
        return self.tolerance is not None or self.relative_tolerance is not None

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        is_fixed = self.at_least is not None or self.at_most is not None
        if is_fixed == self.is_relative:
            raise refusal(
                f"The rule on {self.name!r} needs a fixed bound or a tolerance, not"
                " both and not neither.",
                "Write at_least or at_most, or else tolerance or relative_tolerance;"
                " make two rules of it for both.",
            )
        if self.tolerance is not None and self.relative_tolerance is not None:
            raise refusal(
                f"The rule on {self.name!r} has two tolerances.",
                "Keep tolerance or relative_tolerance; make two rules for both.",
            )
        low, high = self.at_least, self.at_most
        if low is not None and high is not None and low > high:
            raise refusal(
                f"No {self.name!r} is at least {low:g} and at most {high:g}.",
                "Let at_least be no more than at_most.",
            )
        return self


class Freeze(_Part):
    """A time in which nothing is approved: once, or every week."""

    starts: str = Field(
        description="2026-12-20T18:00; for a weekly one the time of the day, 16:00."
    )
    ends: str = Field(
        description="2027-01-04T08:00; for a weekly one the time of the day, 24:00."
    )
    weekdays: tuple[Weekday, ...] = Field(
        default=(), description="The days of a weekly one; left out: it is once."
    )
    time_zone: str = Field(
        default="UTC", description="An IANA name, such as Europe/Berlin."
    )
    reason: Annotated[str, StringConstraints(max_length=500)] = Field(
        default="", description="Why, for people who meet it."
    )

    @property
    def window(self) -> Window:
        """Return what tells whether an instant lies in it."""
        make = weekly_window if self.weekdays else dated_window
        return make(self.starts, self.ends, self.time_zone, self.weekdays)

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        try:
            _ = self.window
        except ValueError as error:
            reason, _, remedy = str(error).partition("|")
            raise refusal(reason, remedy) from None
        return self

    def until(self, now: datetime) -> datetime | None:
        """Return when it ends if it lasts now; else None."""
        return self.window.until(now)


class PolicyDefinition(_Part):
    """What a promotion of some models into some targets needs."""

    name: Annotated[
        str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)
    ] = Field(description="Its name: small letters, digits and hyphens.")
    description: Annotated[str, StringConstraints(max_length=2000)] = Field(
        default="", description="What it is for, for people."
    )
    models: tuple[Name, ...] = Field(
        default=("*",),
        min_length=1,
        description="Names of the models it governs; * and ? as in file names.",
    )
    targets: tuple[Target, ...] = Field(
        min_length=1,
        description="stage:Production, alias:champion; * stands for any characters."
        " Aliases ignore case.",
    )
    kinds: tuple[Governed, ...] = Field(
        default=(Governed.PROMOTION, Governed.ROLLBACK),
        min_length=1,
        description="rollback: back to the version that held the target before;"
        " promotion: anything else.",
    )
    approvals: tuple[ApprovalRule, ...] = Field(
        default=(ApprovalRule(),),
        description="Who must approve; all rules are met by different people.",
    )
    excluded: tuple[Excluded, ...] = Field(
        default=(Excluded.REQUESTER,),
        description="Whose approval never counts: who asks, who ran the run, who"
        " registered the version, who reported its checks.",
    )
    checks: tuple[CheckRule, ...] = Field(
        default=(), description="Checks that must pass."
    )
    metrics: tuple[MetricRule, ...] = Field(
        default=(), description="Bounds on metrics."
    )
    signature: SignatureRule | None = Field(
        default=None,
        description="compatible: no caller of the incumbent may notice a change."
        " widened: what they send and read still fits.",
    )
    tags: tuple[Name, ...] = Field(
        default=(), description="Tags that the version must have, not empty."
    )
    description_required: bool = Field(
        default=False, description="Must the version be described?"
    )
    files_unchanged: bool = Field(
        default=False,
        description="Must the version's files still be those of when it was asked?"
        " They are compared by their contents.",
    )
    freezes: tuple[Freeze, ...] = Field(
        default=(), description="When nothing is approved."
    )
    waiting_time: Length | None = Field(
        default=None,
        description="At least this long between the request and its approval.",
    )
    requests_expire_after: Length | None = Field(
        default=None, description="An open request expires after this long."
    )
    approvals_expire_after: Length | None = Field(
        default=None, description="An approval counts for this long."
    )
    single_holder: bool = Field(
        default=False, description="May just one version hold the target afterwards?"
    )
    moves_along: tuple[Alias, ...] = Field(
        default=(),
        description="Aliases that a promotion into a stage moves, too.",
    )
    direct: bool = Field(
        default=False,
        description="May who holds the level move versions without a second person?",
    )

    break_glass: bool = Field(
        default=True,
        description="May who holds CAN_MANAGE put a version there at once in an"
        " emergency? Somebody else must review it afterwards.",
    )
    break_glass_review_within: Length = Field(
        default=timedelta(days=3),
        description="By when somebody else must have reviewed a break-glass.",
    )

    @model_validator(mode="after")
    def _direct_excludes_nobody(self) -> Self:
        if self.direct and Excluded.REQUESTER in self.excluded:
            raise refusal(
                f"The policy {self.name!r} allows direct moves and excludes the"
                " requester, so nobody could make one.",
                "Write excluded: [] or leave direct out.",
            )
        return self

    @property
    def excludes_requester(self) -> bool:
        """Must somebody other than the requester approve?"""
        return Excluded.REQUESTER in self.excluded

    @property
    def looks_at_holder(self) -> bool:
        """Does a rule hold the version against the newest holder of the target?"""
        return bool(self.signature) or any(rule.is_relative for rule in self.metrics)

    def as_stored(self) -> dict[str, Any]:
        """Return JSON values, without what is as by default, in the fields' order."""
        stored: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        return stored


@dataclass(frozen=True, slots=True)
class Policy:
    """A definition in one of its versions, which never change."""

    definition: PolicyDefinition
    version: int
    is_default: bool = False

    def in_retrospect(self) -> Policy:
        """Return what a review after the fact asks for: people, at least one.

        What was to be known before is too late; who did it never counts.
        """
        rules = self.definition
        excluded = dict.fromkeys((*rules.excluded, Excluded.REQUESTER))
        definition = PolicyDefinition(
            name=rules.name,
            models=rules.models,
            targets=rules.targets,
            approvals=rules.approvals or (ApprovalRule(),),
            excluded=tuple(excluded),
        )
        return replace(self, definition=definition)

    @property
    def label(self) -> str:
        """Return name and version: `four-eyes (default) v1`, `production v3`."""
        default = " (default)" if self.is_default else ""
        return f"{self.definition.name}{default} v{self.version}"


@lru_cache(maxsize=512)
def read_stored(text: str) -> PolicyDefinition:
    """Read a definition from the JSON that is stored of it."""
    return PolicyDefinition.model_validate_json(text)
