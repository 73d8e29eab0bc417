"""The only door out: one guarded sender for webhooks."""

from webhooks_ui.http_client.egress import (
    check_destination,
    check_url,
    why_rules_are_useless,
)
from webhooks_ui.http_client.exchange import Answer, Outgoing, send
from webhooks_ui.http_client.failures import Failure
from webhooks_ui.http_client.jobs import JobRun
from webhooks_ui.http_client.sender import GONE, OVERLOADED, Sender

__all__ = [
    "GONE",
    "OVERLOADED",
    "Answer",
    "Failure",
    "JobRun",
    "Outgoing",
    "Sender",
    "check_destination",
    "check_url",
    "send",
    "why_rules_are_useless",
]
