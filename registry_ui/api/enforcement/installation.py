"""What Signoff knows of this installation; what it cannot know it says it cannot."""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.utils import timezone

from registry_ui.api.enforcement.matrix import Way
from registry_ui.mlflow_client import Doors, MLflowError, look_at_doors
from registry_ui.models import MirrorState
from registry_ui.policies.defaults import CHOICES

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Known(StrEnum):
    """How an answer looks."""

    GOOD = "ok"
    BAD = "bad"
    UNKNOWN = "outline"


@dataclass(frozen=True, slots=True)
class Fact:
    """One question about this installation.

    Attributes:
        answer: in a word or two.
        says: what follows from it, or how to find out.
    """

    question: str
    answer: str
    tone: Known
    says: str


@dataclass(frozen=True, slots=True)
class Installation:
    """All that is known.

    Attributes:
        facts: what can be found out, one a question.
        own_way: past Signoff, here; None where MLflow could not be asked.
    """

    facts: tuple[Fact, ...]
    own_way: Way | None


def look_around() -> Installation:
    """Ask MLflow, by one read without credentials, and our own settings."""
    doors: Doors | None = None
    why_not = ""
    try:
        doors = look_at_doors(settings.MLFLOW_REGISTRY_URI)
    except MLflowError as error:
        why_not = str(error)
    facts = (
        _guard(doors, why_not),
        _sign_in(doors, why_not),
        _reach(),
        _mirror(),
        _default_policy(),
    )
    return Installation(facts, _own_way(doors) if doors else None)


def _own_way(doors: Doors) -> Way:
    if doors.is_guarded:
        return Way.GUARDED
    return Way.SIGN_IN if doors.has_basic_auth else Way.DIRECT


def _guard(doors: Doors | None, why_not: str) -> Fact:
    question = "Does MLflow refuse what does not come from Signoff?"
    if doors is None:
        return Fact(question, "not known", Known.UNKNOWN, why_not)
    if doors.is_guarded:
        says = "Its answers bear the guard's header. Another server on the same"
        return Fact(question, "yes", Known.GOOD, f"{says} database may have none.")
    if settings.MLFLOW_GUARD_SECRET:
        says = (
            "Signoff sends the guard's secret, but this MLflow does not say that it"
            " runs the guard: start it with --app-name signoff-guard, of this release."
        )
        return Fact(question, "no", Known.BAD, says)
    says = "It runs without the guard (docs/guard.md)."
    return Fact(question, "no", Known.BAD, says)


def _sign_in(doors: Doors | None, why_not: str) -> Fact:
    question = "Does MLflow ask who is there?"
    if doors is None:
        return Fact(question, "not known", Known.UNKNOWN, why_not)
    if doors.asks_who:
        says = "Whom it lets write is its own matter: Signoff cannot see its accounts."
        return Fact(question, "yes", Known.GOOD, says)
    says = "Whoever reaches it may read all of it"
    rest = "." if doors.is_guarded else ", and change it without a name."
    return Fact(question, "no", Known.BAD, f"{says}{rest}")


def _reach() -> Fact:
    question = "Can people reach MLflow past Signoff?"
    if settings.EMBEDDED_MLFLOW and settings.MLFLOW_BIND.host in _LOOPBACK:
        says = f"Signoff's own MLflow listens on {settings.MLFLOW_BIND} alone."
        return Fact(question, "on this machine", Known.GOOD, says)
    says = (
        "From inside Signoff that cannot be seen. Open MLflow's address with /health"
        " behind it from where people work: OK means that they can."
    )
    return Fact(question, "not known", Known.UNKNOWN, says)


def _mirror() -> Fact:
    question = "Are changes past Signoff noticed?"
    state = MirrorState.load()
    if why := state.why_stale(timezone.now()):
        return Fact(question, "not now", Known.BAD, why)
    seconds = round(state.promise_seconds)
    says = (
        f"Within {seconds:,} seconds. Moved and moved back in between leaves no trace."
    )
    return Fact(question, "yes", Known.GOOD, says)


def _default_policy() -> Fact:
    question = "What holds where no policy of one's own matches?"
    choice = settings.DEFAULT_POLICY
    asks = choice == "four-eyes"
    tone = Known.GOOD if asks else Known.BAD
    return Fact(question, choice, tone, CHOICES[choice][0].description)
