"""Descriptions and tags changed by people: in MLflow, in the mirror, on record."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings

from registry_ui.actions.metadata import Owner, delete_tag, describe, set_tag
from registry_ui.actions.sync import sync_mirror
from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import AuditEvent, Level, ModelVersion, RegisteredModel
from tests.factories import grant, make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.registering import new_name

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(
    theirs: PlainClient,
    mlflow_client: MLflowClient,
    mlflow_server: MLflowServer,
    settings: Settings,
) -> RegisteredModel:
    """A mirrored model with one version; both have a tag and a description."""
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri
    name = new_name()
    theirs.create_registered_model(name, tags={"team": "growth"}, description="Old")
    theirs.create_model_version(
        name, "s3://bucket/model", tags={"team": "growth"}, description="Old"
    )
    sync_mirror(mlflow_client)
    return RegisteredModel.objects.get(name=name)


@pytest.fixture(params=["model", "version"])
def owner(request: pytest.FixtureRequest, model: RegisteredModel) -> Owner:
    if request.param == "model":
        return model
    return ModelVersion.objects.select_related("model").get(model=model)


def name_of(owner: Owner) -> str:
    return owner.name if isinstance(owner, RegisteredModel) else owner.model.name


def in_mlflow(theirs: PlainClient, owner: Owner) -> tuple[str, dict[str, str]]:
    """Return the description and the tags that MLflow has."""
    name = name_of(owner)
    found = (
        theirs.get_registered_model(name)
        if isinstance(owner, RegisteredModel)
        else theirs.get_model_version(name, "1")
    )
    return found.description or "", dict(found.tags)


def last_event(owner: Owner) -> AuditEvent:
    return AuditEvent.objects.filter(model_name=name_of(owner)).latest("position")


def test_a_description_is_changed_in_mlflow_mirrored_and_on_record(
    owner: Owner, theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    editor = make_user(level=Level.CAN_EDIT)

    describe(owner, "New\r\n**text** ü", actor=editor)

    assert in_mlflow(theirs, owner)[0] == "New\n**text** ü"
    owner.refresh_from_db()
    assert owner.description == "New\n**text** ü"
    event = last_event(owner)
    assert event.actor_name == editor.username
    assert event.type.endswith(".updated")
    assert event.details == {"through": "signoff"}
    report = sync_mirror(mlflow_client)
    assert report is not None
    assert last_event(owner) == event


def test_a_tag_is_set_changed_and_removed(
    owner: Owner, theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    editor = make_user()
    model = owner if isinstance(owner, RegisteredModel) else owner.model
    grant(editor, Level.CAN_EDIT, model)

    set_tag(owner, " team ", "risk", actor=editor)
    changed = last_event(owner).details
    set_tag(owner, "note", "", actor=editor)
    delete_tag(owner, "team", actor=editor)

    assert in_mlflow(theirs, owner)[1] == {"note": ""}
    assert list(owner.tags.values_list("key", "value")) == [("note", "")]
    assert changed == {
        "through": "signoff",
        "key": "team",
        "value": "risk",
        "before": "growth",
    }
    event = last_event(owner)
    assert event.type.endswith("_tag.deleted")
    sync_mirror(mlflow_client)
    assert last_event(owner) == event


def test_what_is_so_already_is_neither_sent_nor_recorded(
    owner: Owner, settings: Settings
) -> None:
    settings.MLFLOW_REGISTRY_URI = "http://127.0.0.1:9"
    before = AuditEvent.objects.count()
    editor = make_user(level=Level.CAN_EDIT)

    describe(owner, "Old", actor=editor)
    set_tag(owner, "team", "growth", actor=editor)
    delete_tag(owner, "unknown", actor=editor)

    assert AuditEvent.objects.count() == before


def test_the_longest_that_mlflow_takes_is_taken(
    owner: Owner, theirs: PlainClient
) -> None:
    editor = make_user(level=Level.CAN_EDIT)
    length = 5_000 if isinstance(owner, RegisteredModel) else 100_000

    describe(owner, "x" * 5_000, actor=editor)
    set_tag(owner, "k" * 250, "v" * length, actor=editor)

    description, tags = in_mlflow(theirs, owner)
    assert len(description) == 5_000
    assert len(tags["k" * 250]) == length


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (lambda it, who: describe(it, "x" * 5_001, actor=who), "description"),
        (lambda it, who: set_tag(it, "", "v", actor=who), "key"),
        (lambda it, who: set_tag(it, "k" * 251, "v", actor=who), "key"),
        (lambda it, who: set_tag(it, "k", "v" * 100_001, actor=who), "value"),
        (
            lambda it, who: set_tag(it, "mlflow.prompt.is_prompt", "true", actor=who),
            "key",
        ),
        (lambda it, who: delete_tag(it, "mlflow.prompt.is_prompt", actor=who), "key"),
    ],
)
def test_what_will_not_do_is_said_at_its_field(
    act: Callable[[Owner, object], None], field: str, owner: Owner
) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        act(owner, make_user(level=Level.CAN_EDIT))

    assert caught.value.field == field


def test_who_may_only_read_changes_nothing(owner: Owner) -> None:
    reader = make_user(level=Level.CAN_READ)

    with pytest.raises(PermissionDenied):
        describe(owner, "New", actor=reader)
    with pytest.raises(PermissionDenied):
        set_tag(owner, "a", "b", actor=reader)
    with pytest.raises(PermissionDenied):
        delete_tag(owner, "team", actor=reader)


def test_what_mlflow_refuses_is_said_in_its_words_and_changes_nothing(
    owner: Owner,
) -> None:
    before = AuditEvent.objects.count()

    with pytest.raises(ActionError, match="MLflow refused: "):
        set_tag(owner, "no%such", "x", actor=make_user(level=Level.CAN_EDIT))

    model = RegisteredModel.objects.get(name=name_of(owner))
    assert model.writing_until is None
    assert AuditEvent.objects.count() == before
    assert not owner.tags.filter(key="no%such").exists()


def test_an_mlflow_that_is_away_leaves_the_mirror_as_it_was(
    owner: Owner, settings: Settings
) -> None:
    settings.MLFLOW_REGISTRY_URI = "http://127.0.0.1:9"

    with pytest.raises(ActionError, match="nothing listens there"):
        describe(owner, "New", actor=make_user(level=Level.CAN_EDIT))

    owner.refresh_from_db()
    assert owner.description == "Old"
    assert RegisteredModel.objects.get(name=name_of(owner)).writing_until is None


def test_what_is_gone_from_mlflow_is_said_to_be_gone(
    owner: Owner, theirs: PlainClient
) -> None:
    theirs.delete_registered_model(name_of(owner))

    with pytest.raises(ActionError, match="MLflow has it no longer"):
        describe(owner, "New", actor=make_user(level=Level.CAN_EDIT))


def test_two_people_do_not_change_a_model_at_the_same_time(owner: Owner) -> None:
    now = timezone.now()
    model = RegisteredModel.objects.filter(name=name_of(owner))
    editor = make_user(level=Level.CAN_EDIT)

    model.update(writing_until=now + timedelta(seconds=30))
    with pytest.raises(ActionError, match="Somebody else is changing"):
        describe(owner, "New", actor=editor)
    model.update(writing_until=now - timedelta(seconds=1))  # who wrote has died
    describe(owner, "New", actor=editor)

    row = model.get()
    assert row.writing_until is None
    assert row.written_at is not None
    assert row.written_at >= now
