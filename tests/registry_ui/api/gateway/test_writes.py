"""What MLflow's own client writes through the gate, and what it is refused."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from mlflow import MlflowClient as PlainClient
from mlflow.exceptions import RestException

from registry_ui.actions.policies import apply_policies
from registry_ui.models import (
    AuditEvent,
    Holding,
    Level,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import grant, make_user
from tests.registry_ui.api.gateway.comparing import Step, outcome
from tests.registry_ui.api.gateway.conftest import ClientOf

SOURCE = "s3://bucket/model"
STEPS: tuple[Step, ...] = (
    lambda c, n: c.create_registered_model(n, {"team": " risk "}, " Who leaves.\r\n"),
    lambda c, n: c.create_registered_model(n),
    lambda c, n: c.create_registered_model("a/b"),
    lambda c, _: c.create_registered_model(""),
    lambda c, n: c.register_prompt(n, "A model has this name."),
    lambda c, n: c.create_model_version(
        n, SOURCE, tags={"k": "v"}, description="One.", run_link="https://runs/1"
    ),
    lambda c, n: c.create_model_version(n, "s3://bucket/two"),
    lambda c, n: c.create_model_version(n, "runs:/no-run/model"),
    lambda c, _: c.create_model_version("nowhere-at-all", SOURCE),
    lambda c, n: c.update_registered_model(n, "Other.\r\nLines "),
    lambda c, n: c.update_registered_model(n, ""),
    lambda c, n: c.update_registered_model(n, "x" * 6000),
    lambda c, n: c.update_model_version(n, "1", "Better."),
    lambda c, n: c.update_model_version(n, "7", "None such."),
    lambda c, n: c.set_registered_model_tag(n, "task", "churn"),
    lambda c, n: c.set_registered_model_tag(n, "task", "churn"),
    lambda c, n: c.set_registered_model_tag(n, " odd key ", "ü\r\n"),
    lambda c, n: c.set_registered_model_tag(n, "k" * 300, "long"),
    lambda c, n: c.delete_registered_model_tag(n, "task"),
    lambda c, n: c.delete_registered_model_tag(n, "never"),
    lambda c, n: c.set_model_version_tag(n, "1", "checked", "yes"),
    lambda c, n: c.set_model_version_tag(n, "1", "long", "v" * 50_000),
    lambda c, n: c.set_model_version_tag(n, "9", "checked", "yes"),
    lambda c, n: c.delete_model_version_tag(n, "1", "checked"),
    lambda c, n: c.transition_model_version_stage(n, "1", "production"),
    lambda c, n: c.transition_model_version_stage(n, "1", "Production", True),
    lambda c, n: c.transition_model_version_stage(n, "2", "Production", True),
    lambda c, n: c.get_model_version(n, "1"),
    lambda c, n: c.transition_model_version_stage(n, "2", "Nowhere"),
    lambda c, n: c.transition_model_version_stage(n, "9", "Staging"),
    lambda c, n: c.transition_model_version_stage(n, "x", "Staging"),
    lambda c, n: c.set_registered_model_alias(n, "champion", "1"),
    lambda c, n: c.set_registered_model_alias(n, "champion", "1"),
    lambda c, n: c.set_registered_model_alias(n, "champion", "2"),
    lambda c, n: c.set_registered_model_alias(n, "v3", "2"),
    lambda c, n: c.set_registered_model_alias(n, "not ok", "2"),
    lambda c, n: c.set_registered_model_alias(n, "new", "9"),
    lambda c, n: c.get_model_version_by_alias(n, "champion"),
    lambda c, n: c.delete_registered_model_alias(n, "never"),
    lambda c, n: c.get_registered_model(n),
    lambda c, n: c.delete_registered_model_alias(n, "champion"),
    lambda c, n: c.rename_registered_model(n, f"{n}-b"),
    lambda c, n: c.rename_registered_model(f"{n}-b", n),
    lambda c, n: c.copy_model_version(f"models:/{n}/1", f"{n}-copy"),
    lambda c, n: c.get_model_version(f"{n}-copy", "1"),
    lambda c, n: c.delete_model_version(n, "2"),
    lambda c, n: c.get_model_version(n, "2"),
    lambda c, n: c.create_model_version(n, SOURCE),
    lambda c, n: c.get_registered_model(n),
    lambda c, n: c.delete_registered_model(n),
    lambda c, n: c.get_registered_model(n),
    lambda c, n: c.delete_registered_model(n),
    lambda c, n: c.create_registered_model(n),
    lambda c, n: c.create_model_version(n, SOURCE),
)


@pytest.fixture
def fresh(sync: Callable[[], None]) -> None:
    """A mirror that was filled."""
    sync()


def test_writes_give_what_they_give_without_the_gate(
    fresh: None, gate: PlainClient, plain: PlainClient, name: str
) -> None:
    for number, step in enumerate(STEPS):
        through = outcome(step, gate, f"{name}-g")
        past = outcome(step, plain, f"{name}-p")
        assert (number, through) == (number, past)


def test_refusals_keep_the_class_that_mlflow_gives_them(
    fresh: None, gate: PlainClient, plain: PlainClient
) -> None:
    found = []
    for client in (gate, plain):
        with pytest.raises(RestException) as refused:
            client.create_registered_model("no/name  for a model")
        found.append(refused.value.json)

    assert found[0] == found[1]
    assert "error_class" in found[0]


def test_what_was_written_is_mirrored_and_recorded_at_once(
    fresh: None, gate: PlainClient, sync: Callable[[], None], name: str
) -> None:
    for step in STEPS[:40]:
        outcome(step, gate, name)

    model = RegisteredModel.objects.live().get(name=name)
    versions = model.versions.order_by("number")
    held = Holding.objects.current().filter(model=model)
    assert dict(model.tags.values_list("key", "value")) == {
        "team": " risk ",
        " odd key ": "ü\r\n",
    }
    assert [v.stage for v in versions] == ["Archived", "Production"]
    assert [v.description for v in versions] == ["Better.", ""]
    assert set(versions[0].tags.values_list("key", flat=True)) == {"k", "long"}
    assert {f"{h.version.number} {h.target}" for h in held} == {
        "2 stage:Production",
        "2 alias:champion",
    }
    events = AuditEvent.objects.filter(model_name=name)
    assert set(events.values_list("actor_name", flat=True)) == {"ada"}
    count = events.count()
    sync()
    assert events.count() == count


def test_a_deletion_ends_what_was_held(
    fresh: None, gate: PlainClient, sync: Callable[[], None], name: str
) -> None:
    gate.create_registered_model(name)
    for _ in "12":
        gate.create_model_version(name, SOURCE)
    gate.transition_model_version_stage(name, "1", "Production")
    gate.set_registered_model_alias(name, "champion", "2")

    gate.delete_model_version(name, "1")
    gate.delete_registered_model(name)
    sync()

    model = RegisteredModel.objects.get(name=name)
    assert not model.is_live
    assert not Holding.objects.current().filter(model=model).exists()
    assert not model.incidents.exists()


LEVELS: dict[Level | None, set[str]] = {
    None: set(),
    Level.CAN_READ: set(),
    Level.CAN_EDIT: {"version", "describe", "tag", "untag"},
    Level.CAN_MANAGE_STAGING_VERSIONS: {"version", "describe", "tag", "untag", "stage"},
}
CALLS: dict[str, Step] = {
    "version": lambda c, n: c.create_model_version(n, SOURCE),
    "describe": lambda c, n: c.update_model_version(n, "1", "D."),
    "tag": lambda c, n: c.set_registered_model_tag(n, "a", "b"),
    "untag": lambda c, n: c.delete_model_version_tag(n, "1", "a"),
    "stage": lambda c, n: c.transition_model_version_stage(n, "1", "Staging"),
    "production": lambda c, n: c.transition_model_version_stage(n, "1", "Production"),
    "alias": lambda c, n: c.set_registered_model_alias(n, "champion", "1"),
    "rename": lambda c, n: c.rename_registered_model(n, f"{n}-x"),
    "delete version": lambda c, n: c.delete_model_version(n, "1"),
    "delete": lambda c, n: c.delete_registered_model(n),
}


def test_each_level_may_what_it_may_on_pages(
    fresh: None, gate: PlainClient, gate_of: ClientOf, name: str
) -> None:
    gate.create_registered_model(name)
    gate.create_model_version(name, SOURCE)
    model = RegisteredModel.objects.get(name=name)

    for level, allowed in LEVELS.items():
        user = make_user()
        if level:
            grant(user, level, model)
        client = gate_of(user)
        refusal = "PERMISSION_DENIED" if level else "RESOURCE_DOES_NOT_EXIST"
        for what, call in CALLS.items():
            found = str(outcome(call, client, name))
            is_refused = found.startswith(refusal)
            assert is_refused is (what not in allowed), (level, what, found)
        assert outcome(lambda c, n: c.create_registered_model(f"{n}-new"), client, name)


def guarded(pattern: str) -> None:
    """Let a policy want a second person for all that such models hold."""
    policy = PolicyDefinition(
        name="guarded", models=(pattern,), targets=("stage:*", "alias:*")
    )
    apply_policies([policy], actor=None)


def test_no_name_takes_a_model_out_of_its_policy(
    fresh: None, gate: PlainClient, gate_of: ClientOf, name: str
) -> None:
    gate.create_registered_model(name)
    manager = make_user()
    grant(manager, Level.CAN_MANAGE, RegisteredModel.objects.get(name=name))
    guarded(f"{name}*")
    client = gate_of(manager)

    with pytest.raises(RestException, match="Policies go by names") as refused:
        client.rename_registered_model(name, f"other-{name}")

    assert refused.value.error_code == "PERMISSION_DENIED"
    client.rename_registered_model(name, f"{name}-too")
    assert client.get_registered_model(f"{name}-too")


def test_what_is_governed_is_not_deleted_though_the_mirror_does_not_know(
    fresh: None, gate: PlainClient, plain: PlainClient, name: str
) -> None:
    gate.create_registered_model(name)
    gate.create_model_version(name, SOURCE)
    guarded(name)
    plain.set_registered_model_alias(name, "champion", "1")

    for delete in (
        lambda: gate.delete_model_version(name, "1"),
        lambda: gate.delete_registered_model(name),
    ):
        with pytest.raises(
            RestException, match="in use as @champion, which the policy"
        ):
            delete()

    assert plain.get_model_version_by_alias(name, "champion").version == "1"
    model = RegisteredModel.objects.get(name=name)
    assert (model.writing_until, model.closed_until) == (None, None)


def test_who_may_not_register_models_adds_versions_to_one(
    fresh: None, gate: PlainClient, gate_of: ClientOf, name: str
) -> None:
    gate.create_registered_model(name)
    user = make_user()
    grant(user, Level.CAN_EDIT, RegisteredModel.objects.get(name=name))

    with pytest.raises(RestException, match="already exists") as exists:
        gate_of(user).create_registered_model(name)
    with pytest.raises(RestException, match="permission level") as refused:
        gate_of(user).create_registered_model(f"{name}-other")

    assert exists.value.error_code == "RESOURCE_ALREADY_EXISTS"
    assert refused.value.error_code == "PERMISSION_DENIED"


def test_nobody_copies_what_they_may_not_read(
    fresh: None, gate: PlainClient, gate_of: ClientOf, name: str
) -> None:
    for one in (f"{name}-secret", f"{name}-mine"):
        gate.create_registered_model(one)
        gate.create_model_version(one, SOURCE)
    user: User = make_user()
    grant(user, Level.CAN_EDIT, RegisteredModel.objects.get(name=f"{name}-mine"))

    client = gate_of(user)
    for source in (
        f"models:/{name}-secret/1",
        f"models:/{name}-secret@champion",
        f"MODELS:///{name}-secret/1",
        f"models://{name}-mine/{name}-secret/1",
    ):
        with pytest.raises(RestException, match="not found") as refused:
            client.create_model_version(f"{name}-mine", source)
        assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    client.create_model_version(f"{name}-mine", f"models:/{name}-mine/1")
    assert ModelVersion.objects.filter(model__name=f"{name}-mine").count() == 2
    assert not TransitionRequest.objects.exists()
