"""Who is told of what, and who is not."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction

from registry_ui.actions.comments import create_comment, edit_comment
from registry_ui.actions.notifications import Reason, notify
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import cancel_request, create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.watching import watch_model
from registry_ui.events import EventType, record_event
from registry_ui.models import (
    Level,
    ModelVersion,
    Notification,
    Review,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import grant, make_incident, make_model, make_user, make_version

pytestmark = pytest.mark.django_db

PRODUCTION = Level.CAN_MANAGE_PRODUCTION_VERSIONS


@pytest.fixture
def dana() -> User:
    """Return who asks."""
    return make_user(username="dana", level=Level.CAN_EDIT)


@pytest.fixture
def version() -> ModelVersion:
    return make_version(model=make_model(name="churn"))


def govern(**rules: Any) -> None:
    definition = {"name": "p", "targets": ["stage:Production"], **rules}
    apply_policies([PolicyDefinition.model_validate(definition)], actor=None)


def ask(version: ModelVersion, actor: User, why: str = "Better.") -> TransitionRequest:
    return create_request(version, "stage:Production", actor=actor, comment=why)


def told(reason: Reason | None = None) -> list[str]:
    """Return who was told, by user name, for the reason or for any."""
    rows = Notification.objects.order_by("user__username")
    rows = rows.filter(reason=reason) if reason else rows
    return list(rows.values_list("user__username", flat=True))


def forget() -> None:
    """Let a test look at what comes from here on."""
    Notification.objects.all().delete()


# --- A request is opened ------------------------------------------------------------


def test_who_could_approve_is_told_that_a_request_needs_them(
    dana: User, version: ModelVersion
) -> None:
    make_user(username="rui", level=PRODUCTION)
    make_user(username="ada", is_superuser=True)
    grant(make_user(username="maya"), PRODUCTION, version.model)
    # Too low a level, another model, gone.
    make_user(username="eve", level=Level.CAN_MANAGE_STAGING_VERSIONS)
    grant(make_user(username="other"), PRODUCTION, make_model())
    make_user(username="gone", level=PRODUCTION, is_active=False)

    request = ask(version, dana)

    assert told() == told(Reason.NEEDS_YOU) == ["ada", "maya", "rui"]
    for notification in Notification.objects.all():
        assert notification.request == request
        assert notification.event is not None
        assert notification.event.type == EventType.TRANSITION_REQUEST_CREATED


def test_who_holds_the_level_through_several_groups_is_told_once(
    dana: User, version: ModelVersion
) -> None:
    rui = make_user(username="rui", level=Level.CAN_READ)
    for name in ("risk", "leads"):
        group = Group.objects.create(name=name)
        grant(group, PRODUCTION)
        rui.groups.add(group)

    ask(version, dana)

    assert told() == ["rui"]


def test_who_asks_is_not_told_though_their_level_would_do(
    version: ModelVersion,
) -> None:
    ask(version, make_user(username="rui", level=PRODUCTION))

    assert told() == []


def test_whom_the_policy_excludes_is_not_told(
    dana: User, version: ModelVersion
) -> None:
    make_user(username="rui", level=PRODUCTION)
    creator = make_user(username="maya", level=PRODUCTION)
    govern(excluded=["requester", "version_creator"])
    with transaction.atomic():
        record_event(EventType.MODEL_VERSION_CREATED, actor=creator, version=version)

    ask(version, dana)

    assert told() == ["rui"]


def test_of_several_rules_each_person_is_asked_once(
    dana: User, version: ModelVersion
) -> None:
    risk = Group.objects.create(name="risk")
    rui = make_user(username="rui", level=PRODUCTION)
    rui.groups.add(risk)
    make_user(username="maya", level=PRODUCTION)
    make_user(username="ada", level=Level.CAN_MANAGE)
    govern(approvals=[{"groups": ["risk"]}, {"level": "CAN_MANAGE"}])

    ask(version, dana)

    # Maya, of no such group and without the higher level, could fill neither place.
    assert told() == ["ada", "rui"]


def test_where_the_policy_wants_no_approval_nobody_is_asked(
    dana: User, version: ModelVersion
) -> None:
    make_user(username="rui", level=PRODUCTION)
    govern(approvals=[], tags=["owner"])

    ask(version, dana)

    assert told() == []


def test_who_watches_the_model_is_told_unless_a_stronger_reason_is_there(
    dana: User, version: ModelVersion
) -> None:
    rui = make_user(username="rui", level=PRODUCTION)
    eve = make_user(username="eve", level=Level.CAN_READ)
    make_user(username="lee", level=Level.CAN_READ)
    for watcher in (rui, eve, dana):
        watch_model(version.model, actor=watcher)

    ask(version, dana, "Better, see @lee and @rui and @dana.")

    assert told() == ["eve", "lee", "rui"]
    assert told(Reason.NEEDS_YOU) == ["rui"]
    assert told(Reason.MENTIONED) == ["lee"]
    assert told(Reason.WATCHING) == ["eve"]


def test_who_may_read_the_model_no_longer_is_told_nothing(
    dana: User, version: ModelVersion
) -> None:
    eve = make_user(username="eve")
    permission = grant(eve, Level.CAN_READ, version.model)
    watch_model(version.model, actor=eve)
    permission.delete()

    ask(version, dana)

    assert told() == []


# --- What becomes of it -------------------------------------------------------------


def test_the_requester_is_told_of_a_rejection_by_the_review_with_its_reason(
    dana: User, version: ModelVersion
) -> None:
    rui = make_user(username="rui", level=PRODUCTION)
    request = ask(version, dana)
    forget()

    review_request(
        request, Review.Decision.REJECT, actor=rui, seen=None, comment="Fails in DE."
    )

    (notification,) = Notification.objects.all()
    assert (notification.user, notification.reason) == (dana, Reason.YOURS)
    assert notification.event is not None
    assert notification.event.details["comment"] == "Fails in DE."


def test_an_approval_is_told_to_the_requester_and_to_who_reviewed_before(
    dana: User, version: ModelVersion
) -> None:
    rui = make_user(username="rui", level=PRODUCTION)
    maya = make_user(username="maya", level=PRODUCTION)
    govern(approvals=[{"count": 2}])
    request = ask(version, dana)
    review_request(request, Review.Decision.APPROVE, actor=rui, seen=None)
    forget()

    review_request(request, Review.Decision.APPROVE, actor=maya, seen=None)

    assert set(told(Reason.YOURS)) == {"dana"}
    assert set(told(Reason.WATCHING)) == {"rui"}
    assert "maya" not in told()


def test_who_withdraws_their_own_request_is_not_told(
    dana: User, version: ModelVersion
) -> None:
    request = ask(version, dana)
    cancel_request(request, actor=dana)

    assert told() == []

    ada = make_user(username="ada", is_superuser=True)
    cancel_request(ask(version, dana), actor=ada)
    assert told(Reason.YOURS) == ["dana"]


def test_a_comment_is_told_to_requester_speakers_and_whom_it_mentions(
    dana: User, version: ModelVersion
) -> None:
    rui = make_user(username="rui", level=Level.CAN_READ)
    lee = make_user(username="lee", level=Level.CAN_READ)
    request = ask(version, dana)
    create_comment(version, "Which data?", actor=rui, request=request)
    forget()

    create_comment(version, "Ask @dana.", actor=lee, request=request)

    assert told(Reason.YOURS) == ["dana"]
    assert told(Reason.WATCHING) == ["rui"]
    assert len(told()) == 2


def test_an_edited_comment_is_told_to_whom_it_mentions_only_now(
    dana: User, version: ModelVersion
) -> None:
    lee = make_user(username="lee", level=Level.CAN_READ)
    make_user(username="rui", level=Level.CAN_READ)
    comment = create_comment(version, "Ask @rui.", actor=lee)
    assert told(Reason.MENTIONED) == ["rui"]
    forget()

    edit_comment(comment, "Ask @rui or @dana.", actor=lee)

    assert told() == ["dana"]


def test_a_remark_on_a_version_is_told_to_who_watches_its_model(
    dana: User, version: ModelVersion
) -> None:
    rui = make_user(username="rui", level=Level.CAN_READ)
    watch_model(version.model, actor=rui)
    watch_model(make_model(), actor=dana)

    create_comment(version, "Drifts.", actor=dana)

    (notification,) = Notification.objects.all()
    assert (notification.user, notification.reason) == (rui, Reason.WATCHING)
    assert notification.request is None


def test_an_incident_is_told_to_who_watches_the_model(
    dana: User, version: ModelVersion
) -> None:
    watch_model(version.model, actor=dana)
    incident = make_incident(version=version)

    with transaction.atomic():
        record_event(
            EventType.INCIDENT_OPENED,
            actor=None,
            model=version.model,
            incident=incident.number,
        )

    assert told(Reason.WATCHING) == ["dana"]


def test_of_one_occasion_people_are_told_once(
    dana: User, version: ModelVersion
) -> None:
    eve, other = make_user(level=Level.CAN_READ), make_user(level=Level.CAN_READ)
    for people in ([eve], [eve, other], [eve, other]):
        notify(
            dict.fromkeys((one.pk for one in people), Reason.NEEDS_YOU),
            model=version.model,
            occasion="overdue:1",
            text="It was never looked at.",
        )

    assert Notification.objects.count() == 2


def test_what_asks_for_a_decision_lapses_with_it_and_nothing_else_does(
    dana: User, version: ModelVersion
) -> None:
    rui = make_user(username="rui", level=PRODUCTION)
    watch_model(version.model, actor=make_user(username="eve", level=Level.CAN_READ))
    request = ask(version, dana)
    cancel_request(request, actor=dana)
    request.refresh_from_db()

    # Of one that is decided, somebody may still have to look: it was urgent, say.
    notify(
        {rui.pk: Reason.NEEDS_YOU},
        model=version.model,
        request=request,
        occasion="retrospective:1",
        text="It was never looked at.",
    )

    lapsing = Notification.objects.filter(lapses=True)
    assert [n.user.username for n in lapsing] == ["rui"]
    assert lapsing.get().event is not None
