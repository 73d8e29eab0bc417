"""Ways round the registry's API, and what no server can see."""

from dataclasses import dataclass

from registry_ui.api.enforcement.outcomes import Outcome


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
        "A stage or alias that is moved, and between two syncs moved back, or on"
        " through Signoff into a target that asks for nothing",
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
