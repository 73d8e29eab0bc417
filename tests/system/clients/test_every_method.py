"""Every method that the two clients have: refused, given bad input, and done."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tests.running import RunningSignoff
from tests.system.clients.cases import CASES
from tests.system.clients.conftest import As, in_hands, refusal
from tests.system.clients.processes import ClientError
from tests.system.clients.world import FORBIDDEN, INVALID, MISSING, World
from tests.webhooks_ui.receivers import Receiver

pytestmark = pytest.mark.system

OF_SDK = {
    FORBIDDEN: "PermissionDenied",
    MISSING: "ResourceDoesNotExist",
    INVALID: "InvalidParameterValue",
}
"""What databricks-sdk raises for a code; the other client has one class for all."""

HEADS = {
    "databricks-sdk": "ModelRegistryAPI",
    "databricks-registry-webhooks": "RegistryWebhooksClient",
}
"""What the document's tables of methods are headed with."""


@pytest.fixture(scope="module")
def clients(
    signoff: RunningSignoff, secrets_of: dict[str, str]
) -> Iterator[dict[str, As]]:
    """Both clients by name, each in the hands of a role."""
    start = contextmanager(in_hands)
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(start(name, signoff, secrets_of))
            for name in CASES
        }


@pytest.mark.parametrize("client", CASES)
def test_there_is_a_case_for_every_method_that_the_client_has(
    client: str, clients: dict[str, As]
) -> None:
    methods = clients[client]("admin").call("methods")

    assert methods
    assert sorted(CASES[client]) == methods
    assert _documented(client) == methods


def _documented(client: str) -> list[str]:
    """Return the methods that the document says the state of."""
    document = (Path(settings.BASE_DIR) / "docs" / "databricks.md").read_text("utf-8")
    _, table = document.split(f"| `{HEADS[client]}` | state |\n", maxsplit=1)
    rows = table.split("\n\n", maxsplit=1)[0].splitlines()
    return sorted(
        name for row in rows for name in re.findall(r"`(\w+)`", row.split(" | ")[0])
    )


@pytest.mark.parametrize(
    ("client", "method"),
    [(client, method) for client, methods in CASES.items() for method in methods],
)
def test_a_method_is_refused_and_wants_sense_and_works(
    client: str, method: str, clients: dict[str, As], receiver: Receiver
) -> None:
    case, by = CASES[client][method], clients[client]
    world = World(clients["databricks-sdk"], receiver.url)
    given = case.given(world)
    role, code = case.refused
    change, complaint = case.wrong

    refused = refusal(by(role), method, **given)
    bad = refusal(by(case.by), method, **{**given, **change})
    answer = by(case.by).call(method, **given)

    assert refused.code == code
    assert bad.code == case.code
    assert complaint in str(bad)
    assert case.shows(answer, world), answer
    for error in (refused, bad):
        assert error.kind == _kind(error, client)


def _kind(error: ClientError, client: str) -> str:
    if client == "databricks-sdk":
        return OF_SDK[error.code or ""]
    return "RestException"
