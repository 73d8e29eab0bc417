"""What would satisfy a gate: in words for people, in parts for programs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registry_ui.policies import ApprovalRule


class Act(StrEnum):
    """What is to be done."""

    APPROVE = "approve"
    REPORT_CHECK = "report_check"
    LOG_METRIC = "log_metric"
    LOG_DATA_SETS = "log_data_sets"
    LOG_SIGNATURE = "log_signature"
    CHOOSE_DIRECTION = "choose_direction"
    SET_TAGS = "set_tags"
    DESCRIBE = "describe"
    WAIT = "wait"
    READ_FILES = "read_files"
    FREE_TARGET = "free_target"
    FINISH_REGISTRATION = "finish_registration"
    OTHER_VERSION = "other_version"
    """Nothing that one can do for this version will do."""
    CHANGE_POLICY = "change_policy"
    """Nothing that one can do for any version will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """The smallest change that would satisfy a gate, or bring it one step nearer.

    Attributes:
        text: all of it in words.
        names: of the check, of the metric, or of the tags.
        version: whose run or model it is about; None: the candidate, or none.
        at_least, at_most: bounds on the metric.
        until: when waiting is over.
        approvals: one rule for each person who is missing, each with a level.
    """

    act: Act
    text: str
    names: tuple[str, ...] = ()
    version: int | None = None
    at_least: float | None = None
    at_most: float | None = None
    until: datetime | None = None
    approvals: tuple[ApprovalRule, ...] = ()

    def __str__(self) -> str:
        """Return it in words."""
        return self.text
