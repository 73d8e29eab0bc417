"""A registry in which something happens that people are told of."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from registry_ui.actions.comments import create_comment
from registry_ui.actions.requests import create_request
from registry_ui.models import Level, ModelVersion, TransitionRequest
from tests.factories import make_model, make_user, make_version
from webhooks_ui.models import Notice, NotificationPreference

PRODUCTION = Level.CAN_MANAGE_PRODUCTION_VERSIONS


def make_person(
    name: str, *, level: Level = PRODUCTION, mail: str = "at_once", chat_url: str = ""
) -> User:
    """Make somebody with a mail address.

    Args:
        name: of the account: `rui` is mailed to at rui@example.com.
        level: held on the whole registry.
        mail: at_once, daily or never.
        chat_url: turns chat on.
    """
    user = make_user(username=name, email=f"{name}@example.com", level=level)
    if mail != "at_once" or chat_url:
        wishes = NotificationPreference(user=user, mail=mail, is_chat_on=bool(chat_url))
        wishes.chat_url = chat_url
        wishes.save(force_insert=True)
    return user


def ask(
    actor: User | None = None,
    *,
    version: ModelVersion | None = None,
    why: str = "Better on every metric.",
) -> TransitionRequest:
    """Ask for Production, which people are told of.

    Args:
        actor: who asks; somebody with no mail address if not given.
        version: of the model `churn`, made at need, if not given.
        why: the reason.
    """
    actor = actor or make_user(full_name="Dana Ferrari", level=Level.CAN_EDIT)
    version = version or make_version(model=make_model(name="churn"))
    return create_request(version, "stage:Production", actor=actor, comment=why)


def comment_many(request: TransitionRequest, count: int) -> None:
    """Let somebody comment on the request so many times."""
    author = make_user(level=Level.CAN_READ)
    for number in range(count):
        create_comment(
            request.version, f"Remark {number}.", actor=author, request=request
        )


def let_pass(**length: float) -> None:
    """Let so much time pass, for the notices: all of their times are earlier."""
    gone = timedelta(**length)
    for notice in Notice.objects.all():
        notice.due_at -= gone
        if notice.settled_at:
            notice.settled_at -= gone
        notice.save(update_fields=["due_at", "settled_at"])


def only_notice() -> Notice:
    """Return the one notice there is."""
    return Notice.objects.get()


def seconds_until_due(notice: Notice) -> float:
    """Return in how many seconds it may be sent."""
    return (notice.due_at - timezone.now()).total_seconds()
