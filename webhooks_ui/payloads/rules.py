"""How one event is told: from what, when, with which fields, in which words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from registry_ui.events import EventType
from webhooks_ui.payloads import fields as f
from webhooks_ui.payloads.fields import Field
from webhooks_ui.payloads.occurrences import Details, Occurrence

Text = Callable[[Occurrence], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one name is told.

    Attributes:
        fires: the audit events that it tells of.
        when: when that is, in plain words; follows "Fires when".
        fields: beyond `event`, `webhook_id` and `event_timestamp`; Databricks' ones.
        more: our fields, which stand behind `text` and `user_id`.
        text: the sentence for each of the audit events.
        stage: only for moves to this one.
        example: details of an invented event.
        has_actor: is it somebody's act? Else the clock's, or found in MLflow.
    """

    fires: Mapping[EventType, Text]
    when: str
    fields: tuple[Field, ...] = (f.MODEL_NAME, f.VERSION)
    more: tuple[Field, ...] = ()
    stage: str = ""
    example: Details = field(default_factory=dict)
    has_actor: bool = True

    def tells_of(self, event_type: str, details: Details) -> bool:
        """Does it tell of an audit event of this type, with these details?"""
        return event_type in self.fires and (
            not self.stage or details.get("to_stage") == self.stage
        )

    @property
    def is_of_request(self) -> bool:
        """Is it about a transition request, so that there is a number?"""
        return f.TARGET in self.more

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Return the fields in their order, but for what begins each payload."""
        number = f.REQUEST_NUMBER
        return (
            *self.fields,
            self.text_field,
            f.USER_ID,
            number.required() if self.is_of_request else number,
            f.SEQUENCE,
            *self.more,
            f.LINKS,
        )

    @property
    def text_field(self) -> Field:
        """Return the field with the sentence."""
        return Field(
            "text",
            "It in one sentence, for a chat channel. It calls nobody there"
            " (< and > are written \u2039 and \u203a), and long names are cut.",
            {"type": "string"},
            lambda occurrence: self.fires[EventType(occurrence.event_type)](occurrence),
            is_required=True,
        )
