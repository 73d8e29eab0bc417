"""What starts a job, and what is remembered of how it takes an event."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from webhooks_ui.http_client import Answer, JobRun, Outgoing
from webhooks_ui.models import Delivery, Webhook

REMEMBERED = timedelta(hours=1)
_TOKEN_LENGTH = 64  # the most that the jobs API takes


def job_outgoing(delivery: Delivery, *, start_before: float) -> Outgoing:
    """Return the request that starts the job of a delivery.

    Raises:
        CredentialUnreadableError: the access token's encryption key is gone.
    """
    webhook = delivery.webhook
    read_at = webhook.parameter_form_read_at
    is_fresh = read_at is not None and timezone.now() - read_at < REMEMBERED
    run = JobRun(
        workspace_url=webhook.workspace_url,
        job_id=webhook.job_id,
        event=delivery.body.decode(),
        idempotency_token=idempotency_token(delivery),
        parameter_form=webhook.parameter_form if is_fresh else "",
    )
    return Outgoing(
        id=delivery.pk,
        endpoint=webhook.pk,
        url=run.start_url,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Authorization": f"Bearer {webhook.access_token}",
        },
        body=b"",
        start_before=start_before,
        job=run,
    )


def idempotency_token(delivery: Delivery) -> str:
    """Return what the jobs API tells runs apart by.

    The same for each attempt, so that a retry after a lost answer starts no second
    run. Another one once the delivery had succeeded and somebody sends it again: who
    does that wants a new run.
    """
    name = (
        f"{delivery.pk}:{delivery.run_number}" if delivery.run_number else delivery.pk
    )
    return hashlib.sha256(name.encode()).hexdigest()[:_TOKEN_LENGTH]


def remember_forms(results: Iterable[tuple[Outgoing, Answer | None]]) -> None:
    """Store what was learnt of jobs, or that it is to be read again.

    In the caller's transaction. What was asked of another job than the webhook has
    by now is left out.
    """
    news: dict[tuple[str, str, str], Answer] = {}
    for request, answer in results:
        run, trace = request.job, answer.job if answer else None
        if run and answer and trace and trace.is_news:
            key = (request.endpoint, run.workspace_url, run.job_id)
            if key not in news or not trace.parameter_form:
                news[key] = answer
    for (webhook_pk, workspace_url, job_id), answer in sorted(news.items(), key=_key):
        form = answer.job.parameter_form if answer.job else ""
        Webhook.objects.filter(
            pk=webhook_pk, workspace_url=workspace_url, job_id=job_id
        ).update(
            parameter_form=form,
            parameter_form_read_at=answer.started_at if form else None,
        )


def _key(one: tuple[tuple[str, str, str], Answer]) -> tuple[str, str, str]:
    return one[0]
