"""The audit log holds, and every way of bending it is found."""

import json
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from registry_ui.actions.audit import REPEATED_COLUMNS, verify_audit_log, verify_chain
from registry_ui.events import EventType, record_event
from registry_ui.models import GENESIS, AuditEvent, chain_hash
from tests.factories import make_transition_request, make_user

pytestmark = pytest.mark.django_db

# A number that no sequence of PostgreSQL, which outlives a test, comes to.
UNUSED = 2**31 - 1


@pytest.fixture
def log() -> list[AuditEvent]:
    """Five events, read back from the database."""
    request = make_transition_request()
    for number in range(5):
        record_event(
            EventType.COMMENT_CREATED,
            actor=make_user(),
            request=request,
            comment=f"Größe {number}",
        )
    return list(AuditEvent.objects.order_by("position"))


def _seal(event: AuditEvent, previous_hash: str) -> None:
    """Do what somebody would who knows how the chain is made."""
    event.previous_hash = previous_hash
    event.hash = chain_hash(previous_hash, event.body)


def _write(event: AuditEvent, **columns: Any) -> None:
    """Change a stored row with the triggers lifted, as an intruder would."""
    _lift_triggers()
    AuditEvent.objects.filter(pk=event.pk).update(**columns)


def _lift_triggers() -> None:
    table = AuditEvent._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
            [table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def test_an_empty_log_holds() -> None:
    report = verify_audit_log()

    assert (report.count, report.head, report.fault) == (0, GENESIS, "")


def test_a_log_that_nobody_touched_holds(log: list[AuditEvent]) -> None:
    report = verify_audit_log()

    assert (report.count, report.head, report.fault) == (5, log[-1].hash, "")


def test_the_database_itself_refuses_changes(log: list[AuditEvent]) -> None:
    for change in (
        lambda: AuditEvent.objects.filter(pk=2).update(actor_name="mallory"),
        lambda: AuditEvent.objects.filter(pk=2).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()

    assert verify_audit_log().fault == ""


@pytest.mark.parametrize("index", range(5))
def test_a_flipped_character_of_a_body_is_found(
    log: list[AuditEvent], index: int
) -> None:
    event = log[index]
    _write(event, body=event.body.replace("Größe", "Grösse"))

    report = verify_audit_log()

    assert report.count == index
    assert report.fault == (
        f"Row {index + 1} was changed: its hash is not that of its body."
    )


def test_a_changed_body_that_was_sealed_anew_breaks_the_row_after_it(
    log: list[AuditEvent],
) -> None:
    event = log[1]
    event.body = event.body.replace("Größe", "Grösse")
    _seal(event, event.previous_hash)
    _write(event, body=event.body, hash=event.hash)

    report = verify_audit_log()

    assert report.count == 2
    assert report.fault == "Row 3 does not carry the hash of the row before it."


@pytest.mark.parametrize("index", range(4))
def test_a_deleted_row_leaves_a_gap(log: list[AuditEvent], index: int) -> None:
    _lift_triggers()
    AuditEvent.objects.filter(pk=log[index].pk).delete()

    report = verify_audit_log()

    assert report.count == index
    assert report.fault.startswith(f"Row {index + 2} follows row {index}:")


def test_rows_cut_off_at_the_end_show_in_count_and_head(log: list[AuditEvent]) -> None:
    _lift_triggers()
    log[4].delete()

    report = verify_audit_log()

    assert report.fault == ""
    assert (report.count, report.head) == (4, log[3].hash)


def test_swapped_bodies_are_found(log: list[AuditEvent]) -> None:
    _write(log[1], body=log[2].body)
    _write(log[2], body=log[1].body)

    assert verify_audit_log().fault.startswith("Row 2 was changed")


def test_a_row_moved_to_another_place_is_found(log: list[AuditEvent]) -> None:
    log[1], log[2] = log[2], log[1]
    log[1].position, log[2].position = 2, 3
    head = log[0].hash
    for event in log[1:]:
        _seal(event, head)
        head = event.hash

    report = verify_chain(log)

    assert report.fault == "Row 2 differs from its sealed body in: position."


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("type", "transition_request.approved"),
        ("actor_name", "mallory"),
        ("model_pk", UNUSED),
        ("model_name", "other"),
        ("version_number", 99),
        ("request_number", UNUSED),
        ("request_number", None),
        ("recorded_at", "2020-01-01T00:00:00Z"),
        ("recorded_at", "2020-01-01T00:00:00.000001Z"),
    ],
)
def test_a_column_that_says_something_else_than_the_body_is_found(
    log: list[AuditEvent], column: str, value: Any
) -> None:
    _write(log[2], **{column: value})

    report = verify_audit_log()

    assert report.count == 2
    assert report.fault == f"Row 3 differs from its sealed body in: {column}."


def test_every_column_that_could_lie_is_compared() -> None:
    columns = {field.name for field in AuditEvent._meta.fields}

    assert columns == {*REPEATED_COLUMNS, "body", "previous_hash", "hash"}


@pytest.mark.parametrize("column", ["hash", "previous_hash"])
def test_a_changed_hash_is_found(log: list[AuditEvent], column: str) -> None:
    _write(log[4], **{column: "f" * 64})

    assert verify_audit_log().fault.startswith("Row 5 ")


def test_a_sealed_body_that_is_not_json_is_found(log: list[AuditEvent]) -> None:
    event = log[4]
    event.body = "{"
    _seal(event, event.previous_hash)

    assert "not JSON" in verify_chain(log).fault


def test_a_body_without_a_column_of_its_own_row_is_found(log: list[AuditEvent]) -> None:
    event = log[4]
    body = json.loads(event.body)
    del body["actor_name"]
    event.body = json.dumps(body)
    _seal(event, event.previous_hash)

    assert verify_chain(log).fault.endswith("in: actor_name.")


def test_a_long_log_is_walked_in_one_query_and_bounded_memory(
    log: list[AuditEvent], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        verify_audit_log()
