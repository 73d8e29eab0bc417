"""The page that says what a receiver should check."""

import html
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db

ROOT = Path(settings.BASE_DIR)
FILES = {
    "python": "verify.py",
    "node": "verify.mjs",
    "go": "verify.go",
    "shell": "verify.sh",
}


@pytest.fixture
def reader(client: Client) -> Client:
    """Somebody who is signed in and manages nothing."""
    client.force_login(make_user())
    return client


@pytest.mark.parametrize(("language", "file_name"), FILES.items())
def test_the_page_shows_the_code_that_is_tested(
    reader: Client, language: str, file_name: str
) -> None:
    page = reader.get(f"/webhooks/receivers/?language={language}").content.decode()

    (shown,) = re.findall(r'<pre id="recipe"[^>]*>(.*?)</pre>', page, re.DOTALL)
    code = (ROOT / "docs" / "receivers" / file_name).read_text("utf-8")
    assert html.unescape(shown) == code


def test_the_document_names_every_file_of_code_and_no_other() -> None:
    document = (ROOT / "docs" / "receivers.md").read_text("utf-8")
    folder = ROOT / "docs" / "receivers"
    files = {path.name for path in folder.iterdir() if path.is_file()}

    linked = set(re.findall(r"\(receivers/([\w.]+)\)", document))

    assert linked == files == set(FILES.values())


def test_the_six_things_are_the_same_on_the_page_and_in_the_document(
    reader: Client,
) -> None:
    page = reader.get("/webhooks/receivers/").content.decode()
    document = (ROOT / "docs" / "receivers.md").read_text("utf-8")

    on_page = re.findall(r"<li><strong>(.+?)</strong>", page)
    in_document = re.findall(r"^\d\. \*\*(.+?)\*\*", document, re.MULTILINE)

    assert len(on_page) == 6
    assert on_page == in_document


def test_another_language_swaps_the_code_alone(reader: Client) -> None:
    swapped = reader.get(
        "/webhooks/receivers/?language=go", headers={"HX-Request": "true"}
    ).content.decode()

    assert "package main" in swapped
    assert "<h1" not in swapped


def test_a_language_that_there_is_not_shows_the_first(reader: Client) -> None:
    page = reader.get("/webhooks/receivers/?language=cobol")

    assert page.status_code == 200
    assert "verify.py" in page.content.decode()
