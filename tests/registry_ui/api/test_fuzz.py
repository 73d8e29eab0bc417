"""Nonsense to every call of programs: it is refused in the one form, and does nothing.

The tables of operations are what is fuzzed, so a new operation needs no test here.
"""

import gzip
import json
import re
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from registry_ui.api.dialect import comments, databricks, permissions
from registry_ui.api.dialect import transition_requests as requests
from registry_ui.api.dialect.operations import PREFIX, PREVIEW_PREFIX, Operation
from registry_ui.api.gateway import table
from tests.factories import make_model, make_token, make_user, make_version
from tests.registry_ui.mlflow_client.raw_server import http, raw_server
from webhooks_ui.api import registry_webhooks

_REFUSAL = http("400 Bad Request", b'{"error_code": "BAD_REQUEST", "message": "No."}')
_BELOW = {
    "/api/2.0/": permissions.OPERATIONS,
    f"/{PREFIX}": (
        *databricks.OPERATIONS,
        *requests.OPERATIONS,
        *comments.OPERATIONS,
        *registry_webhooks.OPERATIONS,
        *table.OPERATIONS,
    ),
    f"/{PREVIEW_PREFIX}": registry_webhooks.OPERATIONS,
    "/api/3.0/mlflow/": table.SERVER_OPERATIONS,
}
CALLS = [(f"{at}{one.path}", one) for at, group in _BELOW.items() for one in group]
every_call = pytest.mark.parametrize(
    ("path", "operation"), CALLS, ids=[f"{o.method} {path}" for path, o in CALLS]
)

STATUSES = {400, 403, 404}
CODES = {
    "BAD_REQUEST",
    "ENDPOINT_NOT_FOUND",
    "INVALID_PARAMETER_VALUE",
    "MALFORMED_REQUEST",
    "PERMISSION_DENIED",
    "REQUEST_LIMIT_EXCEEDED",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_DOES_NOT_EXIST",
    "TEMPORARILY_UNAVAILABLE",
}
_INTERNALS = re.compile(
    r"Traceback|File \"|site-packages|pydantic|django|sqlite|psycopg|urllib3"
    r"|\bSELECT\b|\bINSERT\b|0x[0-9a-f]{6}|\b[A-Z][A-Za-z]+(?:Error|Exception)\b"
)
_HANGS_AFTER_SECONDS = 120
PLAIN = {
    "name": "churn",
    "version": "1",
    "stage": "Production",
    "key": "owner",
    "alias": "champion",
    "source": "s3://bucket/model",
    "new_name": "other",
    "comment": "Because.",
    "creator": "ada",
    "archive_existing_versions": False,
    "events": ["MODEL_VERSION_CREATED"],
}
"""What would do where a call takes it."""
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    10**400,
    2**63,
    "",
    " \t\r\n",
    "a\0b",
    "\ud800",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "../../etc/passwd",
    "%00%ff%",
    "' OR 1=1 --",
    "x" * 100_000,
    [],
    {},
    [[None]],
    [{"a": [{}]}] * 1000,
    {"": {"": ""}},
)
_DEEP = b"[" * 10_000 + b"]" * 10_000
BODIES: dict[str, bytes] = {
    "blank": b" \r\n\t",
    "NUL": b"\0",
    "BOM alone": b"\xef\xbb\xbf",
    "BOM twice": b"\xef\xbb\xbf\xef\xbb\xbf{}",
    "not UTF-8": b'{"name": "\xc3\x28"}',
    "overlong UTF-8": b'{"name": "\xc0\x80"}',
    "surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "UTF-16": '{"name": "churn"}'.encode("utf-16"),
    "UTF-32": '{"name": "churn"}'.encode("utf-32"),
    "gzip": gzip.compress(b'{"name": "churn"}'),
    "form": b"name=churn&version=1",
    "array": b'[{"name": "churn"}]',
    "number": b"1e999",
    "Infinity": b'{"name": -Infinity}',
    "two documents": b"{}{}",
    "comma": b'{"name": "churn",}',
    "single quotes": b"{'name': 'churn'}",
    "key twice": b'{"name": "churn", "name": "other", "version": 0}',
    "deep lists": b'{"name": ' + _DEEP + b"}",
    "deep objects": b'{"name":' * 10_000 + b"1" + b"}" * 10_000,
    "many keys": json.dumps({f"k{n}": n for n in range(20_000)}).encode(),
    "1 MB": json.dumps(PLAIN | {"name": "x" * 1_000_000}).encode(),
    "digits": b'{"version": ' + b"9" * 100_000 + b"}",
}
QUERIES: dict[str, str] = {
    "percent": "name=%&version=%zz&%",
    "not UTF-8": "name=%ff%fe&%c3%28=%80",
    "NUL": "name=%00&version=%00",
    "surrogate": "name=%ed%a0%80",
    "twice": "name=churn&name=other&version=1&version=2",
    "deep": urlencode({"name": _DEEP.decode()}),
    "long": urlencode({"name": "x" * 1_000_000}),
    "many": "&".join(f"k{n}=1" for n in range(5_000)),
    "brackets": "name[]=churn&name[a]=b&order_by=&stages=&max_results=9e9",
    "nothing": "&&=&=;",
}
HEADERS: tuple[dict[str, str], ...] = (
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary=" + "x" * 1000},
    {"Content-Type": "application/json; charset=nonsense"},
    {"Content-Type": "application/x-www-form-urlencoded; charset=utf-7"},
    {"Content-Encoding": "gzip"},
    {"Accept": "text/html", "Accept-Language": "x" * 10_000},
    {"X-HTTP-Method-Override": "DELETE", "X-MLFLOW-WORKSPACE": "\xff"},
    {"Host": "a b", "X-Forwarded-Host": "evil.example.com"},
    {"If-Match": "\xff\xfe", "Idempotency-Key": "x" * 10_000, "Range": "bytes=9-1"},
)

