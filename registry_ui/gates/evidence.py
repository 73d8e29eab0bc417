"""Gates on what is known of the version: checks, signature, tags, description."""

from collections.abc import Iterable

from registry_ui.comparison import Compatibility, VersionFacts, compare
from registry_ui.gates.facts import CheckFact, Gate, GateFacts, Verdict
from registry_ui.policies import CheckRule, SignatureRule, format_duration

_ACCEPTED = {
    SignatureRule.COMPATIBLE: (Compatibility.COMPATIBLE,),
    SignatureRule.WIDENED: (Compatibility.COMPATIBLE, Compatibility.WIDENED),
}


def evidence_gates(facts: GateFacts) -> Iterable[Gate]:
    """Judge the checks, the signature, the tags and the description."""
    rules = facts.policy.definition
    for check in rules.checks:
        yield _check(facts, check)
    version = facts.candidate
    if rules.signature is not None:
        yield _signature(version, facts.incumbent, rules.signature)
    if rules.tags:
        yield _tags(version, rules.tags)
    if rules.description_required:
        yield _description(version)


def _check(facts: GateFacts, rule: CheckRule) -> Gate:
    name = f"Check {rule.name}"
    report = facts.checks.get(rule.name)
    if report is None:
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            "Nobody has reported it for this version.",
            f"Report {rule.name} as passed.",
        )
    if rule.max_age is not None and facts.now >= report.reported_at + rule.max_age:
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            f"It was reported as {report.verdict} more than"
            f" {format_duration(rule.max_age)} ago.",
            f"Run {rule.name} again and report it as passed.",
        )
    return _reported(name, rule, report)


def _reported(name: str, rule: CheckRule, report: CheckFact) -> Gate:
    if report.verdict == "passed":
        return Gate(name, Verdict.PASSED, "It was reported as passed.")
    if report.verdict == "failed":
        return Gate(
            name,
            Verdict.FAILED,
            "It was reported as failed.",
            f"Mend what {rule.name} found, and report it as passed.",
        )
    return Gate(
        name,
        Verdict.WAITING,
        "It is still running.",
        f"Wait until {rule.name} is reported as passed.",
    )


def _signature(
    version: VersionFacts | None,
    incumbent: VersionFacts | None,
    rule: SignatureRule,
) -> Gate:
    name = "Signature"
    if version is None or not version.is_model_read or version.signature is None:
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            "The version's signature is not known.",
            "Log the model with a signature, or have its files read again.",
        )
    if incumbent is None:
        return Gate(
            name, Verdict.PASSED, "The target has no holder whose callers could break."
        )
    found = compare([incumbent, version]).signature
    verdict, reasons = found.verdicts[1], "; ".join(found.worst_reasons[1])
    said = f"It is {verdict}, held against v{incumbent.number}"
    said += f": {reasons}." if reasons else "."
    if verdict in _ACCEPTED[rule]:
        return Gate(name, Verdict.PASSED, said)
    if verdict is Compatibility.UNKNOWN:
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            said,
            f"Promote a version whose signature can be held against v"
            f"{incumbent.number}'s.",
        )
    return Gate(
        name,
        Verdict.FAILED,
        said,
        f"Promote a version whose signature is {rule} to v{incumbent.number}'s.",
    )


def _tags(version: VersionFacts | None, wanted: tuple[str, ...]) -> Gate:
    tags = version.tags if version else {}
    missing = [key for key in wanted if not tags.get(key, "").strip()]
    if not missing:
        return Gate("Tags", Verdict.PASSED, f"It has {', '.join(wanted)}.")
    names = ", ".join(missing)
    return Gate(
        "Tags", Verdict.FAILED, f"It lacks {names}.", f"Set {names} on the version."
    )


def _description(version: VersionFacts | None) -> Gate:
    if version is not None and version.description.strip():
        return Gate("Description", Verdict.PASSED, "The version is described.")
    return Gate(
        "Description",
        Verdict.FAILED,
        "The version has no description.",
        "Describe the version.",
    )
