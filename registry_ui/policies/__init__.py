"""Policies: what a promotion into a target needs, as data. Pure."""

from registry_ui.policies.defaults import CHOICES, default_policy
from registry_ui.policies.definition import (
    ApprovalRule,
    CheckRule,
    Excluded,
    Freeze,
    Governed,
    MetricRule,
    Policy,
    PolicyDefinition,
    SignatureRule,
    read_stored,
)
from registry_ui.policies.document import (
    LONGEST_DOCUMENT,
    DocumentError,
    Problem,
    json_schema,
    parse_document,
    write_document,
)
from registry_ui.policies.durations import format_duration, in_words, parse_duration
from registry_ui.policies.governing import does_match, governing, is_about
from registry_ui.policies.words import Rule, rules_in_words

__all__ = [
    "CHOICES",
    "LONGEST_DOCUMENT",
    "ApprovalRule",
    "CheckRule",
    "DocumentError",
    "Excluded",
    "Freeze",
    "Governed",
    "MetricRule",
    "Policy",
    "PolicyDefinition",
    "Problem",
    "Rule",
    "SignatureRule",
    "default_policy",
    "does_match",
    "format_duration",
    "governing",
    "in_words",
    "is_about",
    "json_schema",
    "parse_document",
    "parse_duration",
    "read_stored",
    "rules_in_words",
    "write_document",
]
