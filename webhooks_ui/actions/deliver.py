"""The delivery engine: claim what is due, send it, record what came of it.

Any number of workers may run this side by side. A claim is a short transaction that
leases what is due; sending holds no transaction; recording is one again.
Whatever dies in between, the row is due once more when its lease is over, and goes
out with the same id.
"""

import functools
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from operator import attrgetter

from django.db import transaction
from django.utils import timezone

from registry_ui.errors import CredentialUnreadableError
from webhooks_ui.actions.attempts import (
    attempt_of,
    credentials_of,
    outgoing,
    unsent_attempt,
)
from webhooks_ui.actions.claims import claim_due
from webhooks_ui.actions.health import (
    HOLD_FOR_OWN_FAULT,
    Result,
    has_succeeded,
    note_health,
)
from webhooks_ui.actions.job_runs import remember_forms
from webhooks_ui.actions.schedule import wait_before
from webhooks_ui.actions.turns import Turn
from webhooks_ui.actions.webhooks import disable_gone
from webhooks_ui.http_client import GONE, Answer, Failure, Outgoing, Sender
from webhooks_ui.models import Delivery, DeliveryAttempt, NewAttempt, Trigger

logger = logging.getLogger(__name__)

START_WITHIN_SECONDS = 30.0  # of the claim; a call takes 10 s at most, so 5 s remain
CLAIMING_SECONDS = 10.0  # then the task ends, so that a worker can be stopped
COLLECT_SECONDS = 0.05  # then it is seen that somebody wishes a look
FAILURES_AT_ONCE = 50
_OURS = Turn()

_SETTLED_FIELDS = [
    "status",
    "attempt_count",
    "retry_step",
    "next_trigger",
    "due_at",
    "claim_token",
    "leased_until",
    "settled_at",
]


def drain_deliveries(turn: Turn = _OURS) -> int:
    """Send what is due until nothing is, or for about ten seconds.

    Where another thread of this process claims already, it is asked to look again.

    Args:
        turn: of the threads that claim one at a time.

    Returns:
        How many attempts were recorded.
    """
    recorded = 0
    turn.wish()
    while turn.take():
        recorded += _drain(turn)
    return recorded


def _drain(turn: Turn) -> int:
    """Claim, send and record while it is our turn; then end what is under way."""
    stop = time.monotonic() + CLAIMING_SECONDS
    with ExitStack() as ours:
        ours.callback(turn.give_back)
        turn.grant()
        fresh = claim_due(timezone.now(), busy={})
        if not fresh:
            return 0  # a sender is not made for nothing, each second
        with Sender() as sender:
            batch = _Batch(sender)
            claims = True
            while fresh or not batch.is_done:
                has_news = batch.go_on(fresh)
                fresh = []
                if not claims:
                    continue
                if time.monotonic() > stop:
                    claims = False
                    ours.close()
                elif not (has_news or turn.is_wished):
                    continue
                else:
                    turn.grant()
                # After the turn was given back, too: who came before found it taken.
                fresh = batch.claim()
    return batch.recorded


class _Batch:
    """What one thread sends and records, from its first claim to its last answer.

    Attributes:
        recorded: how many attempts were.
    """

    def __init__(self, sender: Sender) -> None:
        self.recorded = 0
        self._sender = sender
        self._claimed: dict[str, Delivery] = {}
        self._taken: Counter[str] = Counter()
        self._successes: list[Result] = []
        self._failures: list[Result] = []

    @property
    def is_done(self) -> bool:
        """Is nothing under way, and nothing to be recorded?"""
        return self._sender.is_idle and not (self._successes or self._failures)

    def claim(self) -> list[Delivery]:
        """Claim what may be sent by what is recorded."""
        return claim_due(
            timezone.now(),
            busy=self._sender.busy,
            taken=self._taken,
            but_for={request.endpoint for request, _ in self._failures},
        )

    def go_on(self, fresh: Sequence[Delivery]) -> bool:
        """Send what was claimed, and record what came of earlier ones.

        Returns:
            Whether more may be claimed by now.
        """
        self._claimed |= {delivery.pk: delivery for delivery in fresh}
        self._sender.submit(_requests(fresh))
        # What went well is recorded while the next requests are under way, and tells
        # nothing of what may be claimed; but a webhook in order gets its next one then.
        has_next = any(
            self._claimed[request.id].webhook.in_order for request, _ in self._successes
        )
        self._record(self._successes)
        wait = 0 if self._failures else COLLECT_SECONDS
        results = self._sender.collect(wait)
        self._successes, failures = _by_endpoint(results)
        self._taken.update(
            request.endpoint
            for request, answer in results
            if answer and has_succeeded(answer)
        )
        # A few at a time: what is alive is claimed in between.
        self._failures += failures
        few = self._failures[:FAILURES_AT_ONCE]
        del self._failures[:FAILURES_AT_ONCE]
        self._record(few)
        return bool(results or few or has_next)

    def _record(self, results: Sequence[Result]) -> None:
        self.recorded += record_answers(results, self._claimed)


