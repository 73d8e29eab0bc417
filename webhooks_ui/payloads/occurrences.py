"""What a payload tells of, whether it comes from the record or from a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Details = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event; what is not known is None or empty.

    Attributes:
        event_type: of the audit event, such as `policy.retired`.
        at: when it happened.
        model_name: of the model that it is about.
        version: number of the version.
        actor: user name of who did it.
        request_number: of the transition request.
        sequence: position in the audit log; none for a test.
        details: as `docs/events.md` says of the audit event.
    """

    event_type: str
    at: datetime
    model_name: str = ""
    version: int | None = None
    actor: str = ""
    request_number: int | None = None
    sequence: int | None = None
    details: Details = field(default_factory=dict)
