"""Gates on what MLflow has: the version itself, and who will hold the target."""

from collections.abc import Iterable

from registry_ui.gates.facts import Gate, GateFacts, Verdict
from registry_ui.gates.remedies import Act, Remedy


def registration_gate(facts: GateFacts) -> Gate:
    """Judge whether the version is there to be promoted."""
    name = "Version is ready"
    if not facts.is_in_registry:
        return Gate(
            name,
            Verdict.FAILED,
            "MLflow has this version no longer.",
            Remedy(
                act=Act.OTHER_VERSION,
                text="Ask for another version; this one was deleted.",
            ),
        )
    if facts.version_status == "READY":
        return Gate(name, Verdict.PASSED, "MLflow has it and says READY.")
    return Gate(
        name,
        Verdict.INSUFFICIENT,
        f"MLflow says {facts.version_status or 'nothing'}.",
        Remedy(act=Act.FINISH_REGISTRATION, text="Finish the registration in MLflow."),
    )


def single_holder_gates(facts: GateFacts) -> Iterable[Gate]:
    """Judge whether the target has one holder afterwards, where that is a rule."""
    if not facts.policy.definition.single_holder:
        return
    name = "One holder"
    if len(facts.holders_after) <= 1:
        yield Gate(name, Verdict.PASSED, "Nobody else holds the target afterwards.")
        return
    holders = ", ".join(f"v{number}" for number in facts.holders_after)
    yield Gate(
        name,
        Verdict.FAILED,
        f"{holders} would hold the target together.",
        Remedy(
            act=Act.FREE_TARGET,
            text="Move the others out of it first, or ask again, archiving the versions"
            " that are there now.",
        ),
    )
