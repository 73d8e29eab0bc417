"""What is said to a person: what happened, by what it is about, and where to look.

Names, reasons and comments are other people's words: they stand in no header but with
white space and control characters taken out, and each channel escapes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from registry_ui.bidi import visible
from registry_ui.events import EventType
from registry_ui.models import Notification, TransitionRequest
from registry_ui.views.sentences import EventLine, event_lines
from webhooks_ui.models import Notice

MOST_TOPICS = 50
MOST_ENTRIES = 20
LONGEST_QUOTE = 4000
LONGEST_QUOTE_IN_DIGEST = 300
LONGEST_TITLE_IN_SUBJECT = 150

_Reason = Notification.Reason
_WHY = {
    _Reason.NEEDS_YOU: "your review is needed",
    _Reason.YOURS: "it is your request",
    _Reason.MENTIONED: "you are mentioned",
    _Reason.WATCHING: "you watch this model, or spoke on the request",
    _Reason.REMINDER: "your review is needed, or it is your request",
    _Reason.WEBHOOK: "you manage this webhook",
}
_NEWS: dict[str, str] = {
    EventType.TRANSITION_REQUEST_CREATED: "was asked for by {who}",
    EventType.GLASS_BROKEN: "was put there by break-glass",
    EventType.REVIEW_OVERDUE: "is overdue",
    EventType.REVIEW_GIVEN: "was {decided} by {who}",
    EventType.TRANSITION_REQUEST_APPROVED: "is approved",
    EventType.TRANSITION_REQUEST_CANCELLED: "was cancelled by {who}",
    EventType.TRANSITION_REQUEST_APPLIED: "is carried out",
    EventType.TRANSITION_REQUEST_FAILED: "could not be carried out",
    EventType.TRANSITION_REQUEST_UNDONE: "was undone",
    EventType.TRANSITION_REQUEST_EXPIRED: "has expired",
    EventType.TRANSITION_REQUEST_SUPERSEDED: "was overtaken",
    EventType.COMMENT_CREATED: "has a comment by {who}",
    EventType.COMMENT_UPDATED: "has a comment by {who}",
    EventType.WEBHOOK_WARNED: "takes nothing",
    EventType.WEBHOOK_PAUSED: "is paused",
    EventType.WEBHOOK_DISABLED: "is disabled",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `quote` is what somebody wrote along with it."""

    sentence: str
    quote: str


@dataclass(slots=True)
class Topic:
    """What things happened to: a request as a rule.

    `left_out`: how many entries between the first and the newest are left out.
    """

    title: str
    url: str
    needs_you: bool = False
    news: str = ""
    entries: list[Entry] = field(default_factory=list)
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """All that one message says.

    Attributes:
        subject: in one line.
        topics: at most 50, what needs the person first; `left_out`: how many more.
        reasons: why the person is told, as phrases.
        message_id: the same whenever the same notices are sent.
        thread: the id that all letters about one request answer; empty: about several.
    """

    subject: str
    topics: Sequence[Topic]
    reasons: Sequence[str] = ()
    left_out: int = 0
    message_id: str = ""
    thread: str = ""


def letter_of(notices: Sequence[Notice]) -> Letter:
    """Return what a person is told of these notices of theirs, one or many.

    Args:
        notices: with their notifications, events and requests.
    """
    notifications = [notice.notification for notice in notices]
    is_digest = len({one.request_id or one.occasion for one in notifications}) > 1
    longest = LONGEST_QUOTE_IN_DIGEST if is_digest else LONGEST_QUOTE
    topics = _topics(notifications, longest_quote=longest)
    topics.sort(key=lambda topic: not topic.needs_you)
    requests = {one.request_id for one in notifications}
    request = notifications[0].request if len(requests) == 1 else None
    reasons = dict.fromkeys(_WHY[_Reason(one.reason)] for one in notifications)
    return Letter(
        subject=f"[Signoff] {_subject(topics)}",
        topics=topics[:MOST_TOPICS],
        reasons=list(reasons),
        left_out=max(0, len(topics) - MOST_TOPICS),
        message_id=_address("notices", *(notice.pk for notice in notices)),
        thread=_thread(request) if request else "",
    )


