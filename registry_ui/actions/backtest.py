"""What a draft of policies would have said of past requests. Reads only.

Each is judged by the same gates as live requests, over the facts of then: reviews that
counted, checks as reported until then, who held the target, the clock. A few queries
fetch what all of them need.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from registry_ui.actions.gate_facts import gate_facts
from registry_ui.actions.past_records import PastRecords
from registry_ui.actions.policies import policy_of_request
from registry_ui.gates import Gate, Verdict, all_passed, evaluate, expires_at
from registry_ui.models import TransitionRequest
from registry_ui.planning import SERVING_STAGES, make_plan
from registry_ui.policies import Policy, in_words

DAYS = 90
MOST = 200
"""How many requests are judged, the newest first."""

AS_OF_TODAY = (
    "Reviews, checks, holders and the clock are taken as they were. Not kept are older"
    " metrics and other evidence, tags, descriptions, names, groups and permission"
    " levels: these are taken as they are today, and files as they were read last."
)

_Kind = TransitionRequest.Kind
_KINDS = (_Kind.PROMOTION, _Kind.ROLLBACK, _Kind.ARCHIVE)
_A_MINUTE = timedelta(minutes=1)
"""The clock and the people take so long anyway: what passes less early is no news."""


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What a draft would have said of one request that has ended.

    Attributes:
        policy: the name of the one that would have governed it.
        ended_at: when it was approved, or came to another end.
        passes_at: the first instant at which all gates would have passed; None: never.
        gates: what they said at that instant, or else when the request ended.
    """

    request: TransitionRequest
    policy: str
    ended_at: datetime
    passes_at: datetime | None
    gates: tuple[Gate, ...]

    @property
    def gates_left(self) -> list[Gate]:
        """Return the gates that had not passed."""
        return [gate for gate in self.gates if gate.verdict is not Verdict.PASSED]

    @property
    def was_approved(self) -> bool:
        """Was it approved, whatever became of it then?"""
        return self.request.plan is not None

    @property
    def is_blocked(self) -> bool:
        """Was it approved, and would not have been?"""
        return self.was_approved and self.passes_at is None

    @property
    def is_let_through(self) -> bool:
        """Would it have been approved, which it was not, or earlier than it was?"""
        if self.passes_at is None:
            return False
        return not self.was_approved or self.passes_at < self.ended_at - _A_MINUTE

    @property
    def ending(self) -> str:
        """Return what it came to: `approved`, `rejected`, `expired`."""
        if self.was_approved:
            return "approved"
        return self.request.get_status_display().lower()

    @property
    def gain(self) -> str:
        """Say when it would have been approved, in a sentence; empty if never."""
        if self.passes_at is None:
            return ""
        if self.was_approved:
            sooner = in_words(self.ended_at - self.passes_at, most=2)
            return f"All gates would have passed {sooner} earlier."
        return f"All gates would have passed on {self.passes_at:%d %b %Y, %H:%M} UTC."


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a draft would have said of the requests that ended in the last 90 days."""

    found: Sequence[Hindsight]
    is_cut: bool
    """Are there more than were judged?"""

    @property
    def promotion_count(self) -> int:
        """Return how many of the requests were approved."""
        return sum(one.was_approved for one in self.found)

    @property
    def blocked(self) -> list[Hindsight]:
        """Return the promotions that would not have been approved."""
        return [one for one in self.found if one.is_blocked]

    @property
    def let_through(self) -> list[Hindsight]:
        """Return what would have been approved earlier, or at all."""
        return [one for one in self.found if one.is_let_through]

    @property
    def summary(self) -> str:
        """Say in a sentence or two how many would have had another fate."""
        if not self.found:
            return f"No request for a promotion has ended in the last {DAYS} days."
        count = self.promotion_count
        promotions = f"{count} promotion{'' if count == 1 else 's'}"
        said = (
            f"Would have blocked {len(self.blocked) or 'none'} of {promotions} in the"
            f" last {DAYS} days."
        )
        sooner = sum(one.was_approved for one in self.let_through)
        if newly := len(self.let_through) - sooner:
            said += f" Would have approved {newly} that came to another end."
        if sooner:
            said += f" Would have approved {sooner} earlier."
        return said


def backtest(draft: Sequence[Policy]) -> Backtest:
    """Judge the requests that ended in the last 90 days under a draft."""
    ended = (
        TransitionRequest.objects.filter(
            kind__in=_KINDS, closed_at__gte=timezone.now() - timedelta(days=DAYS)
        )
        .exclude(status=TransitionRequest.Status.OPEN)
        .select_related("version__model", "version__evidence")
        .prefetch_related(
            "version__tags", "version__aliases", "reviews__reviewer__groups"
        )
        .order_by("-closed_at")
    )
    requests = list(ended[: MOST + 1])
    is_cut = len(requests) > MOST
    requests = requests[:MOST]
    governing = [policy_of_request(one, policies=draft) for one in requests]
    records = PastRecords.of(requests, [one.definition for one in governing])
    found = [
        _hindsight(request, policy, records)
        for request, policy in zip(requests, governing, strict=True)
    ]
    return Backtest(found, is_cut)


def _hindsight(
    request: TransitionRequest, policy: Policy, records: PastRecords
) -> Hindsight:
    ended_at = request.closed_at or request.created_at
    gates: tuple[Gate, ...] = ()
    passes_at = None
    for instant in _instants(request, policy, records, ended_at):
        gates = _judged(request, policy, records, instant)
        if all_passed(gates):
            passes_at = instant
            break
    return Hindsight(request, policy.definition.name, ended_at, passes_at, gates)


def _instants(
    request: TransitionRequest,
    policy: Policy,
    records: PastRecords,
    ended_at: datetime,
) -> list[datetime]:
    """Return when gates may have come to pass, the end of the request last.

    A review, a check, the end of the waiting time or of a freeze.
    """
    rules = policy.definition
    found = {review.created_at for review in request.reviews.all()}
    if not rules.approvals:
        found.add(request.created_at)
    if rules.checks:
        found |= {check.reported_at for check in records.reports_on(request.version)}
    if rules.waiting_time:
        found.add(request.created_at + rules.waiting_time)
    for freeze in rules.freezes:
        found |= {end for at in found if (end := freeze.until(at))}
    earliest, latest = request.created_at, ended_at - _A_MINUTE
    return [*sorted(at for at in found if earliest <= at < latest), ended_at]


def _judged(
    request: TransitionRequest, policy: Policy, records: PastRecords, now: datetime
) -> tuple[Gate, ...]:
    rules = policy.definition
    holdings = records.holdings(request, now)
    plan = make_plan(
        target=request.target,
        version=request.version.number,
        holdings=holdings,
        archive_existing=request.archive_existing_versions,
        moves_along=rules.moves_along,
    )
    facts = gate_facts(
        request,
        policy=policy,
        plan=plan,
        holdings=holdings,
        reviews=records.counting_reviews(request, now),
        now=now,
        past=records.past(request, now),
    )
    return (*evaluate(facts), *_only_in_hindsight(request, policy, now))


def _only_in_hindsight(
    request: TransitionRequest, policy: Policy, now: datetime
) -> Iterable[Gate]:
    """Say what live requests cannot lack: they are not over, and holders are known."""
    rules = policy.definition
    lasts = expires_at(rules, request.created_at)
    if lasts is not None and lasts <= now:
        yield Gate(
            "Expiry",
            Verdict.FAILED,
            f"It would have expired on {lasts:%d %b %Y, %H:%M} UTC.",
        )
    stage = request.to_stage
    looks_at_holders = rules.looks_at_holder or rules.single_holder
    if stage and stage not in SERVING_STAGES and looks_at_holders:
        yield Gate(
            "Holders",
            Verdict.INSUFFICIENT,
            f"Who was in {stage} then is not kept.",
        )
