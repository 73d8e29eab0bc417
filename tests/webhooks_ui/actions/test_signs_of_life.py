"""A sender that runs tasks can be told from one that hangs."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from webhooks_ui.actions.signs_of_life import give_sign, last_sign
from webhooks_ui.tasks import drain_deliveries

pytestmark = pytest.mark.django_db


def test_a_sender_gives_a_sign_with_nothing_to_send() -> None:
    assert last_sign() is None
    before = timezone.now()

    drain_deliveries()

    sign = last_sign()
    assert sign is not None
    assert before <= sign <= timezone.now()


def test_a_sign_is_stored_anew_each_ten_seconds(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    now = timezone.now()
    give_sign(now)
    with django_assert_num_queries(1):  # each second costs a look
        give_sign(now + timedelta(seconds=9))
    assert last_sign() == now

    give_sign(now + timedelta(seconds=10))

    assert last_sign() == now + timedelta(seconds=10)
