"""Gates on what is known of the version: checks, signature, tags, description."""

from collections.abc import Iterable

from registry_ui.comparison import Compatibility, VersionFacts, compare
from registry_ui.gates.facts import CheckFact, Gate, GateFacts, Verdict
from registry_ui.gates.remedies import Act, Remedy
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
            _report(rule, f"Report {rule.name} as passed."),
        )
    if rule.max_age is not None and facts.now >= report.reported_at + rule.max_age:
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            f"It was reported as {report.verdict} more than"
            f" {format_duration(rule.max_age)} ago.",
            _report(rule, f"Run {rule.name} again and report it as passed."),
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
            _report(rule, f"Mend what {rule.name} found, and report it as passed."),
        )
    return Gate(
        name,
        Verdict.WAITING,
        "It is still running.",
        _report(rule, f"Wait until {rule.name} is reported as passed."),
    )


def _report(rule: CheckRule, text: str) -> Remedy:
    return Remedy(act=Act.REPORT_CHECK, text=text, names=(rule.name,))


def _signature(
    version: VersionFacts | None,
    incumbent: VersionFacts | None,
    rule: SignatureRule,
) -> Gate:
    name = "Signature"
    if version is None or not _has_signature(version):
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            "The version's signature is not known.",
            Remedy(
                act=Act.LOG_SIGNATURE,
                text="Log the model with a signature, or have its files read again.",
            ),
        )
    if incumbent is None:
        return Gate(
            name, Verdict.PASSED, "The target has no holder whose callers could break."
        )
    number = incumbent.number
    if not _has_signature(incumbent):
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            f"The signature of v{number}, the incumbent, is not known.",
            Remedy(
                act=Act.LOG_SIGNATURE,
                text=f"Give v{number} a signature (mlflow.models.set_signature), or"
                " have its files read again.",
                version=number,
            ),
        )
    found = compare([incumbent, version]).signature
    verdict, reasons = found.verdicts[1], "; ".join(found.worst_reasons[1])
    said = f"It is {verdict}, held against v{number}{reasons and f': {reasons}'}."
    if verdict in _ACCEPTED[rule]:
        return Gate(name, Verdict.PASSED, said)
    is_unknown = verdict is Compatibility.UNKNOWN
    wanted = "can be held against" if is_unknown else f"is {rule} to"
    return Gate(
        name,
        Verdict.INSUFFICIENT if is_unknown else Verdict.FAILED,
        said,
        Remedy(
            act=Act.OTHER_VERSION,
            text=f"Promote a version whose signature {wanted} v{number}'s.",
        ),
    )


def _has_signature(version: VersionFacts) -> bool:
    return version.is_model_read and version.signature is not None


def _tags(version: VersionFacts | None, wanted: tuple[str, ...]) -> Gate:
    tags = version.tags if version else {}
    missing = [key for key in wanted if not tags.get(key, "").strip()]
    if not missing:
        return Gate("Tags", Verdict.PASSED, f"It has {', '.join(wanted)}.")
    names = ", ".join(missing)
    remedy = Remedy(
        act=Act.SET_TAGS, text=f"Set {names} on the version.", names=tuple(missing)
    )
    return Gate("Tags", Verdict.FAILED, f"It lacks {names}.", remedy)


def _description(version: VersionFacts | None) -> Gate:
    if version is not None and version.description.strip():
        return Gate("Description", Verdict.PASSED, "The version is described.")
    return Gate(
        "Description",
        Verdict.FAILED,
        "The version has no description.",
        Remedy(act=Act.DESCRIBE, text="Describe the version."),
    )