def letter_of_test() -> Letter:
    """Return what the test button sends."""
    entry = Entry("You asked for this test. Messages from Signoff reach you here.", "")
    topic = Topic("A test", absolute("/"), entries=[entry])
    return Letter(subject="[Signoff] A test", topics=[topic])


def absolute(path: str) -> str:
    """Return the address under which people reach a page."""
    return f"{settings.BASE_URL}{path}"


def _topics(
    notifications: Sequence[Notification], *, longest_quote: int
) -> list[Topic]:
    """Return what the notifications are about, the oldest first."""
    events = [one.event for one in notifications if one.event]
    lines = {line.event.pk: line for line in event_lines(events)}
    found: dict[str, Topic] = {}
    for one in notifications:
        line = lines.get(one.event_id or 0)
        url = one.request.get_absolute_url() if one.request else _url(line)
        topic = found.setdefault(url, Topic(_title(one), absolute(url)))
        topic.needs_you |= one.reason == _Reason.NEEDS_YOU
        topic.news = _news(one, line)
        topic.entries.append(_entry(one, line, longest_quote))
    for topic in found.values():
        topic.left_out = max(0, len(topic.entries) - MOST_ENTRIES)
        # The first one stays: it says what is asked for, and why.
        del topic.entries[1 : 1 + topic.left_out]
    return list(found.values())


def _url(line: EventLine | None) -> str:
    if line and line.event.type.startswith("webhook."):
        webhook = line.event.details["webhook"]
        return reverse("webhooks_ui:webhook_detail", args=[webhook])
    return line.url if line else "/"


def _title(notification: Notification) -> str:
    if notification.request:
        return one_line(str(notification.request))
    event = notification.event
    name = notification.model.name if notification.model else "All models"
    if event and event.type.startswith("webhook."):
        return one_line(f"The webhook {name} → {event.details['receiver']}")
    number = event.version_number if event else None
    return one_line(f"{name} v{number}" if number else name)


def _entry(
    notification: Notification, line: EventLine | None, longest_quote: int
) -> Entry:
    if line:
        quote = line.written
        sentence = line.sentence
    else:
        # Nothing was written just now: the requester's words say what it is about.
        quote = notification.request.comment if notification.request else ""
        sentence = notification.text
    return Entry(one_line(sentence), _shortened(visible(quote), longest_quote))


def _news(notification: Notification, line: EventLine | None) -> str:
    """Return what follows the title in a subject."""
    if notification.reason == _Reason.REMINDER:
        return "is about to expire"
    phrase = _NEWS.get(line.event.type) if line else None
    if line is None or phrase is None:
        return "has news"
    person = line.person
    if isinstance(person, User):
        person = person.get_full_name() or person.get_username()
    decision = line.event.details.get("decision")
    words = phrase.format(
        who=person or "Signoff",
        decided="approved" if decision == "approve" else "rejected",
    )
    return one_line(words)


def _subject(topics: Sequence[Topic]) -> str:
    if len(topics) == 1:
        (topic,) = topics
        news = "needs your review" if topic.needs_you else topic.news
        return f"{_shortened(topic.title, LONGEST_TITLE_IN_SUBJECT)} {news}"
    needing = sum(topic.needs_you for topic in topics)
    others = len(topics) - needing
    parts = []
    if needing:
        verb = "request needs" if needing == 1 else "requests need"
        parts.append(f"{needing} {verb} your review")
    if others:
        parts.append(f"news on {others}{' more' if needing else ''}")
    return f"Digest: {', '.join(parts)}"


def one_line(text: str) -> str:
    """Return the text without line ends and other characters that steer a reader."""
    return "".join(c if c.isprintable() else " " for c in visible(text)).strip()


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def _thread(request: TransitionRequest) -> str:
    return _address("request", request.pk)


def _address(*parts: object) -> str:
    """Return an id in the form of RFC 5322: `<…@signoff.example.com>`."""
    digest = sha256("/".join(map(str, parts)).encode()).hexdigest()[:24]
    host = urlsplit(settings.BASE_URL).hostname
    return f"<{digest}@{host}>"
