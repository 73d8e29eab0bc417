"""Letters as mail: plain text, and simple HTML beside it, through Django's mail API."""

import contextlib
import smtplib
import socket
import time
from collections.abc import Iterator, Sequence

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse

from webhooks_ui.actions.letters import Letter, Topic, absolute
from webhooks_ui.actions.outcomes import Outcome
from webhooks_ui.signing import unsubscribe_token

TEMPLATE = "webhooks_ui/mail.html"
_PERMANENT = 500  # from here on a server's answer means that it is of no use to retry


def send_mail(
    letters: Sequence[tuple[User, Letter]], *, start_before: float = float("inf")
) -> Iterator[tuple[int, Outcome | None]]:
    """Send letters one by one over one connection.

    A server that cannot be reached, or says nothing, is not asked again for the rest.

    Args:
        letters: each with whom it is for.
        start_before: of `time.monotonic()`; later ones are not sent.

    Yields:
        The index of a letter with what came of it; None: it was not sent.
    """
    connection = get_connection()
    trouble: Outcome | None = None
    try:
        for index, (user, letter) in enumerate(letters):
            if time.monotonic() > start_before:
                yield index, None
                continue
            outcome = trouble or _send(connection, mail_of(user, letter))
            trouble = outcome if outcome.is_channel_down else None
            yield index, outcome
    finally:
        _hang_up(connection)


def mail_of(user: User, letter: Letter) -> EmailMultiAlternatives:
    """Return the mail for a person, not yet sent."""
    unsubscribe = absolute(
        reverse("webhooks_ui:notification_unsubscribe", args=[unsubscribe_token(user)])
    )
    preferences = absolute(reverse("webhooks_ui:notification_preferences"))
    headers = {
        "Auto-Submitted": "auto-generated",
        # RFC 8058: mail programs offer one click, which is a POST.
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    if letter.message_id:
        headers["Message-ID"] = letter.message_id
    if letter.thread:
        headers |= {"In-Reply-To": letter.thread, "References": letter.thread}
    links = {"preferences": preferences, "unsubscribe": unsubscribe}
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=_text(letter, links),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[user.email],
        headers=headers,
    )
    context = {"letter": letter, "overview": absolute("/"), **links}
    mail.attach_alternative(render_to_string(TEMPLATE, context), "text/html")
    return mail


def _send(connection: BaseEmailBackend, mail: EmailMultiAlternatives) -> Outcome:
    """Send one letter over the connection, which is opened anew if it was closed."""
    (address,) = mail.to
    if not address.rpartition("@")[0].isascii():
        # Django would encode it as a header's words, which is another address.
        words = (
            f"The mail address {address} has letters before the @ that servers do not"
            " take; another one is needed."
        )
        return Outcome(words, is_final=True)
    mail.connection = connection
    try:
        connection.open()
    except smtplib.SMTPResponseException as error:
        words = _answer(error.smtp_code, error.smtp_error)
        return Outcome(words, is_channel_down=True)
    except OSError as error:
        return Outcome(_in_words(error), is_channel_down=True)
    outcome = _send_open(mail)
    if outcome.error:
        # Servers hang up after some refusals, which is nothing to the next letter.
        _hang_up(connection)
    return outcome


def _send_open(mail: EmailMultiAlternatives) -> Outcome:
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        return _refused(error)
    except smtplib.SMTPResponseException as error:
        return Outcome(_answer(error.smtp_code, error.smtp_error))
    except OSError as error:
        return Outcome(_in_words(error), is_channel_down=_has_timed_out(error))
    except ValueError as error:
        # Django's and Python's word for an address or a header that is none.
        return Outcome(f"The mail cannot be written: {error}.", is_final=True)
    return Outcome()


def _hang_up(connection: BaseEmailBackend) -> None:
    with contextlib.suppress(OSError):
        connection.close()


def _refused(error: smtplib.SMTPRecipientsRefused) -> Outcome:
    ((code, text),) = error.recipients.values()
    return Outcome(_answer(code, text), is_final=code >= _PERMANENT)


def _answer(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"The mail server answered {code}: {' '.join(words.split())[:500]}"


def _has_timed_out(error: OSError) -> bool:
    """Did the server say nothing? smtplib calls that a connection that was closed."""
    return any(isinstance(one, TimeoutError) for one in (error, error.__context__))


def _in_words(error: OSError) -> str:
    if _has_timed_out(error):
        return f"The mail server did not answer within {settings.EMAIL_TIMEOUT} s."
    match error:
        case socket.gaierror():
            return "The mail server's name does not resolve."
        case smtplib.SMTPException():
            return f"The mail server hung up: {error}."
    return (
        f"No connection to the mail server: {(error.strerror or str(error)).lower()}."
    )


def _text(letter: Letter, links: dict[str, str]) -> str:
    """Return the letter as plain text."""
    parts = [_topic_as_text(topic) for topic in letter.topics]
    if letter.left_out:
        parts.append(f"And {letter.left_out} more: {absolute('/')}")
    foot = ["-- "]
    if letter.reasons:
        foot.append(f"You get this because {'; '.join(letter.reasons)}.")
    foot += [
        f"Choose what you are told, and how: {links['preferences']}",
        f"No more mail: {links['unsubscribe']}",
    ]
    return "\n\n".join([*parts, "\n".join(foot)]) + "\n"


def _topic_as_text(topic: Topic) -> str:
    parts = [f"{topic.title}\n{topic.url}"]
    if topic.left_out:
        parts.append(f"({topic.left_out} more on the page)")
    for entry in topic.entries:
        quoted = [f"> {line}".rstrip() for line in entry.quote.splitlines()]
        parts.append("\n".join([entry.sentence, *quoted]))
    if topic.needs_you:
        parts.append(f"Look and decide: {topic.url}")
    return "\n\n".join(parts)
