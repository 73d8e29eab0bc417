"""What the search box offers while one types."""

import html
import re

import pytest
from django.test import Client
from django.utils import timezone

from registry_ui.models import Level
from registry_ui.views.jump import MOST_TARGETS
from tests.factories import grant, make_model, make_user, make_version
from tests.registry_ui.views.reading import HTMX, browser, query_count

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    return browser(make_user(level=Level.CAN_READ))


def offered(client: Client, text: str) -> list[str]:
    """Return the addresses offered for what was typed, in order."""
    response = client.get("/jump/", {"q": text}, headers=HTMX)
    assert response.status_code == 200
    found = re.findall(r'role="option"[^>]*href="([^"]+)"', response.content.decode())
    return [html.unescape(address) for address in found]


def test_names_come_first_that_are_or_begin_with_what_was_typed(reader: Client) -> None:
    for name in ("old-churn", "churn-2", "Churn", "fraud"):
        make_model(name=name)

    assert offered(reader, "churn") == [
        "/models/Churn/",
        "/models/churn-2/",
        "/models/old-churn/",
    ]


@pytest.mark.parametrize(
    "text", ["churn v7", "churn/7", "churn 7", "CHURN V7", "churn v 7", "hur/v7"]
)
def test_a_version_is_offered_however_it_is_written(reader: Client, text: str) -> None:
    make_version(model=make_model(name="churn"), number=7)

    assert offered(reader, text) == ["/models/churn/versions/7/"]


@pytest.mark.parametrize("text", ["churn/8", "churn v77", "fraud 7", "churn/999999999"])
def test_a_version_that_is_not_there_is_not_offered(reader: Client, text: str) -> None:
    make_version(model=make_model(name="churn"), number=7)

    assert offered(reader, text) == []


@pytest.mark.parametrize("text", ["churn/", "churn v", "churn "])
def test_half_a_version_still_offers_the_model(reader: Client, text: str) -> None:
    make_model(name="churn")

    assert offered(reader, text) == ["/models/churn/"]


def test_a_model_whose_name_ends_in_a_number_is_offered_too(reader: Client) -> None:
    make_model(name="churn 7")
    make_version(model=make_model(name="churn"), number=7)

    assert offered(reader, "churn 7") == [
        "/models/churn/versions/7/",
        "/models/churn%207/",
    ]


def test_few_are_offered_in_few_queries(reader: Client) -> None:
    make_version(model=make_model(name="churn"), number=1)
    few = query_count(reader, "/jump/?q=churn+1")
    for n in range(30):
        make_version(model=make_model(name=f"churn 1 {n}"), number=1)

    assert len(offered(reader, "churn 1")) == MOST_TARGETS
    assert len(offered(reader, "churn")) == MOST_TARGETS
    assert query_count(reader, "/jump/?q=churn+1") == few


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "\x00", "", "   ", "x" * 300])
def test_nothing_in_it_is_special(reader: Client, text: str) -> None:
    make_model(name="churn")

    assert offered(reader, text) == []


def test_what_was_typed_is_plain_text(reader: Client) -> None:
    response = reader.get("/jump/", {"q": "<script>"})

    assert "Nothing is called “&lt;script&gt;”" in response.content.decode()


def test_what_one_may_not_read_is_not_offered() -> None:
    make_version(model=make_model(name="churn"), number=7)
    user = make_user()
    grant(user, Level.CAN_READ, make_model(name="churn-mine"))

    assert offered(browser(user), "churn") == ["/models/churn-mine/"]
    assert offered(browser(user), "churn/7") == []


def test_what_is_gone_from_mlflow_is_not_offered(reader: Client) -> None:
    gone = timezone.now()
    make_version(model=make_model(name="churn", deleted_at=gone), number=7)
    make_version(model=make_model(name="live"), number=7, deleted_at=gone)

    assert offered(reader, "churn") == []
    assert offered(reader, "live/7") == []


def test_a_model_called_jump_keeps_its_page(reader: Client) -> None:
    make_model(name="jump")

    assert offered(reader, "jump") == ["/models/jump/"]
    assert reader.get("/models/jump/").status_code == 200