pytestmark = pytest.mark.django_db


class Fuzzer:
    """An administrator, whom nothing but the nonsense keeps from anything."""

    def __init__(self) -> None:
        _, secret = make_token(user=make_user(username="ada", is_superuser=True))
        # A crash is an answer, too: what its caller would get is looked at.
        self._client = Client(
            headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False
        )
        self._before = _rows()

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        query: str = "",
        headers: dict[str, str] | None = None,
    ) -> int:
        """Call and judge the answer; take back what was done where it succeeded."""
        path = re.sub(r"<\w+:\w+>", "1", path)
        given = {"Content-Type": "application/json"} | (headers or {})
        kind = given.pop("Content-Type")
        # Not `atomic`: what is durable would not run inside.
        point = transaction.savepoint()
        answer: Any = self._client.generic(
            method, path, body, kind, headers=given, QUERY_STRING=query
        )
        if answer.status_code == 200:
            transaction.savepoint_rollback(point)
        else:
            transaction.savepoint_commit(point)
            self._judge(answer)
        return int(answer.status_code)

    def _judge(self, answer: Any) -> None:
        text = answer.content.decode()
        assert answer.status_code in STATUSES, text
        assert answer["Content-Type"].startswith("application/json")
        content = json.loads(text)
        assert content.keys() == {"error_code", "message"}
        assert content["error_code"] in CODES
        assert isinstance(content["message"], str)
        assert content["message"]
        assert len(text) < 10_000
        assert not _INTERNALS.search(text), text

    def check_nothing_changed(self) -> None:
        """No error left a row behind, or took one away."""
        assert _rows() == self._before


def _rows() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for app in ("registry_ui", "webhooks_ui")
        for model in apps.get_app_config(app).get_models()
    }


@pytest.fixture
def fuzzer(settings: Settings) -> Iterator[Fuzzer]:
    """Sends nonsense where MLflow, too, refuses all; a hang is an error, not a wait."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"no answer within {_HANGS_AFTER_SECONDS} s")

    make_version(model=make_model(name="churn"))
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(_HANGS_AFTER_SECONDS)
    try:
        with raw_server(_REFUSAL) as mlflow:
            settings.MLFLOW_REGISTRY_URI = mlflow.uri
            settings.DEFAULT_POLICY = "four-eyes"  # so nobody moves anything
            fuzzer = Fuzzer()
            yield fuzzer
            fuzzer.check_nothing_changed()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def plain_call(operation: Operation[Any]) -> dict[str, Any]:
    """Return a call that would do, as far as the names of its fields tell."""
    fields = operation.parameters.model_fields
    return {name: value for name, value in PLAIN.items() if name in fields}


@every_call
def test_wrong_values(path: str, operation: Operation[Any], fuzzer: Fuzzer) -> None:
    plain = plain_call(operation)

    for field in operation.parameters.model_fields:
        for value in WRONG:
            body = json.dumps({**plain, field: value}).encode()
            fuzzer.send(operation.method, path, body)
        left_out = {name: plain[name] for name in plain if name != field}
        fuzzer.send(operation.method, path, json.dumps(left_out).encode())
        fuzzer.send(operation.method, path, json.dumps(plain).encode(), f"{field}=1")


@every_call
def test_unreadable_bodies_and_queries(
    path: str, operation: Operation[Any], fuzzer: Fuzzer
) -> None:
    for body in BODIES.values():
        fuzzer.send(operation.method, path, body)
    for query in QUERIES.values():
        fuzzer.send(operation.method, path, query=query)


@every_call
def test_odd_headers_methods_and_addresses(
    path: str, operation: Operation[Any], fuzzer: Fuzzer
) -> None:
    plain = json.dumps(plain_call(operation)).encode()
    served = {other.method for where, other in CALLS if where == path}

    for headers in HEADERS:
        fuzzer.send(operation.method, path, plain, headers=headers)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "X"} - served:
        assert fuzzer.send(method, path, plain) == 404
    for end in ("/", "//", "%00", "/..", "%2f", "\N{SNOWMAN}", "x" * 100_000):
        fuzzer.send(operation.method, f"{path}{end}", plain)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@every_call
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    # Each example leaves the database as it was; that is what is tested.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_else_there_is(
    path: str, operation: Operation[Any], fuzzer: Fuzzer, data: st.DataObject
) -> None:
    fields = sorted(operation.parameters.model_fields) or ["name"]
    odd = data.draw(st.dictionaries(st.sampled_from(fields), _JSON, min_size=1))
    more = data.draw(st.dictionaries(st.text(), _JSON, max_size=2))
    noise = data.draw(st.binary(max_size=40))
    query = data.draw(st.text("abc%=&+;[]09fF\xff", max_size=20))

    body = json.dumps({**plain_call(operation), **odd, **more}).encode()
    fuzzer.send(operation.method, path, body)
    fuzzer.send(operation.method, path, noise, query)