def _by_endpoint(results: Sequence[Result]) -> tuple[list[Result], list[Result]]:
    """Return what endpoints answered that took everything, and what the others did.

    What one endpoint did stays together, since a success beside failures has its say.
    """
    failing = {
        request.endpoint
        for request, answer in results
        if answer is None or not has_succeeded(answer)
    }
    ordered = sorted(results, key=lambda result: result[0].endpoint)
    successes = [one for one in ordered if one[0].endpoint not in failing]
    return successes, [one for one in ordered if one[0].endpoint in failing]


def _requests(deliveries: Sequence[Delivery]) -> list[Outgoing]:
    """Return what to send; a delivery that cannot be signed fails on the spot."""
    start_before = time.monotonic() + START_WITHIN_SECONDS
    known = functools.cache(credentials_of)
    requests = []
    for delivery in deliveries:
        try:
            requests.append(
                outgoing(delivery, start_before=start_before, credentials=known)
            )
        except CredentialUnreadableError as error:
            _record_unreadable(delivery, str(error))
    return requests


class _ChangedMeanwhileError(Exception):
    """A delivery is not as it was claimed: another worker has it, or it is deleted."""


def record_answers(results: Sequence[Result], claimed: Mapping[str, Delivery]) -> int:
    """Write attempts and outcomes of many deliveries in one transaction.

    An attempt is recorded even where the lease was lost meanwhile, since it was made;
    the delivery's state is then the other worker's to say. What failed by a fault of
    ours is no attempt: nothing was sent.

    Args:
        results: each request with its answer; None stands for not sent.
        claimed: the deliveries as they were claimed, by id.

    Returns:
        How many attempts were recorded.
    """
    if not results:
        return 0
    tokens = {request.id: claimed[request.id].claim_token for request, _ in results}
    try:
        return _record(results, tokens, {pk: claimed[pk] for pk in tokens})
    except _ChangedMeanwhileError:
        return _record(results, tokens, None)


@transaction.atomic
def _record(
    results: Sequence[Result],
    tokens: Mapping[str, str],
    rows: Mapping[str, Delivery] | None,
) -> int:
    """Record answers, all or none.

    While a row bears our claim nobody else changes it, but that who had lost it counts
    an attempt; so what we claimed is almost always what it is, and to write is enough.

    Args:
        results: as `record_answers` takes them.
        tokens: of our claims, by the delivery's id.
        rows: the deliveries as we know them; None: lock them and read them anew.

    Raises:
        _ChangedMeanwhileError: they are not as we know them.
    """
    now = timezone.now()
    not_counted = note_health(results, now)
    remember_forms(results)
    if rows is None:
        locking = Delivery.objects.select_for_update(of=("self",)).among([*tokens])
        rows = {row.pk: row for row in locking.select_related("webhook").order_by("pk")}
    before = {pk: (row.claim_token, row.attempt_count) for pk, row in rows.items()}
    attempts: list[NewAttempt] = []
    for request, answer in results:
        row = rows.get(request.id)  # none: the webhook was deleted meanwhile
        if row is None:
            continue
        is_mine = row.claim_token == tokens[request.id]
        is_excused = request.id in not_counted.excused
        if answer is not None and not is_excused:
            attempts.append(attempt_of(row, request, answer, trigger=row.next_trigger))
            row.attempt_count += 1
        if is_mine:
            is_outdated = request.id in not_counted.outdated
            settle(row, answer, now=now, is_excused=is_excused, is_outdated=is_outdated)
    _save_outcomes(rows.values(), before)
    DeliveryAttempt.objects.insert(attempts)
    _disable_gone(
        rows[request.id]
        for request, answer in results
        if answer is not None and answer.status_code == GONE
        if request.id in rows.keys() - not_counted.outdated
    )
    return len(attempts)


