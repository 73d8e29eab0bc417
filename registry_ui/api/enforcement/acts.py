"""The changes that the matrix speaks of, and ways that no server can see."""

from dataclasses import dataclass
from enum import StrEnum

from registry_ui.models import ALIAS_PREFIX, STAGE_PREFIX, Stage


class Outcome(StrEnum):
    """What comes of a change that somebody tries."""

    PREVENTED = "prevented"
    BY_POLICY = "as the policy says"
    ALLOWED = "allowed"
    HANDED_ON = "handed on"
    DETECTED = "detected"
    RECORDED = "recorded"
    NOT_SEEN = "not seen"

    @property
    def meaning(self) -> str:
        """Return what it means, as a sentence."""
        return _MEANINGS[self]

    @property
    def tone(self) -> str:
        """Return the badge's tone."""
        return _TONES[self]

    @property
    def icon(self) -> str:
        """Return the badge's icon."""
        return _ICONS[self]


_MEANINGS = {
    Outcome.PREVENTED: "Refused before MLflow is changed.",
    Outcome.BY_POLICY: "Refused with the way to ask where the policy wants an approval"
    " or governs what would be deleted; where it does not, done and on record with the"
    " person's name.",
    Outcome.ALLOWED: "Done, since the level allows it; at once on record with the"
    " person's name.",
    Outcome.HANDED_ON: "Done by MLflow; it changes nothing that MLflow holds, and is"
    " not on record.",
    Outcome.DETECTED: "MLflow is changed; the next sync opens an incident that can be"
    " reverted. Nobody is named: MLflow does not know who it was.",
    Outcome.RECORDED: "MLflow is changed; the next sync puts it on record, without a"
    " name. Who serves has not changed, so it is no incident.",
    Outcome.NOT_SEEN: "MLflow is changed, and nothing here shows it.",
}
_TONES = {
    Outcome.PREVENTED: "ok",
    Outcome.BY_POLICY: "brand",
    Outcome.ALLOWED: "brand",
    Outcome.HANDED_ON: "outline",
    Outcome.DETECTED: "warn",
    Outcome.RECORDED: "warn",
    Outcome.NOT_SEEN: "bad",
}
_ICONS = {
    Outcome.PREVENTED: "shield-check",
    Outcome.BY_POLICY: "scroll-text",
    Outcome.ALLOWED: "check",
    Outcome.HANDED_ON: "check",
    Outcome.DETECTED: "siren",
    Outcome.RECORDED: "scroll-text",
    Outcome.NOT_SEEN: "eye-off",
}


@dataclass(frozen=True, slots=True)
class Act:
    """A change of the registry that MLflow's API offers.

    Attributes:
        words: the change, as it follows "somebody can".
        matters: what it does to those who load the model.
        past: what comes of it where it is sent straight to MLflow.
        target: what a version is put into, where the level depends on it.
        serves: what is changed serves somebody.
        has_page: Signoff has a page for it.
        makes_prompt: it sets MLflow's tag for prompts.
        changes: MLflow holds something else afterwards.
    """

    slug: str
    words: str
    method: str
    path: str
    matters: str
    past: Outcome
    target: str = ""
    serves: bool = False
    has_page: bool = True
    makes_prompt: bool = False
    changes: bool = True


