"""Changes of prompts, as they go on record."""

from typing import Any

import pytest
from django.test import Client

from registry_ui.actions.prompts import record_prompt
from registry_ui.api.gateway.table import OPERATIONS
from registry_ui.models import AuditEvent, Scope
from registry_ui.views.sentences import event_lines
from tests.factories import make_user

pytestmark = pytest.mark.django_db
MODELS, VERSIONS = "registered-models", "model-versions"
CALLS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("POST", f"{MODELS}/create", {}, "made the prompt greet"),
    ("PATCH", f"{MODELS}/update", {}, "changed the description of the prompt greet"),
    ("POST", f"{MODELS}/rename", {"new_name": "hi"}, "renamed the prompt greet to hi"),
    ("DELETE", f"{MODELS}/delete", {}, "deleted the prompt greet"),
    (
        "POST",
        f"{MODELS}/set-tag",
        {"key": "tone", "value": "kind"},
        "set the tag tone of the prompt greet to kind",
    ),
    (
        "DELETE",
        f"{MODELS}/delete-tag",
        {"key": "tone"},
        "removed the tag tone from the prompt greet",
    ),
    (
        "POST",
        f"{MODELS}/alias",
        {"alias": "best", "version": "2"},
        "let @best of the prompt greet point to v2",
    ),
    (
        "DELETE",
        f"{MODELS}/alias",
        {"alias": "best"},
        "removed the alias @best from the prompt greet",
    ),
    ("POST", f"{VERSIONS}/create", {"source": "x"}, "made v3 of the prompt greet"),
    (
        "PATCH",
        f"{VERSIONS}/update",
        {"version": "3"},
        "changed the description of v3 of the prompt greet",
    ),
    (
        "DELETE",
        f"{VERSIONS}/delete",
        {"version": "3"},
        "deleted v3 of the prompt greet",
    ),
    (
        "POST",
        f"{VERSIONS}/set-tag",
        {"version": "3", "key": "tone", "value": "kind"},
        "set the tag tone of v3 of the prompt greet to kind",
    ),
    (
        "DELETE",
        f"{VERSIONS}/delete-tag",
        {"version": "3", "key": "tone"},
        "removed the tag tone from v3 of the prompt greet",
    ),
    (
        "POST",
        f"{VERSIONS}/transition-stage",
        {"version": "3", "stage": "Staging"},
        "moved v3 of the prompt greet to Staging",
    ),
)
ANSWER = {"model_version": {"version": "3"}}


@pytest.mark.parametrize(("method", "path", "body", "sentence"), CALLS)
def test_a_change_is_on_record_by_name_and_in_words(
    client: Client, method: str, path: str, body: dict[str, Any], sentence: str
) -> None:
    dana = make_user(username="dana", full_name="Dana Okafor")

    record_prompt(method, path, {"name": "greet", **body}, ANSWER, actor=dana)

    event = AuditEvent.objects.get()
    (line,) = event_lines([event])
    assert (event.actor_name, event.model_pk) == ("dana", None)
    assert line.sentence == f"Dana Okafor {sentence}"
    client.force_login(dana)
    assert "Prompt" in client.get("/audit/", {"kind": "Prompts"}).content.decode()


def test_every_change_that_the_gate_makes_of_a_prompt_has_an_event() -> None:
    writes = {
        (row.method, row.path)
        for row in OPERATIONS
        if row.method != "GET"
        and row.scope is not Scope.READ
        and not row.path.startswith("webhooks")
    }

    assert {(method, path) for method, path, *_ in CALLS} == writes
