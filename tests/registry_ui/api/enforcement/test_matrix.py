"""The matrix is whole, and its document is what it says."""

from pathlib import Path

from registry_ui.api.enforcement.acts import ACTS
from registry_ui.api.enforcement.document import document
from registry_ui.api.enforcement.matrix import THROUGH_SIGNOFF
from registry_ui.api.gateway.table import OPERATIONS
from registry_ui.models import Scope
from tests.registry_ui.api.enforcement.clients import MAIN_CLIENTS
from tests.registry_ui.api.enforcement.trying import TRIES

ROOT = Path(__file__).parents[4]


def test_every_write_of_the_gates_table_is_in_the_matrix() -> None:
    writes = {
        (row.method, row.path)
        for row in OPERATIONS
        if row.method != "GET" and row.scope is not Scope.READ
    }

    assert {(act.method, act.path) for act in ACTS} == writes


def test_every_change_of_the_matrix_is_tried() -> None:
    slugs = [act.slug for act in ACTS]

    assert sorted(slugs) == sorted(TRIES)
    for act in ACTS:
        attempt = TRIES[act.slug]
        assert bool(attempt.page) == act.has_page
        assert bool(attempt.databricks) == act.in_databricks


def test_each_way_through_signoff_has_a_client_that_tries_it() -> None:
    assert set(MAIN_CLIENTS.values()) == set(THROUGH_SIGNOFF)


def test_the_document_is_made_of_the_matrix() -> None:
    """If not: `manage.py enforcement > docs/enforcement.md`."""
    assert (ROOT / "docs" / "enforcement.md").read_text() == document()
