"""Signing in with a password: guesses are limited, people are not locked out."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import Allowance, AuditEvent, ServiceAccount
from tests.factories import make_user

pytestmark = pytest.mark.django_db

URL = "/account/sign-in/"
HERE, ELSEWHERE = "192.0.2.7", "192.0.2.8"
TRIES = 5
RIGHT, WRONG = "secret", "guess"


@pytest.fixture
def dana() -> User:
    return make_user(username="dana")


def sign_in(username: str = "dana", typed: str = WRONG, address: str = HERE) -> Any:
    given = {"username": username, "password": typed}
    return Client().post(URL, given, REMOTE_ADDR=address)


def guess(times: int, username: str = "dana", address: str = HERE) -> list[int]:
    """Return the statuses of wrong passwords."""
    return [sign_in(username, address=address).status_code for _ in range(times)]


def later(by: timedelta) -> None:
    """Let time pass, as counting sees it."""
    for row in Allowance.objects.all():
        Allowance.objects.filter(pk=row.pk).update(began_at=row.began_at - by)


def test_guessing_has_to_wait_and_is_told_how_long(dana: User) -> None:
    assert guess(TRIES) == [200] * TRIES

    refused = sign_in()

    page = refused.content.decode()
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert "There were too many attempts to sign in for this account." in page
    assert f"Try again in {refused['Retry-After']} second" in page
    assert "Please enter a correct" not in page


def test_while_one_waits_the_right_password_tells_nothing(dana: User) -> None:
    guess(TRIES)

    waiting = sign_in(typed=RIGHT)
    later(timedelta(minutes=1))

    assert waiting.status_code == 429
    assert "_auth_user_id" not in waiting.client.session
    assert sign_in(typed=RIGHT).status_code == 302


def test_who_goes_on_waits_longer_but_never_over_an_hour(dana: User) -> None:
    waits = []
    for _ in range(60):
        answer = sign_in()
        if answer.status_code == 429:
            waits.append(int(answer["Retry-After"]))
            later(timedelta(minutes=1))

    assert waits[0] <= 60 < max(waits) <= 3600
    later(timedelta(hours=1))
    assert sign_in(typed=RIGHT).status_code == 302


def test_a_stranger_locks_nobody_out_elsewhere(dana: User) -> None:
    guess(TRIES + 10)

    assert sign_in(typed=RIGHT, address=ELSEWHERE).status_code == 302
    assert sign_in(make_user().get_username(), RIGHT).status_code == 302


def test_the_spelling_of_a_name_is_no_way_round(dana: User) -> None:
    guess(TRIES)

    assert sign_in("DANA").status_code == 429


def test_an_address_that_tries_many_names_waits_too(dana: User) -> None:
    for number in range(100):
        Client().post(URL, {"username": f"n{number}", "password": "x"})

    refused = Client().post(URL, {"username": "dana", "password": RIGHT})
    rows = Allowance.objects.count()
    Client().post(URL, {"username": "another", "password": "x"})

    assert Allowance.objects.count() == rows
    assert refused.status_code == 429
    assert "from your address" in refused.content.decode()
    assert "minutes." in refused.content.decode()
    assert sign_in(typed=RIGHT, address=ELSEWHERE).status_code == 302


def test_right_passwords_do_not_count(dana: User) -> None:
    statuses = {sign_in(typed=RIGHT).status_code for _ in range(TRIES * 5)}

    assert statuses == {302}
    assert {row.used for row in Allowance.objects.all()} == {0}


def test_it_is_on_record_once_and_without_what_may_be_a_password(dana: User) -> None:
    guess(TRIES + 3)
    guess(TRIES + 3, "hunter2", ELSEWHERE)

    events = AuditEvent.objects.filter(type="sign_in.refused").order_by("position")
    assert [event.details for event in events] == [
        {"address": HERE, "user": "dana"},
        {"address": ELSEWHERE, "user": ""},
    ]
    assert {event.actor_name for event in events} == {""}
    assert "hunter2" not in "".join(event.body for event in events)


def test_the_administration_has_no_sign_in_of_its_own() -> None:
    admin, nobody = make_user(is_superuser=True), make_user()
    given = {"username": admin.get_username(), "password": RIGHT}

    led = Client().post("/admin/login/?next=/admin/auth/user/", given)
    signed_in = {}
    for who in (admin, nobody):
        client = Client()
        client.force_login(who)
        signed_in[who] = client.get("/admin/login/")

    assert led["Location"] == "/account/sign-in/?next=/admin/auth/user/"
    assert "_auth_user_id" not in led.client.session
    assert signed_in[admin]["Location"] == "/admin/"
    assert signed_in[nobody].status_code == 403


def test_a_service_account_does_not_guess_either() -> None:
    bot = make_user(username="ci-bot")
    ServiceAccount.objects.create(user=bot)

    assert [sign_in("ci-bot", RIGHT).status_code for _ in range(TRIES + 1)] == [
        200
    ] * TRIES + [429]


def change_password(client: Client, old: str) -> Any:
    new = "a-long-way-to-tipperary"
    given = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/account/password/", given, REMOTE_ADDR=HERE)


def test_one_changes_ones_own_password_and_ends_ones_other_sessions(
    dana: User,
) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.force_login(dana)

    response = change_password(here, RIGHT)

    assert response["Location"] == "/account/"
    assert "Your password is changed." in here.get("/account/").content.decode()
    assert elsewhere.get("/account/").status_code == 302
    assert sign_in(typed="a-long-way-to-tipperary").status_code == 302
    event = AuditEvent.objects.get(type="user.updated")
    assert (event.actor_id, event.details["changed"]) == (dana.pk, ["password"])
    assert "tipperary" not in str(event.details)


def test_the_old_password_is_not_guessed_for_long_at_an_open_session(
    dana: User,
) -> None:
    client = Client()
    client.force_login(dana)

    guesses = [change_password(client, WRONG) for _ in range(TRIES)]
    right = change_password(client, RIGHT)

    assert {one.status_code for one in (*guesses, right)} == {422}
    assert "There were too many attempts" in right.content.decode()
    dana.refresh_from_db()
    assert dana.check_password(RIGHT)


def test_who_has_no_password_is_not_asked_for_one(dana: User) -> None:
    dana.set_unusable_password()
    dana.save()
    client = Client()
    client.force_login(dana)

    assert client.get("/account/password/")["Location"] == "/account/"
    assert "Change password" not in client.get("/account/").content.decode()