def _disable_gone(deliveries: Iterable[Delivery]) -> None:
    for delivery in deliveries:
        disable_gone(delivery.webhook)


def settle(
    delivery: Delivery,
    answer: Answer | None,
    *,
    now: datetime,
    is_excused: bool = False,
    is_outdated: bool = False,
) -> None:
    """Set what becomes of a claimed delivery; the caller saves it.

    Args:
        delivery: whose claim ends with this.
        answer: None where it was not sent; it is due again at once.
        now: the time.
        is_excused: it failed by a fault of ours, so it waits until we may have mended.
        is_outdated: the receiver that answered is not the webhook's any more; where it
            failed the present one is asked at once.
    """
    delivery.claim_token, delivery.leased_until = "", None
    # Both were not read when it was claimed; reading them now may find it deleted.
    delivery.due_at, delivery.settled_at = now, None
    if answer is None or (is_outdated and not has_succeeded(answer)):
        return
    if is_excused:
        delivery.due_at += HOLD_FOR_OWN_FAULT
        return
    delivery.next_trigger = Trigger.AUTO
    delivery.retry_step += 1
    if has_succeeded(answer):
        delivery.status = Delivery.Status.SUCCEEDED
        delivery.settled_at = now
        return
    is_final = answer.status_code == GONE or answer.failure is Failure.REFUSED_BY_POLICY
    wait = wait_before(delivery.retry_step, asked_seconds=answer.retry_after_seconds)
    if wait is None or is_final:
        delivery.status = Delivery.Status.FAILED
        delivery.settled_at = now
        logger.error(
            "delivery failed delivery=%s webhook=%s status=%s",
            delivery.pk,
            delivery.webhook_id,
            answer.status_code,
        )
        return
    delivery.due_at += wait
    logger.warning(
        "delivery postponed delivery=%s webhook=%s status=%s attempt=%d",
        delivery.pk,
        delivery.webhook_id,
        answer.status_code,
        delivery.attempt_count,
    )


def _save_outcomes(
    rows: Iterable[Delivery], before: Mapping[str, tuple[str, int]]
) -> None:
    """Save what became of the deliveries; those that fared alike in one statement.

    Most succeed at once and so are alike. `bulk_update` writes a CASE for each row and
    field, which took more time than all sending and reading together.

    Args:
        rows: as they shall be.
        before: claim and number of attempts that each must have, by id.

    Raises:
        _ChangedMeanwhileError: one of them has others.
    """
    outcome = attrgetter(*_SETTLED_FIELDS)
    alike: defaultdict[tuple[int, tuple[object, ...]], list[str]] = defaultdict(list)
    for row in rows:
        _, count = before[row.pk]
        after = outcome(row)
        alike[count, after].append(row.pk)
    for (count, after), ids in alike.items():
        # Of claims that we made, a row bears the newest, which is the one we know.
        tokens = {before[pk][0] for pk in ids}
        known = Delivery.objects.among(ids).filter(
            claim_token__in=tokens, attempt_count=count
        )
        if known.update(**dict(zip(_SETTLED_FIELDS, after, strict=True))) != len(ids):
            raise _ChangedMeanwhileError


@transaction.atomic
def _record_unreadable(delivery: Delivery, reason: str) -> None:
    """Record an attempt that could not even be made, and try again by the schedule."""
    now = timezone.now()
    row = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if row.claim_token != delivery.claim_token:
        return
    unsent_attempt(row, reason, trigger=Trigger(row.next_trigger), at=now).save()
    row.attempt_count += 1
    settle(row, Answer(started_at=now, duration_ms=0, error=reason), now=now)
    row.save(update_fields=_SETTLED_FIELDS)