ACTS = (
    Act(
        "move-production",
        "move a version into or out of Production",
        "POST",
        "model-versions/transition-stage",
        "Whoever loads models:/name/Production gets another version.",
        Outcome.DETECTED,
        target=f"{STAGE_PREFIX}{Stage.PRODUCTION}",
        serves=True,
    ),
    Act(
        "move-staging",
        "move a version into or out of Staging",
        "POST",
        "model-versions/transition-stage",
        "Whoever loads models:/name/Staging gets another version.",
        Outcome.DETECTED,
        target=f"{STAGE_PREFIX}{Stage.STAGING}",
        serves=True,
    ),
    Act(
        "move-archived",
        "move a version between None and Archived",
        "POST",
        "model-versions/transition-stage",
        "Nobody loads from either.",
        Outcome.RECORDED,
        target=f"{STAGE_PREFIX}{Stage.ARCHIVED}",
    ),
    Act(
        "set-alias",
        "set an alias, or point it to another version",
        "POST",
        "registered-models/alias",
        "Whoever loads models:/name@alias gets another version.",
        Outcome.DETECTED,
        target=f"{ALIAS_PREFIX}champion",
        serves=True,
    ),
    Act(
        "delete-alias",
        "delete an alias",
        "DELETE",
        "registered-models/alias",
        "Whoever loads models:/name@alias gets an error.",
        Outcome.DETECTED,
        target=f"{ALIAS_PREFIX}champion",
        serves=True,
    ),
    Act(
        "create-version",
        "register a version",
        "POST",
        "model-versions/create",
        "Whoever loads models:/name/latest gets it at once.",
        Outcome.RECORDED,
        has_page=False,
    ),
    Act(
        "delete-serving-version",
        "delete a version that serves",
        "DELETE",
        "model-versions/delete",
        "Whoever loads it gets an error.",
        Outcome.DETECTED,
        serves=True,
    ),
    Act(
        "delete-version",
        "delete a version that is in no stage and behind no alias",
        "DELETE",
        "model-versions/delete",
        "Whoever loads it by its number gets an error.",
        Outcome.RECORDED,
    ),
    Act(
        "delete-serving-model",
        "delete a model that serves",
        "DELETE",
        "registered-models/delete",
        "Whoever loads it gets an error, or another model made under its name.",
        Outcome.DETECTED,
        serves=True,
    ),
    Act(
        "delete-model",
        "delete a model of which nothing serves",
        "DELETE",
        "registered-models/delete",
        "Whoever loads a version by its number gets an error.",
        Outcome.RECORDED,
    ),
    Act(
        "rename-model",
        "rename a model that serves",
        "POST",
        "registered-models/rename",
        "Whoever loads it by its old name gets an error.",
        Outcome.DETECTED,
        serves=True,
    ),
    Act(
        "create-model",
        "register a model",
        "POST",
        "registered-models/create",
        "A name is taken.",
        Outcome.RECORDED,
    ),
    Act(
        "make-prompt",
        "make a prompt of a model that serves, by a tag",
        "POST",
        "registered-models/set-tag",
        "MLflow's lists hide it; its stages and aliases still load.",
        Outcome.DETECTED,
        serves=True,
        makes_prompt=True,
    ),
    Act(
        "set-model-tag",
        "set a tag of a model",
        "POST",
        "registered-models/set-tag",
        "Something, if a program goes by that tag.",
        Outcome.RECORDED,
    ),
    Act(
        "delete-model-tag",
        "delete a tag of a model",
        "DELETE",
        "registered-models/delete-tag",
        "Something, if a program goes by that tag.",
        Outcome.RECORDED,
    ),
    Act(
        "set-version-tag",
        "set a tag of a version",
        "POST",
        "model-versions/set-tag",
        "Something, if a program goes by that tag; a policy may read it.",
        Outcome.RECORDED,
    ),
    Act(
        "delete-version-tag",
        "delete a tag of a version",
        "DELETE",
        "model-versions/delete-tag",
        "Something, if a program goes by that tag; a policy may read it.",
        Outcome.RECORDED,
    ),
    Act(
        "describe-model",
        "describe a model",
        "PATCH",
        "registered-models/update",
        "Nothing.",
        Outcome.RECORDED,
    ),
    Act(
        "describe-version",
        "describe a version",
        "PATCH",
        "model-versions/update",
        "Nothing.",
        Outcome.RECORDED,
    ),
    Act(
        "create-webhook",
        "add a webhook of MLflow's own",
        "POST",
        "webhooks",
        "Nothing; its receiver hears of what is registered.",
        Outcome.NOT_SEEN,
        has_page=False,
    ),
    Act(
        "change-webhook",
        "change a webhook of MLflow's own",
        "PATCH",
        "webhooks/<str:webhook_id>",
        "Nothing; another receiver may hear of what is registered.",
        Outcome.NOT_SEEN,
        has_page=False,
    ),
    Act(
        "test-webhook",
        "have MLflow test a webhook of its own",
        "POST",
        "webhooks/<str:webhook_id>/test",
        "Nothing; its receiver is called.",
        Outcome.NOT_SEEN,
        has_page=False,
        changes=False,
    ),
    Act(
        "delete-webhook",
        "delete a webhook of MLflow's own",
        "DELETE",
        "webhooks/<str:webhook_id>",
        "Nothing; Signoff's hints may stop, and it is slower to notice.",
        Outcome.NOT_SEEN,
        has_page=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Detour:
    """A way round the registry's API, or a use of it that leaves no trace.

    Attributes:
        words: what somebody does, as a noun.
        why: what is seen of it and what is not.
        remedy: what closes the hole.
    """

    slug: str
    words: str
    outcome: Outcome
    why: str
    remedy: str


DETOURS = (
    Detour(
        "forged",
        "A page of another site that sends a change with the cookie of somebody who"
        " may make it",
        Outcome.PREVENTED,
        "Signoff takes no change on a bare cookie.",
        "None is needed.",
    ),
    Detour(
        "database-stage",
        "SQL in MLflow's database: a version's stage",
        Outcome.DETECTED,
        "A sweep compares what MLflow shows, however it came there.",
        "Let no account but MLflow's write to its database.",
    ),
    Detour(
        "database-alias",
        "SQL in MLflow's database: an alias",
        Outcome.DETECTED,
        "As above.",
        "As above.",
    ),
    Detour(
        "other-server",
        "Another MLflow server, without the guard, on the same database",
        Outcome.DETECTED,
        "Signoff sees the change in its own MLflow at the next sweep.",
        "As above.",
    ),
    Detour(
        "stolen-secret",
        "The guard's secret, or Signoff's account at MLflow, in other hands",
        Outcome.DETECTED,
        "MLflow takes the call for Signoff's; but no request explains it.",
        "Keep the secret in a file that only Signoff's and MLflow's processes read, use"
        " TLS, and replace it (docs/guard.md).",
    ),
    Detour(
        "back-again",
        "A stage or alias that is moved, and moved back between two syncs",
        Outcome.NOT_SEEN,
        "MLflow keeps no trace of it. What was loaded in between, nobody knows.",
        "The guard.",
    ),
    Detour(
        "files",
        "A version's files, overwritten in the bucket or through MLflow",
        Outcome.NOT_SEEN,
        "No call of the registry is made, and files are not read again by themselves."
        " A policy with files_unchanged notices it for what is asked for.",
        "A bucket that keeps what is written once (object lock), and a policy with"
        " files_unchanged.",
    ),
    Detour(
        "metric",
        "Another value of a metric, logged to the run of a version that serves",
        Outcome.NOT_SEEN,
        "Runs belong to tracking. What was read for a decision stays as it was decided"
        " on; the run is not read again by itself.",
        "Read the run again on the version's page before deciding.",
    ),
)
