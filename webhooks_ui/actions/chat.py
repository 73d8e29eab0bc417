"""Letters as messages to chat: Slack's incoming webhooks, and all that take the same.

Source: Slack, "Formatting text for app surfaces": three characters are escaped, links
are `<address|text>`.
"""

import json
from collections.abc import Iterator, Sequence

from django.contrib.auth.models import User

from registry_ui.errors import CredentialUnreadableError
from webhooks_ui.actions.attempts import text_of, without_secrets
from webhooks_ui.actions.letters import Letter, Topic
from webhooks_ui.actions.outcomes import Outcome
from webhooks_ui.http_client import Answer, Failure, Outgoing, Sender
from webhooks_ui.models import NotificationPreference
from webhooks_ui.models.attempts import is_success

LONGEST_TEXT = 12_000
GONE = 410
_COLLECT_SECONDS = 0.05
_KEPT_OF_ANSWER = 200  # characters
_SHORTEST_PATH = 4  # characters; shorter ones are no secret


def send_chat(
    letters: Sequence[tuple[User, Letter]], *, start_before: float = float("inf")
) -> Iterator[tuple[int, Outcome | None]]:
    """Send letters side by side, each to the address of whom it is for.

    Args:
        letters: each with whom it is for, who has an address.
        start_before: of `time.monotonic()`; later ones are not sent.

    Yields:
        The index of a letter with what came of it; None: it was not sent.
    """
    people = {user.pk for user, _ in letters}
    preferences = NotificationPreference.objects.in_bulk(people)
    with Sender() as sender:
        for index, (user, letter) in enumerate(letters):
            try:
                url = preferences[user.pk].chat_url
            except CredentialUnreadableError as error:
                yield index, Outcome(f"{error} Set the address of your chat again.")
                continue
            body = json.dumps({"text": chat_text(letter)}).encode()
            request = Outgoing(
                id=str(index),
                endpoint=str(user.pk),
                url=url,
                headers={"Content-Type": "application/json; charset=utf-8"},
                body=body,
                start_before=start_before,
            )
            sender.submit([request])
        while not sender.is_idle:
            for request, answer in sender.collect(_COLLECT_SECONDS):
                yield int(request.id), _outcome(answer, request) if answer else None


def chat_text(letter: Letter) -> str:
    """Return the letter in Slack's format, at most 12,000 characters."""
    parts = [_topic(topic) for topic in letter.topics]
    if letter.left_out:
        parts.append(f"And {letter.left_out} more.")
    text = "\n\n".join(parts)
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT].rpartition("\n")[0] + "\n…"
    return text


def _outcome(answer: Answer, request: Outgoing) -> Outcome:
    status = answer.status_code
    if status is not None and is_success(status):
        return Outcome()
    # The path is the key to the channel; redirects and error pages repeat it.
    path = request.url.partition("://")[2].partition("/")[2]
    keys = [path] if len(path) >= _SHORTEST_PATH else []
    said = without_secrets(text_of(answer.body), keys, instead="…")
    said = " ".join(said[:_KEPT_OF_ANSWER].split())
    words = answer.error or f"The chat answered {status}: {said}".rstrip(": ")
    words = without_secrets(words, keys, instead="…")
    is_refused = answer.failure is Failure.REFUSED_BY_POLICY
    return Outcome(words.replace("\x00", ""), is_final=is_refused or status == GONE)


def _topic(topic: Topic) -> str:
    news = "needs your review" if topic.needs_you else topic.news
    lines = [f"*<{topic.url}|{_escaped(topic.title)}>* {_escaped(news)}".rstrip()]
    if topic.left_out:
        lines.append(f"({topic.left_out} more on the page)")
    for entry in topic.entries:
        lines.append(_escaped(entry.sentence))
        lines += [f"> {_escaped(line)}" for line in entry.quote.splitlines()]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Return other people's words so that they link, format and call nobody.

    A space of no width behind @: some chats call everybody in a channel at `@channel`.
    """
    for character, escape in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, escape)
    return text.replace("@", "@\u200b")
