"""One sentence an event, fit for a chat channel: Databricks' `text`.

Other people's words stand in it on one line, shortened, and so that they call nobody:
`<!channel>` does in Slack, `@channel` in its relatives. The exact values are in the
fields.
"""

import re

from registry_ui.models import (
    ALIAS_PREFIX,
    STAGE_PREFIX,
    Incident,
    Stage,
    TransitionRequest,
)
from webhooks_ui.payloads.fields import cut
from webhooks_ui.payloads.occurrences import Occurrence

_LONGEST_WORD = 300
_ANGLES = str.maketrans("<>", "\u2039\u203a")
_CALL = re.compile(r"@(?=(?:all|channel|everyone|here)\b)", re.IGNORECASE)
_Kind = TransitionRequest.Kind
_RESOLVED: dict[str, str] = {
    Incident.Resolution.REVERTED: "what was changed is taken back",
    Incident.Resolution.ACCEPTED: "it is accepted after the fact",
    Incident.Resolution.DECIDED: "a request has decided on it",
    Incident.Resolution.UNDONE: "it was moved back in MLflow",
}


def model_created(occurrence: Occurrence) -> str:
    """Return who created the model."""
    return f"{_who(occurrence)} created {_model(occurrence)}."


def version_created(occurrence: Occurrence) -> str:
    """Return who created the version."""
    return (
        f"{_who(occurrence)} created version {occurrence.version} of"
        f" {_model(occurrence)}."
    )


def tag_set(occurrence: Occurrence) -> str:
    """Return who set which tag."""
    key, value = _said(occurrence, "key"), _said(occurrence, "value")
    return (
        f"{_who(occurrence)} set version tag(s) '{key}' => '{value}' for"
        f" {_version(occurrence)}."
    )


def commented(occurrence: Occurrence) -> str:
    """Return that somebody wrote, not what."""
    who = _who(occurrence, "A user")
    return f"{who} commented on {_version(occurrence)}."


def transitioned(occurrence: Occurrence) -> str:
    """Return Databricks' sentence, which names nobody."""
    old, new = _said(occurrence, "from_stage"), _said(occurrence, "to_stage")
    return _sentence(f"{_version(occurrence)} transitioned from {old} to {new}")


def requested(occurrence: Occurrence) -> str:
    """Return Databricks' sentence where it fits: a move to another stage."""
    who, version = _who(occurrence), _version(occurrence)
    if _is_afterwards(occurrence):
        return (
            f"{who} asked for a review, after the fact, of {version} in"
            f" {_place(occurrence)}."
        )
    if not occurrence.details.get("to_stage"):
        return f"{who} requested to {_change(occurrence)}."
    old = _said(occurrence, "from_stage") or Stage.NONE.value
    return (
        f"{who} requested the transition of {version} from {old} to"
        f" {_place(occurrence)}."
    )


def approved(occurrence: Occurrence) -> str:
    """Return who gave the last approval, or that something else was last."""
    ask = _request(occurrence)
    if occurrence.actor:
        return f"{_who(occurrence)} approved {ask}."
    return _sentence(f"{ask} is approved, since its last gate has passed")


def rejected(occurrence: Occurrence) -> str:
    """Return who rejected it."""
    return f"{_who(occurrence)} rejected {_request(occurrence)}."


def cancelled(occurrence: Occurrence) -> str:
    """Return who withdrew it."""
    return f"{_who(occurrence)} withdrew {_request(occurrence)}."


def expired(occurrence: Occurrence) -> str:
    """Return that nobody decided."""
    return _sentence(f"{_request(occurrence)} has expired: nobody decided in time")


def superseded(occurrence: Occurrence) -> str:
    """Return which one was quicker."""
    other = f"request {occurrence.details.get('by_request', '?')}"
    return _sentence(f"{_request(occurrence)} was overtaken by {other}")


def applied(occurrence: Occurrence) -> str:
    """Return that it is so now."""
    return _sentence(f"{_request(occurrence)} is carried out")


def failed(occurrence: Occurrence) -> str:
    """Return what stood in the way."""
    verb = "could not be undone" if _was_undo(occurrence) else "failed"
    # Of an undo the reason says so first; here the sentence does.
    reason = _said(occurrence, "reason").removeprefix("It could not be undone: ")
    return _sentence(f"{_request(occurrence)} {verb}: {reason or 'nobody knows why'}")


def undone(occurrence: Occurrence) -> str:
    """Return who had it undone."""
    return f"{_who(occurrence)} had {_request(occurrence)} undone."


def glass_broken(occurrence: Occurrence) -> str:
    """Return who took it on themselves."""
    number = occurrence.request_number
    return (
        f"{_who(occurrence)} used break-glass to {_change(occurrence)} before anybody"
        f" has reviewed it (request {number})."
    )


def review_overdue(occurrence: Occurrence) -> str:
    """Return what nobody has looked at."""
    number = occurrence.request_number
    return (
        f"Nobody has reviewed in time that {_version(occurrence)} was put into"
        f" {_place(occurrence)} by break-glass (request {number})."
    )


def incident_opened(occurrence: Occurrence) -> str:
    """Return what was changed around everybody."""
    effects = "; ".join(_plain(one) for one in occurrence.details.get("effects", ()))
    return _sentence(
        f"{_model(occurrence)} was changed in MLflow without a decision (incident"
        f" {occurrence.details.get('incident')}): {_shortened(effects)}"
    )


