"""The gate on a version's files: are they still those that were there when asked?"""

from collections.abc import Iterable, Sequence

from registry_ui.gates.facts import Gate, GateFacts, Verdict
from registry_ui.gates.remedies import Act, Remedy

_NAME = "Files"
_MOST_NAMED = 5


def files_gates(facts: GateFacts) -> Iterable[Gate]:
    """Judge whether the files have changed, where that is a rule."""
    if facts.policy.definition.files_unchanged:
        yield _gate(facts)


def _gate(facts: GateFacts) -> Gate:
    files = facts.files
    if files.changes:
        return Gate(
            _NAME,
            Verdict.FAILED,
            f"Since it was asked {_listed(files.changes)}.",
            Remedy(
                act=Act.OTHER_VERSION,
                text="Register what is there now as a new version, and ask for that"
                " one.",
            ),
        )
    if files.error:
        return Gate(
            _NAME,
            Verdict.INSUFFICIENT,
            f"They cannot be compared: {files.error}",
            Remedy(
                act=Act.READ_FILES,
                text="Mend that; a worker reads them again by itself. Where it cannot"
                " be mended, the policy must not ask for it.",
            ),
        )
    if files.count is None or files.read_at is None:
        return Gate(
            _NAME,
            Verdict.INSUFFICIENT,
            "They have not been read since it was asked.",
            Remedy(act=Act.READ_FILES, text="Wait until a worker has read them."),
        )
    return Gate(
        _NAME,
        Verdict.PASSED,
        f"{files.count} {'file is' if files.count == 1 else 'files are'} as they were"
        f" when it was asked; compared on {files.read_at:%d %b %Y, %H:%M} UTC.",
    )


def _listed(changes: Sequence[str]) -> str:
    shown = list(changes[:_MOST_NAMED])
    if more := len(changes) - len(shown):
        shown.append(f"{more} more were changed")
    return ", ".join(shown)
