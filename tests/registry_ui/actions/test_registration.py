"""Models registered, renamed and deleted by people, and versions deleted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from time import sleep

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings

from registry_ui import permissions
from registry_ui.actions.apply import apply_at_once, apply_due_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.registration import (
    create_model,
    delete_model,
    delete_version,
    rename_model,
)
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Level,
    ModelVersion,
    RegisteredModel,
    Review,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_model, make_transition_request, make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.registering import new_name
from tests.threads import apart

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def our_mlflow(mlflow_server: MLflowServer, settings: Settings) -> None:
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri


@pytest.fixture
def model(theirs: PlainClient, mlflow_client: MLflowClient) -> RegisteredModel:
    """A mirrored model with two versions, neither of them in use."""
    name = new_name()
    theirs.create_registered_model(name)
    for _ in range(2):
        theirs.create_model_version(name, "s3://bucket/model")
    sync_mirror(mlflow_client)
    return RegisteredModel.objects.get(name=name)


def version_of(model: RegisteredModel, number: int = 1) -> ModelVersion:
    return ModelVersion.objects.select_related("model").get(model=model, number=number)


def types(model: RegisteredModel) -> list[tuple[str, str]]:
    """Return type and actor of the events about a model, whatever it was called."""
    events = AuditEvent.objects.filter(model_pk=model.pk).order_by("position")
    return list(events.values_list("type", "actor_name"))


def is_in_mlflow(theirs: PlainClient, name: str) -> bool:
    return bool(theirs.search_registered_models(f"name = '{name}'"))


# --- Registering --------------------------------------------------------------------


def test_who_registers_a_model_manages_it(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    editor = make_user(level=Level.CAN_EDIT)

    model = create_model(f" {new_name()} ", "What it is for", actor=editor)

    assert theirs.get_registered_model(model.name).description == "What it is for"
    as_of_now = User.objects.get(pk=editor.pk)
    assert permissions.may_manage_model(as_of_now, model)
    expected = [
        ("registered_model.created", editor.username),
        ("permission.granted", editor.username),
    ]
    assert types(model) == expected
    sync_mirror(mlflow_client)
    assert RegisteredModel.objects.get(name=model.name) == model
    assert types(model) == expected


def test_a_superuser_needs_no_grant() -> None:
    model = create_model(new_name(), "", actor=make_user(is_superuser=True))

    assert [event for event, _ in types(model)] == ["registered_model.created"]


def test_only_who_may_edit_the_registry_registers_models() -> None:
    with pytest.raises(PermissionDenied):
        create_model(new_name(), "", actor=make_user(level=Level.CAN_READ))


@pytest.mark.parametrize("name", ["", " ", "a/b", "a:b", "..", ".", "x" * 257])
def test_a_name_that_will_not_do_is_said_at_its_field(name: str) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        create_model(name, "", actor=make_user(level=Level.CAN_EDIT))

    assert caught.value.field == "name"


def test_a_name_that_is_taken_is_said_at_its_field(model: RegisteredModel) -> None:
    with pytest.raises(InvalidFieldError, match="a model of this name already"):
        create_model(model.name, "", actor=make_user(level=Level.CAN_EDIT))


def test_a_model_that_mlflow_lost_makes_room_for_a_new_one() -> None:
    old = make_model(name=new_name())

    new = create_model(old.name, "", actor=make_user(level=Level.CAN_EDIT))

    old.refresh_from_db()
    assert old.deleted_at is not None
    assert new.pk != old.pk
    assert types(old) == [("registered_model.deleted", "")]


# --- Renaming -----------------------------------------------------------------------


def test_a_renamed_model_keeps_its_versions_and_history(
    model: RegisteredModel, theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    manager, old, new = make_user(level=Level.CAN_MANAGE), model.name, new_name()

    rename_model(model, new, actor=manager)

    assert is_in_mlflow(theirs, new)
    assert not is_in_mlflow(theirs, old)
    event = AuditEvent.objects.get(type="registered_model.renamed")
    assert event.model_name == new
    assert event.details == {"through": "signoff", "name_before": old}
    sync_mirror(mlflow_client)
    model.refresh_from_db()
    assert (model.name, model.deleted_at) == (new, None)
    assert model.versions.count() == 2
    assert types(model) == [("registered_model.renamed", manager.username)]


def test_a_model_is_not_renamed_to_a_name_that_is_taken(
    model: RegisteredModel, theirs: PlainClient
) -> None:
    taken = new_name()
    theirs.create_registered_model(taken)

    with pytest.raises(InvalidFieldError, match="already"):
        rename_model(model, taken, actor=make_user(level=Level.CAN_MANAGE))

    model.refresh_from_db()
    assert model.name != taken
    assert model.writing_until is None


def test_a_stale_row_of_the_new_name_makes_room(model: RegisteredModel) -> None:
    stale = make_model(name=new_name())

    rename_model(model, stale.name, actor=make_user(level=Level.CAN_MANAGE))

    stale.refresh_from_db()
    assert stale.deleted_at is not None


# --- Deleting -----------------------------------------------------------------------


def test_a_deleted_version_is_gone_from_mlflow_and_stays_on_record(
    model: RegisteredModel, theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    manager = make_user(level=Level.CAN_MANAGE)

    delete_version(version_of(model), actor=manager)

    found = theirs.search_model_versions(f"name = '{model.name}'")
    assert [version.version for version in found] in ([2], ["2"])
    assert not version_of(model).is_live
    sync_mirror(mlflow_client)
    assert types(model) == [("model_version.deleted", manager.username)]


def test_a_deleted_model_is_gone_from_mlflow_and_stays_on_record(
    model: RegisteredModel, theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    manager = make_user(level=Level.CAN_MANAGE)

    delete_model(model, model.name, actor=manager)

    assert not is_in_mlflow(theirs, model.name)
    model.refresh_from_db()
    assert model.deleted_at is not None
    assert model.versions.count() == 2
    sync_mirror(mlflow_client)
    assert types(model) == [("registered_model.deleted", manager.username)]


def test_the_name_is_typed_before_a_model_is_deleted(
    model: RegisteredModel, theirs: PlainClient
) -> None:
    with pytest.raises(InvalidFieldError, match=f"Type {model.name}"):
        delete_model(model, "yes", actor=make_user(level=Level.CAN_MANAGE))

    assert is_in_mlflow(theirs, model.name)


@pytest.mark.parametrize("is_mirrored", [True, False])
@pytest.mark.parametrize("how", ["Staging", "Production", "@champion"])
def test_what_is_in_use_is_not_deleted_even_if_the_mirror_does_not_know(
    how: str,
    is_mirrored: bool,
    model: RegisteredModel,
    theirs: PlainClient,
    mlflow_client: MLflowClient,
) -> None:
    manager = make_user(level=Level.CAN_MANAGE)
    if how.startswith("@"):
        theirs.set_registered_model_alias(model.name, how[1:], "1")
    else:
        theirs.transition_model_version_stage(model.name, "1", how)
    if is_mirrored:
        sync_mirror(mlflow_client)

    with pytest.raises(ActionError, match=f"is in use: {how}"):
        delete_version(version_of(model), actor=manager)
    with pytest.raises(ActionError, match=f"is in use: {how}"):
        delete_model(model, model.name, actor=manager)
    delete_version(version_of(model, 2), actor=manager)

    assert is_in_mlflow(theirs, model.name)
    model.refresh_from_db()
    assert model.writing_until is None


def test_nothing_is_deleted_or_renamed_while_a_plan_is_carried_out(
    model: RegisteredModel,
) -> None:
    manager = make_user(level=Level.CAN_MANAGE)
    make_transition_request(version=version_of(model, 2), status="applying")

    with pytest.raises(ActionError, match="is being carried out"):
        delete_version(version_of(model), actor=manager)
    with pytest.raises(ActionError, match="is being carried out"):
        delete_model(model, model.name, actor=manager)
    with pytest.raises(ActionError, match="is being carried out"):
        rename_model(model, new_name(), actor=manager)


@pytest.mark.parametrize("is_guarded_now", [True, False])
def test_a_model_is_not_renamed_to_come_under_other_policies(
    is_guarded_now: bool, model: RegisteredModel, theirs: PlainClient
) -> None:
    manager = make_user(level=Level.CAN_MANAGE)
    old, same, other = model.name, f"{model.name}-too", new_name()
    pattern = f"{old}*" if is_guarded_now else other
    guarded = PolicyDefinition(name="guarded", models=(pattern,), targets=("stage:*",))
    all_else = PolicyDefinition(name="else", models=("*",), targets=("stage:*",))
    apply_policies([guarded, all_else], actor=None)

    with pytest.raises(
        InvalidFieldError, match=r"Policies go by names.*\(guarded v1\)"
    ):
        rename_model(model, other, actor=manager)
    assert is_in_mlflow(theirs, old)
    model.refresh_from_db()
    assert (model.name, model.writing_until, model.closed_until) == (old, None, None)

    model = rename_model(model, same, actor=manager)
    rename_model(model, other, actor=make_user(is_superuser=True))
    assert is_in_mlflow(theirs, other)


@pytest.mark.parametrize(
    "change",
    [
        lambda model, actor: delete_model(model, model.name, actor=actor),
        lambda model, actor: delete_version(version_of(model), actor=actor),
        lambda model, actor: rename_model(model, new_name(), actor=actor),
    ],
)
def test_what_was_decided_while_somebody_waited_counts(
    change: Callable[[RegisteredModel, User], None],
    committed_db: None,
    settings: Settings,
    model: RegisteredModel,
    theirs: PlainClient,
) -> None:
    """What stands in the way is looked for once nothing more can come in between."""
    settings.APPLY_PATIENCE_SECONDS = 30
    manager = make_user(level=Level.CAN_MANAGE)
    until = timezone.now() + timedelta(seconds=30)
    row = RegisteredModel.objects.filter(pk=model.pk)
    row.update(writing_until=until)

    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(apart, partial(change, model, manager))
        sleep(0.5)  # it waits for who writes
        assert not waits.done()
        make_transition_request(version=version_of(model), status="approved")
        row.update(writing_until=None)
        with pytest.raises(ActionError, match="is being carried out"):
            waits.result(30)

    assert is_in_mlflow(theirs, model.name)
    model.refresh_from_db()
    assert (model.writing_until, model.closed_until) == (None, None)


def test_no_plan_is_begun_on_what_is_being_deleted(
    model: RegisteredModel, theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    row = RegisteredModel.objects.filter(pk=model.pk)
    row.update(closed_until=timezone.now() + timedelta(seconds=30))
    request = make_transition_request(version=version_of(model), target="stage:Staging")
    seen = gather_decision(request).fingerprint
    reviewer = make_user(level=Level.CAN_MANAGE)
    review_request(request, Review.Decision.APPROVE, actor=reviewer, seen=seen)

    assert apply_due_requests(mlflow_client) == 0
    assert not apply_at_once(request, mlflow_client)
    assert theirs.get_model_version(model.name, "1").current_stage == "None"

    row.update(closed_until=timezone.now())  # who deleted has died
    assert apply_due_requests(mlflow_client) == 1
    assert theirs.get_model_version(model.name, "1").current_stage == "Staging"


def test_who_does_not_manage_the_model_neither_renames_nor_deletes(
    model: RegisteredModel,
) -> None:
    editor = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)

    with pytest.raises(PermissionDenied):
        rename_model(model, new_name(), actor=editor)
    with pytest.raises(PermissionDenied):
        delete_model(model, model.name, actor=editor)
    with pytest.raises(PermissionDenied):
        delete_version(version_of(model), actor=editor)


def test_what_is_being_written_by_somebody_else_is_not_deleted(
    model: RegisteredModel,
) -> None:
    until = timezone.now() + timedelta(seconds=30)
    RegisteredModel.objects.filter(pk=model.pk).update(writing_until=until)

    with pytest.raises(ActionError, match="Somebody else is changing"):
        delete_model(model, model.name, actor=make_user(level=Level.CAN_MANAGE))
