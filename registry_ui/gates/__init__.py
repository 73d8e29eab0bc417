"""Gates: what each rule of a policy says of a request. Facts in, verdicts out. Pure."""

from registry_ui.gates.approvals import (
    approvals_gate,
    approvals_so_far,
    is_wanted,
    why_not_counted,
)
from registry_ui.gates.clock import clock_gates, expires_at
from registry_ui.gates.evidence import evidence_gates
from registry_ui.gates.facts import (
    CheckFact,
    FilesFact,
    Gate,
    GateFacts,
    ReviewFact,
    Verdict,
    all_passed,
)
from registry_ui.gates.files import files_gates
from registry_ui.gates.metrics import metric_gates
from registry_ui.gates.registry import registration_gate, single_holder_gates
from registry_ui.gates.remedies import Act, Remedy

__all__ = [
    "Act",
    "CheckFact",
    "FilesFact",
    "Gate",
    "GateFacts",
    "Remedy",
    "ReviewFact",
    "Verdict",
    "all_passed",
    "approvals_so_far",
    "evaluate",
    "expires_at",
    "is_wanted",
    "why_not_counted",
]


def evaluate(facts: GateFacts) -> tuple[Gate, ...]:
    """Return the verdict of each gate, in the order in which pages show them."""
    return (
        registration_gate(facts),
        approvals_gate(facts),
        *evidence_gates(facts),
        *metric_gates(facts),
        *files_gates(facts),
        *single_holder_gates(facts),
        *clock_gates(facts),
    )
