"""`manage.py api_token`."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from registry_ui.actions.tokens import find_token
from registry_ui.models import ApiToken, Scope
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_token_stands_alone_on_the_last_line_of_stdout() -> None:
    user = make_user(username="ci-bot")
    stdout, stderr = StringIO(), StringIO()

    call_command(
        "api_token",
        "ci-bot",
        "--name=nightly",
        "--days=30",
        stdout=stdout,
        stderr=stderr,
    )

    token = find_token(stdout.getvalue().splitlines()[-1])
    assert token is not None
    assert (token.user, token.name) == (user, "nightly")
    assert token.expires_at is not None
    assert token.expires_at - timezone.now() > timedelta(days=29)
    assert stdout.getvalue().count("\n") == 1
    assert "shown this once" in stderr.getvalue()
    assert token.prefix not in stderr.getvalue()


def test_without_days_it_works_until_revoked() -> None:
    make_user(username="ci-bot")

    call_command("api_token", "ci-bot", stdout=StringIO(), stderr=StringIO())

    assert ApiToken.objects.get().expires_at is None


def test_it_is_good_for_the_scopes_that_are_named_or_for_all() -> None:
    make_user(username="ci-bot")
    streams = {"stdout": StringIO(), "stderr": StringIO()}

    call_command("api_token", "ci-bot", "--name=all", **streams)
    call_command(
        "api_token", "ci-bot", "--name=few", "--scope=check", "--scope=read", **streams
    )

    assert ApiToken.objects.get(name="all").scopes == list(Scope)
    assert ApiToken.objects.get(name="few").scopes == ["read", "check"]
    assert "for read, check." in streams["stderr"].getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody"], "There is no user 'nobody'."),
        (["\udcff"], r"argument user: '\\udcff' is not UTF-8."),
        (["gone"], "gone is not active"),
        (["ci-bot", "--days=0"], "1 to 3,650 days"),
        (["ci-bot", "--name=\udcff"], r"argument --name: '\\udcff' is not UTF-8."),
        (["ci-bot", "--name="], "name of 1 to 100"),
        (["ci-bot", "--scope=write"], "invalid choice: 'write'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    arguments: list[str], message: str
) -> None:
    make_user(username="ci-bot")
    make_user(username="gone", is_active=False)

    with pytest.raises(CommandError, match=message):
        call_command("api_token", *arguments, stdout=StringIO(), stderr=StringIO())

    assert not ApiToken.objects.exists()