def incident_resolved(occurrence: Occurrence) -> str:
    """Return how it ended."""
    details = occurrence.details
    how = _RESOLVED.get(details.get("resolution", ""), "nothing of it is left")
    incident = f"incident {details.get('incident')} on {_model(occurrence)}"
    if occurrence.actor:
        return f"{_who(occurrence)} resolved {incident}: {how}."
    return _sentence(f"{incident} is resolved: {how}")


def alias_set(occurrence: Occurrence) -> str:
    """Return who gave the alias to the version."""
    return (
        f"{_who(occurrence)} set alias '{_said(occurrence, 'alias')}' to"
        f" {_version(occurrence)}."
    )


def alias_moved(occurrence: Occurrence) -> str:
    """Return who moved it from where to where."""
    return (
        f"{_who(occurrence)} moved alias '{_said(occurrence, 'alias')}' of"
        f" {_model(occurrence)} from version {occurrence.details.get('from_version')}"
        f" to version {occurrence.version}."
    )


def alias_deleted(occurrence: Occurrence) -> str:
    """Return who took it away from the version."""
    return (
        f"{_who(occurrence)} deleted alias '{_said(occurrence, 'alias')}', which"
        f" pointed to {_version(occurrence)}."
    )


def check_reported(occurrence: Occurrence) -> str:
    """Return what came out."""
    return (
        f"{_who(occurrence)} reported check '{_said(occurrence, 'check')}' of"
        f" {_version(occurrence)}: {_said(occurrence, 'verdict')}."
    )


def version_deleted(occurrence: Occurrence) -> str:
    """Return who deleted it, and where it was."""
    where = _said(occurrence, "stage")
    was = f"; it was in {where}" if where not in ("", Stage.NONE.value) else ""
    return (
        f"{_who(occurrence)} deleted version {occurrence.version} of"
        f" {_model(occurrence)}{was}."
    )


def model_renamed(occurrence: Occurrence) -> str:
    """Return who renamed it, and what it was called."""
    old, new = _said(occurrence, "name_before"), _plain(occurrence.model_name)
    return f"{_who(occurrence)} renamed registered model '{old}' to '{new}'."


def model_deleted(occurrence: Occurrence) -> str:
    """Return who deleted it; or that it is hidden."""
    if occurrence.details.get("is_prompt"):
        return _sentence(
            f"{_model(occurrence)} is a prompt now, which hides it as a model"
        )
    return f"{_who(occurrence)} deleted {_model(occurrence)}."


def policy_created(occurrence: Occurrence) -> str:
    """Return who added it."""
    return f"{_who(occurrence)} created policy '{_said(occurrence, 'policy')}'."


def policy_changed(occurrence: Occurrence) -> str:
    """Return who changed it."""
    return (
        f"{_who(occurrence)} changed policy '{_said(occurrence, 'policy')}' to version"
        f" {occurrence.details.get('policy_version')}."
    )


def policy_retired(occurrence: Occurrence) -> str:
    """Return who took it out of force."""
    return f"{_who(occurrence)} retired policy '{_said(occurrence, 'policy')}'."


def policies_reordered(occurrence: Occurrence) -> str:
    """Return that the first that matches may be another one now."""
    return f"{_who(occurrence)} changed the order in which policies are tried."


def _who(occurrence: Occurrence, otherwise: str = "Somebody") -> str:
    return _plain(occurrence.actor) or otherwise


def _model(occurrence: Occurrence) -> str:
    return f"registered model '{_plain(occurrence.model_name)}'"


def _version(occurrence: Occurrence) -> str:
    return f"{_model(occurrence)} version {occurrence.version}"


def _request(occurrence: Occurrence) -> str:
    """Return a request with what it asks for, as it follows a verb."""
    ask = f"request {occurrence.request_number}"
    if _is_afterwards(occurrence):
        return f"{ask} to let {_version(occurrence)} stay in {_place(occurrence)}"
    return f"{ask} to {_change(occurrence)}"


def _change(occurrence: Occurrence) -> str:
    """Return what is done to the version, as it follows `to`."""
    version, place = _version(occurrence), _place(occurrence)
    kind = occurrence.details.get("kind")
    if kind == _Kind.REVERT:
        return f"take back what was changed in {_model(occurrence)} in MLflow"
    if kind == _Kind.REMOVAL:
        return f"remove {place} from {version}"
    if occurrence.details.get("to_stage"):
        return f"move {version} to {place}"
    return f"point {place} to {version}"


def _place(occurrence: Occurrence) -> str:
    """Return the target as people say it: `Production`, `alias 'champion'`."""
    target = _said(occurrence, "target") or _said(occurrence, "to_stage")
    if target.startswith(ALIAS_PREFIX):
        return f"alias '{target.removeprefix(ALIAS_PREFIX)}'"
    return target.removeprefix(STAGE_PREFIX)


def _is_afterwards(occurrence: Occurrence) -> bool:
    return occurrence.details.get("kind") == _Kind.RETROSPECTIVE


def _was_undo(occurrence: Occurrence) -> bool:
    return bool(occurrence.details.get("was_undo"))


def _said(occurrence: Occurrence, key: str) -> str:
    return _plain(occurrence.details.get(key) or "")


def _plain(text: object) -> str:
    """Return other people's words as they may stand in the sentence."""
    one_line = "".join(c if c.isprintable() else " " for c in str(text))
    return _shortened(_CALL.sub("@\u200b", one_line.strip().translate(_ANGLES)))


def _shortened(text: str) -> str:
    return cut(text, _LONGEST_WORD)


def _sentence(words: str) -> str:
    """Return the words with a capital, and a full stop where none is."""
    return f"{words[0].upper()}{words[1:].removesuffix('.')}."
