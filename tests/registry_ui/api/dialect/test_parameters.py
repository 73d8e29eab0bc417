"""What a call says, wherever and however it says it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import RequestFactory

from registry_ui.api.dialect.parameters import (
    Id,
    MalformedBodyError,
    PageSize,
    Parameters,
    Texts,
    Truth,
    read_parameters,
)
from registry_ui.api.texts import Text
from registry_ui.errors import ActionError

FORM = "application/x-www-form-urlencoded"  # curl's, with `-d`


class Inner(Parameters):
    url: Text
    is_checked: Truth = True


class Outer(Parameters):
    REPEATED = frozenset({"events"})

    id: Id
    events: Texts = ()
    max_results: PageSize = 1000
    text: Text = ""
    inner: Inner | None = None


def read(
    body: object = "",
    *,
    query: str = "",
    method: str = "POST",
    kind: str = FORM,
    parts: Mapping[str, str] | None = None,
) -> Outer:
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    request = RequestFactory().generic(method, f"/x?{query}", data, kind)
    return read_parameters(request, Outer, parts or {})


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        FORM,
        "",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=hex",
        "application/json; charset=nonsense",
    ],
)
def test_a_body_is_json_whatever_the_method_and_the_content_type(
    method: str, kind: str
) -> None:
    given = read({"id": "é", "events": ["A", "B"]}, method=method, kind=kind)

    assert given == Outer(id="é", events=("A", "B"))


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_query_says_the_same(method: str) -> None:
    given = read(query="id=%C3%A9&events=A&events=B&max_results=7", method=method)

    assert given == Outer(id="é", events=("A", "B"), max_results=7)


@pytest.mark.parametrize("kind", ["text/plain; charset=hex", "text/plain; charset=x"])
def test_a_query_is_utf_8_whatever_charset_is_named(kind: str) -> None:
    assert read(query="id=%C3%A9", kind=kind).id == "é"


def test_query_and_body_together_make_one_call() -> None:
    assert read({"events": ["A"]}, query="id=1") == Outer(id="1", events=("A",))


def test_nobody_guesses_which_of_two_values_counts() -> None:
    with pytest.raises(ActionError, match="`id` stands in the address already"):
        read({"id": "1"}, parts={"id": "2"})
    with pytest.raises(ActionError, match="`id` stands in the query and in the body"):
        read({"id": "a"}, query="id=b")
    with pytest.raises(ActionError, match="`id` stands in the query more than once"):
        read(query="id=a&id=b")


def test_null_is_absence() -> None:
    given = read({"id": "1", "events": None, "inner": {"url": "u", "is_checked": None}})

    assert given == Outer(id="1", inner=Inner(url="u"))


def test_values_are_taken_in_the_forms_that_scripts_send_them_in() -> None:
    given = read(
        {
            "id": 12345678901234567890,
            "events": "A",
            "max_results": "20",
            "inner": {"url": "u", "is_checked": "false"},
        }
    )

    assert given.id == "12345678901234567890"
    assert given.events == ("A",)
    assert given.max_results == 20
    assert given.inner == Inner(url="u", is_checked=False)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"id=1",
        b"\xff\xfe{\x00}\x00",
        b'{"id": "\xe9"}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"id":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"id": ' + b"9" * 10_000 + b"}",
        b'{"id": NaN}',
        b'{"id": -Infinity}',
        b"{'id': 1}",
        b"\x1f\x8b\x08\x00",
        b"\x00",
    ],
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBodyError):
        read(body)


@pytest.mark.parametrize("body", ["[]", "3", '"text"', "null", "true"])
def test_what_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(ActionError, match="Send a JSON object as body"):
        read(body)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "`id` is missing."),
        ({"id": None}, "`id` is missing."),
        ({"id": True}, "`id`: Input should be a valid string."),
        ({"id": 1.5}, "`id`: Input should be a valid string."),
        ({"id": {}}, "`id`: Input should be a valid string."),
        ({"id": "\0"}, "`id`: This holds a NUL character, which cannot be stored."),
        ({"id": "\ud800"}, "`id`: This holds half of a surrogate pair"),
        ({"id": "1", "events": [1]}, "`events.0`: Input should be a valid string."),
        ({"id": "1", "events": {}}, "`events`: Input should be a valid tuple."),
        ({"id": "1", "max_results": 0}, "`max_results`: Input should be greater"),
        ({"id": "1", "max_results": 1001}, "`max_results`: Input should be less"),
        ({"id": "1", "max_results": "1e3"}, "`max_results`: This is not a whole"),
        ({"id": "1", "max_results": "9" * 5000}, "`max_results`: This is not a whole"),
        ({"id": "1", "max_results": 10**400}, "`max_results`: Input should be less"),
        ({"id": "1", "max_results": 1.0}, "`max_results`: Input should be a valid int"),
        ({"id": "1", "max_results": True}, "`max_results`: Input should be a valid in"),
        ({"id": "1", "inner": []}, "`inner`: Input should be a valid dictionary"),
        ({"id": "1", "inner": {}}, "`inner.url` is missing."),
        (
            {"id": "1", "inner": {"url": "u", "is_checked": "yes"}},
            "`inner.is_checked`: Input should be a valid boolean.",
        ),
        ({"id": "1", "inner": {"url": "u", "x": 1}}, "There is no field `inner.x`."),
        (
            {"id": "1", "modelname": "churn"},
            "There is no field `modelname`; known: id, events, max_results, text,",
        ),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ActionError) as caught:
        read(body)

    assert sentence in str(caught.value)


def test_a_thousand_faults_are_not_all_told() -> None:
    with pytest.raises(ActionError) as caught:
        read({f"field{n}": n for n in range(1000)})

    assert str(caught.value).count("There is no field") < 10
