"""`registry-webhooks/*` of Databricks' dialect: create, list, update, delete, test."""

import secrets
from typing import Any

from registry_ui.api.dialect.lookups import visible_model_or_404
from registry_ui.api.dialect.operations import Answer, Call, Operation
from registry_ui.errors import ActionError
from registry_ui.models import Scope
from webhooks_ui.actions.testing import send_test
from webhooks_ui.actions.webhook_fields import WebhookInput
from webhooks_ui.actions.webhooks import (
    create_webhook,
    delete_webhook,
    set_webhook_status,
    update_webhook,
)
from webhooks_ui.api.descriptions import describe
from webhooks_ui.api.event_names import changed_events, check_events, shown_events
from webhooks_ui.api.lookups import manageable_webhook_or_404
from webhooks_ui.api.pages import page_of
from webhooks_ui.api.parameters import (
    CreateParameters,
    DeleteParameters,
    HttpUrlSpec,
    JobSpec,
    ListParameters,
    TestParameters,
    UpdateParameters,
)
from webhooks_ui.models import Webhook

UNREACHED = 0
"""The status code of a test that no receiver answered: no receiver's own is 0."""


def create(call: Call[CreateParameters]) -> Answer:
    """Store a webhook; active if nothing else is said, as at Databricks."""
    given = call.given
    receiver = _receiver(given.http_url_spec, given.job_spec)
    if receiver is None:
        raise ActionError("Give one of `http_url_spec` and `job_spec`.")
    check_events(given.events, is_preview=call.is_preview)
    name = given.model_name
    webhook = create_webhook(
        WebhookInput(events=given.events, description=given.description, **receiver),
        actor=call.user,
        model=None if name is None else visible_model_or_404(call.user, name),
        status=given.status,
    )
    return _answer(webhook, call)


def list_(call: Call[ListParameters]) -> Answer:
    """Return the webhooks that the caller manages."""
    given = call.given
    check_events(given.events, is_preview=call.is_preview)
    found = Webhook.objects.manageable_by(call.user).select_related("model")
    if given.model_name is not None:
        model = visible_model_or_404(call.user, given.model_name)
        found = found.of_model(model)
    wanted = set(given.events)

    def is_wanted(webhook: Webhook) -> bool:
        shown = shown_events(webhook, is_preview=call.is_preview)
        return bool(wanted.intersection(shown) if wanted else shown)

    page, next_token = page_of(
        found, is_wanted, token=given.page_token, size=given.max_results
    )
    answer: dict[str, Any] = {
        "webhooks": [
            describe(webhook, shown_events(webhook, is_preview=call.is_preview))
            for webhook in page
        ]
    }
    if next_token:
        answer["next_page_token"] = next_token
    return answer


def update(call: Call[UpdateParameters]) -> Answer:
    """Change what is given. A given receiver replaces the old one whole.

    Its credentials are replaced too, by none if none are given: else whoever manages
    the webhook could have a stored one sent to a host of their own.
    """
    given = call.given
    receiver = _receiver(given.http_url_spec, given.job_spec)
    if given.events is not None:
        if not given.events:
            raise ActionError("Give at least one event, or leave `events` out.")
        check_events(given.events, is_preview=call.is_preview)
    webhook = manageable_webhook_or_404(call.user, given.id)
    _refuse_hidden(webhook, call)
    if not (receiver is None and given.events is None and given.description is None):
        webhook = update_webhook(
            webhook, _changed(webhook, call, receiver), actor=call.user
        )
    if given.status is not None:
        webhook = set_webhook_status(webhook, given.status, actor=call.user)
    return _answer(webhook, call)


def delete(call: Call[DeleteParameters]) -> Answer:
    """Delete a webhook with its deliveries."""
    webhook = manageable_webhook_or_404(call.user, call.given.id)
    delete_webhook(webhook, actor=call.user)
    return {}


def test(call: Call[TestParameters]) -> Answer:
    """Send a test, and return the receiver's status and the begin of its answer.

    Where no answer came, the body says why, and the status is `UNREACHED`.
    """
    webhook = manageable_webhook_or_404(call.user, call.given.id)
    name = call.given.event
    if name:
        check_events([name], is_preview=call.is_preview)
    else:
        own = shown_events(webhook, is_preview=call.is_preview) or webhook.events
        name = secrets.choice(own)
    attempt = send_test(webhook, actor=call.user, event_name=name)
    if attempt.status_code is None:
        return {"status_code": UNREACHED, "body": attempt.error}
    return {"status_code": attempt.status_code, "body": attempt.response_body}


def _receiver(http: HttpUrlSpec | None, job: JobSpec | None) -> dict[str, Any] | None:
    """Return the fields of a `WebhookInput` that say who is told; None: not said."""
    if http and job:
        raise ActionError("Give one of `http_url_spec` and `job_spec`, not both.")
    if http:
        return {"kind": Webhook.Kind.HTTP, **http.model_dump()}
    if job:
        return {"kind": Webhook.Kind.JOB, **job.model_dump()}
    return None


def _changed(
    webhook: Webhook, call: Call[UpdateParameters], receiver: dict[str, Any] | None
) -> WebhookInput:
    """Return all of the webhook as it shall be."""
    given = call.given
    events: list[str] = webhook.events
    if given.events is not None:
        events = changed_events(webhook, given.events, is_preview=call.is_preview)
    description = given.description
    kept = {
        "kind": webhook.kind,
        "url": webhook.url,
        "enable_ssl_verification": webhook.enable_ssl_verification,
        "job_id": webhook.job_id,
        "workspace_url": webhook.workspace_url,
    }
    return WebhookInput(
        events=events,
        description=webhook.description if description is None else description,
        **(kept if receiver is None else receiver),
    )


def _refuse_hidden(webhook: Webhook, call: Call[UpdateParameters]) -> None:
    """Refuse a change whose answer would have no event that may be shown."""
    if call.given.events is None and not shown_events(
        webhook, is_preview=call.is_preview
    ):
        raise ActionError(
            "This webhook hears of no event that Databricks has. Change it at"
            " /api/2.0/mlflow/registry-webhooks/update, without `preview`."
        )


def _answer(webhook: Webhook, call: Call[Any]) -> Answer:
    events = shown_events(webhook, is_preview=call.is_preview)
    return {"webhook": describe(webhook, events)}


_AT = "registry-webhooks/"
OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("POST", f"{_AT}create", CreateParameters, create, Scope.ADMIN),
    Operation("GET", f"{_AT}list", ListParameters, list_, Scope.READ),
    Operation("PATCH", f"{_AT}update", UpdateParameters, update, Scope.ADMIN),
    Operation("DELETE", f"{_AT}delete", DeleteParameters, delete, Scope.ADMIN),
    Operation("POST", f"{_AT}test", TestParameters, test, Scope.ADMIN),
)
