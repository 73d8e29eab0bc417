"""What the calls on webhooks take, with Databricks' names."""

from registry_ui.api.dialect.parameters import (
    LARGEST_PAGE,
    Id,
    Name,
    PageSize,
    Parameters,
    Truth,
)
from registry_ui.api.dialect.parameters import Texts as EventNames
from registry_ui.api.texts import Text
from webhooks_ui.models import Webhook


class HttpUrlSpec(Parameters):
    """An HTTP endpoint; what is left out of it is not there."""

    url: Text
    enable_ssl_verification: Truth = True
    secret: Text = ""
    authorization: Text = ""


class JobSpec(Parameters):
    """A Databricks job; its workspace is never ours, so it has no default."""

    job_id: Id
    workspace_url: Text
    access_token: Text


class CreateParameters(Parameters):
    """What a new webhook is."""

    REPEATED = frozenset({"events"})

    events: EventNames
    model_name: Name | None = None
    http_url_spec: HttpUrlSpec | None = None
    job_spec: JobSpec | None = None
    description: Text = ""
    status: Webhook.Status = Webhook.Status.ACTIVE


class ListParameters(Parameters):
    """Which webhooks are wanted, and which page of them."""

    REPEATED = frozenset({"events"})

    model_name: Name | None = None
    events: EventNames = ()
    max_results: PageSize = LARGEST_PAGE
    page_token: Text = ""


class UpdateParameters(Parameters):
    """What is to change of a webhook; what is left out stays."""

    REPEATED = frozenset({"events"})

    id: Id
    events: EventNames | None = None
    http_url_spec: HttpUrlSpec | None = None
    job_spec: JobSpec | None = None
    description: Text | None = None
    status: Webhook.Status | None = None


class DeleteParameters(Parameters):
    """Which webhook."""

    id: Id


class TestParameters(Parameters):
    """Which webhook, and which event; one of its own if none is named."""

    id: Id
    event: Text = ""
