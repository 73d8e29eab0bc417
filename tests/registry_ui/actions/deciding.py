"""Things that people, MLflow and the clock do, in the database and in the books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.checks import report_check
from registry_ui.actions.clock import judge_open_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import cancel_request, create_request
from registry_ui.actions.reviews import review_request
from registry_ui.errors import ActionError
from registry_ui.fingerprint import Fingerprint
from registry_ui.models import (
    AuditEvent,
    Check,
    Evidence,
    Level,
    MirrorState,
    ModelPermission,
    ModelVersion,
    Review,
    TransitionRequest,
    VersionTag,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_alias, make_model, make_user, make_version
from tests.registry_ui.actions.books import (
    CHAMPION,
    MANAGES,
    PRODUCTION,
    Books,
)
from tests.registry_ui.actions.remembered_mlflow import RememberedMLflow

GROUPS = ("risk", "legal")
LEVELS = (
    *[Level.CAN_MANAGE_PRODUCTION_VERSIONS] * 4,
    Level.CAN_MANAGE,
    Level.CAN_MANAGE_STAGING_VERSIONS,
)
"""Of each person; the first one asks, the second one ran the run."""
Rules = dict[str, Any]


@dataclass
class World:
    """What stands in the database, and the books beside it."""

    people: list[User]
    version: ModelVersion
    books: Books
    client: RememberedMLflow
    requests: list[TransitionRequest] = field(default_factory=list)
    """In the order of the books, as they were made."""
    first_event: int = 0
    shown_first: list[Fingerprint] = field(default_factory=list)
    """What the page of each request showed at first."""

    def pick(self, number: int) -> int:
        """Return a request, an open one as long as there is one."""
        open_ones = [i for i, ask in enumerate(self.books.asks) if ask.status == "open"]
        choice = open_ones or range(len(self.requests))
        return choice[number % len(choice)]

    def actor(self, person: int) -> User:
        """Return the person without what was read of them before."""
        return User.objects.get(pk=self.people[person].pk)


def make_all_that_stays() -> tuple[list[User], ModelVersion]:
    """Make people and versions, which cost the most, once for all examples."""
    people = [make_user() for _ in LEVELS]
    for name in GROUPS:
        Group.objects.create(name=name)
    model = make_model()
    make_alias(
        version=make_version(model=model, stage="Production", metrics={"auc": 0.9})
    )
    make_version(model=model, metrics={"auc": 0.8})
    version = make_version(model=model, metrics={"auc": 0.95})
    Evidence.objects.filter(version=version).update(run_user=people[1].username)
    return people, version


def begin(people: list[User], version: ModelVersion, books: Books) -> World:
    """Let people have their levels and groups, and ask."""
    ModelPermission.objects.bulk_create(
        ModelPermission(user=person, level=level)
        for person, level in zip(people, books.levels, strict=True)
    )
    for person, names in zip(people, books.groups, strict=True):
        person.groups.set(Group.objects.filter(name__in=names))
    mlflow = books.mlflow
    client = RememberedMLflow(
        version.model.created_at, dict(mlflow.stages), dict(mlflow.aliases)
    )
    world = World(people, version, books, client)
    MirrorState.objects.update(synced_at=timezone.now())
    govern(world)
    for ask in books.asks:
        world.requests.append(
            create_request(
                version,
                ask.target,
                actor=world.actor(ask.requester),
                comment="Better.",
                archive_existing_versions=ask.archives,
            )
        )
    world.first_event = AuditEvent.objects.count()
    world.shown_first = [
        gather_decision(request).fingerprint for request in world.requests
    ]
    for ask in books.asks:
        ask.saw_first = books.saw(ask)
    return world


def govern(world: World) -> None:
    """Let the rules in the books hold."""
    definitions = [
        PolicyDefinition.model_validate({"name": name, "targets": [target], **rules})
        for name, target, rules in (
            ("champion", CHAMPION, world.books.rules[CHAMPION]),
            ("production", PRODUCTION, world.books.rules[PRODUCTION]),
        )
    ]
    apply_policies(definitions, actor=None)


def approve(world: World, person: int, which: int, _: Rules) -> None:
    """Approve what is so now."""
    index = world.pick(which)
    saw = world.books.saw(world.books.asks[index])
    _approve(world, person, index, None, saw)


def approve_late(world: World, person: int, which: int, _: Rules) -> None:
    """Approve what the page showed at first, whatever has changed since."""
    index = world.pick(which)
    saw = world.books.asks[index].saw_first
    _approve(world, person, index, world.shown_first[index], saw)


def _approve(
    world: World,
    person: int,
    index: int,
    seen: Fingerprint | None,
    saw: tuple[Any, ...],
) -> None:
    ask = world.books.asks[index]
    may = world.books.may_approve(ask, person, saw)
    assert decide(world, person, index, Review.Decision.APPROVE, seen) == may
    if may:
        world.books.approve(ask, person)


def decide(
    world: World,
    person: int,
    index: int,
    decision: Review.Decision,
    seen: Fingerprint | None = None,
) -> bool:
    """Let somebody decide; False where they are refused, with a reason."""
    try:
        with transaction.atomic():
            review_request(
                world.requests[index],
                decision,
                actor=world.actor(person),
                seen=seen,
                comment="Because.",
            )
    except PermissionDenied:
        return False
    except ActionError as error:
        reason = str(error)
    else:
        return True
    assert reason.endswith(".")
    return False


def waver(world: World, person: int, which: int, rules: Rules) -> None:
    """Let a person approve, and again after a change that is then taken back."""
    approve(world, person, which, rules)
    before = world.books.auc[3]
    _set_auc(world, 0.7 if before > 0.8 else 0.95)
    approve(world, person, which, rules)
    _set_auc(world, before)


def reject(world: World, person: int, which: int, _: Rules) -> None:
    """Reject one, if the person may."""
    index = world.pick(which)
    ask = world.books.asks[index]
    may = world.books.may_reject(ask, person)
    assert decide(world, person, index, Review.Decision.REJECT) == may
    if may:
        world.books.told.append("review.given")
        world.books.close(ask, "rejected")


def cancel(world: World, _: int, which: int, __: Rules) -> None:
    """Let the requester withdraw one."""
    index = world.pick(which)
    ask = world.books.asks[index]
    try:
        cancel_request(world.requests[index], actor=world.actor(ask.requester))
    except ActionError:
        assert ask.status != "open"
    else:
        world.books.close(ask, "cancelled")


def join(world: World, person: int, which: int, _: Rules) -> None:
    """Let somebody join a group."""
    name = GROUPS[which % 2]
    world.people[person].groups.add(Group.objects.get(name=name))
    world.books.groups[person].add(name)


def leave(world: World, person: int, which: int, _: Rules) -> None:
    """Let somebody leave a group, rather one who has approved."""
    person = _who_approved(world, person)
    name = GROUPS[which % 2]
    world.people[person].groups.remove(Group.objects.get(name=name))
    world.books.groups[person].discard(name)


def change_level(world: World, person: int, which: int, _: Rules) -> None:
    """Give somebody another level or none, rather one who has approved."""
    person = _who_approved(world, person)
    level = (0, 3, 4, MANAGES)[which % 4]
    grants = ModelPermission.objects.filter(user=world.people[person])
    grants.delete()
    if level:
        ModelPermission.objects.create(user=world.people[person], level=level)
    world.books.levels[person] = level


def _who_approved(world: World, number: int) -> int:
    approved = sorted({one for ask in world.books.asks for one in ask.approvals})
    return approved[number % len(approved)] if approved else number


def change_run_user(world: World, person: int, _: int, __: Rules) -> None:
    """Let MLflow name somebody else as who ran the run."""
    person = _who_approved(world, person)
    name = world.people[person].username.upper()
    Evidence.objects.filter(version=world.version).update(run_user=name)
    world.books.run_user = person


def report(world: World, person: int, which: int, _: Rules) -> None:
    """Let somebody report the check, rather one who has approved."""
    person = _who_approved(world, person)
    verdict = [Check.Verdict.PASSED, Check.Verdict.PASSED, *Check.Verdict][which % 5]
    try:
        report_check(world.version, "bias", verdict, actor=world.actor(person))
    except PermissionDenied:
        assert world.books.levels[person] < 2
    else:
        world.books.check = (verdict.value, person)
        world.books.told.append("check.reported")
        world.books.settle(*world.books.asks)


def toggle_tag(world: World, _: int, __: int, ___: Rules) -> None:
    """Set the tag, or remove it."""
    if world.books.has_tag:
        VersionTag.objects.all().delete()
    else:
        VersionTag.objects.create(
            version=world.version, model=world.version.model, key="owner", value="me"
        )
    world.books.has_tag = not world.books.has_tag


def change_metric(world: World, _: int, which: int, __: Rules) -> None:
    """Let the run have another number: better, just good enough, or worse."""
    _set_auc(world, (0.95, 0.895, 0.7)[which % 3])


def _set_auc(world: World, value: float) -> None:
    evidence = Evidence.objects.filter(version=world.version)
    evidence.update(metrics={"auc": value})
    world.books.auc[3] = value


def move_incumbent(world: World, number: int, which: int, _: Rules) -> None:
    """Let one of the older versions be in Production or not, as a sync has seen."""
    number, stage = 1 + number % 2, ("Production", "None")[which % 2]
    ModelVersion.objects.filter(model=world.version.model, number=number).update(
        stage=stage
    )
    world.books.mirror.put(f"v{number}", stage)
    _move_in_mlflow(world, number, stage)


def drift(world: World, number: int, which: int, _: Rules) -> None:
    """Change something in MLflow that no sync has seen yet."""
    number = 1 + number % 2
    if which % 3 == 0:
        world.client.aliases["champion"] = number
        world.books.mlflow.put("@champion", f"{number}")
    else:
        _move_in_mlflow(world, number, ("Production", "None")[which % 2])


def _move_in_mlflow(world: World, number: int, stage: str) -> None:
    world.client.stages[number] = stage
    world.books.mlflow.put(f"v{number}", stage)


def change_policy(world: World, _: int, which: int, rules: Rules) -> None:
    """Let other rules hold for one of the targets."""
    target = (PRODUCTION, CHAMPION)[which % 2]
    books = world.books
    if rules != books.rules[target]:
        books.told.append("policy.changed")
        books.editions[target] = books.editions.get(target, 0) + 1
    books.rules[target] = rules
    govern(world)


def grow_older(world: World, _: int, __: int, ___: Rules) -> None:
    """Let an hour pass for approvals."""
    hour = timedelta(hours=1)
    Review.objects.update(created_at=F("created_at") - hour)
    for ask in world.books.asks:
        for approval in ask.approvals.values():
            approval.hours += 1


def tick(world: World, _: int, __: int, ___: Rules) -> None:
    """Let the clock look."""
    judge_open_requests()
    world.books.settle(*world.books.asks)


def apply(world: World, _: int, __: int, ___: Rules) -> None:
    """Let a worker carry out what was approved."""
    apply_due_requests(world.client)
    world.books.apply()


TAKE: dict[str, Callable[[World, int, int, Rules], None]] = {
    "approve": approve,
    "approve late": approve_late,
    "waver": waver,
    "reject": reject,
    "cancel": cancel,
    "join": join,
    "leave": leave,
    "level": change_level,
    "run user": change_run_user,
    "check": report,
    "tag": toggle_tag,
    "metric": change_metric,
    "incumbent": move_incumbent,
    "drift": drift,
    "policy": change_policy,
    "older": grow_older,
    "tick": tick,
    "apply": apply,
}
