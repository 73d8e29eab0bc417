"""MLmodel files as people and attackers write them."""

import json

import pytest

from registry_ui.mlflow_client import MLflowUnreadable
from registry_ui.mlflow_client.model_file import parse_model_file, parse_requirements

BILLION_LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_the_smallest_file_has_no_signature_and_no_size() -> None:
    file = parse_model_file(b"flavors: {sklearn: {code: null}}\n")

    assert file.signature is None
    assert file.flavors == {"sklearn": {"code": None}}
    assert file.model_size_bytes is None
    assert (file.python_version, file.model_id, file.run_id) == ("", "", "")
    assert not file.has_input_example


def test_what_json_and_databases_lack_is_replaced() -> None:
    content = b'flavors: {f: {a: .nan, b: -.inf, c: 2026-01-02, d: "x\\0y", 1: [2]}}\n'

    flavors = parse_model_file(content).flavors

    assert flavors == {
        "f": {
            "a": "NaN",
            "b": "-Infinity",
            "c": "2026-01-02",
            "d": "x\ufffdy",
            "1": [2],
        }
    }
    json.dumps(flavors, allow_nan=False).encode()


def test_a_signature_is_unpacked_from_its_json_texts() -> None:
    content = b"""
flavors: {}
signature:
  inputs: '[{"type": "double", "name": "x\\u0000", "required": true}]'
  outputs: null
"""

    signature = parse_model_file(content).signature

    assert signature == {
        "inputs": [{"type": "double", "name": "x\ufffd", "required": True}],
        "outputs": None,
        "params": None,
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just text",
        b"flavors: [a]",
        b"a: b: c",
        b"\xff\xfe",
        b"flavors: !!python/object/apply:os.system [id]",
        b"flavors: {}\nsignature: {inputs: 'not json'}",
        b"flavors: {}\nsignature: {inputs: '" + b"[" * 100_000 + b"'}",
        b"flavors: " + b"[" * 200_000,
        b"flavors: &x {again: *x}",
        b"flavors: {}\n" + BILLION_LAUGHS.encode(),
        b"flavors: {when: 2026-99-99}",
        b"flavors: {? [a] : b}",
        b"<!doctype html><title>Sign in</title>",
    ],
    ids=lambda content: repr(content[:40]),
)
def test_what_is_no_model_file_or_means_harm_is_unreadable(content: bytes) -> None:
    with pytest.raises(MLflowUnreadable, match=r"MLmodel file"):
        parse_model_file(content)


def test_requirements_lose_comments_and_empty_lines() -> None:
    content = b"numpy==2.1\r\n\n  # pinned\n pandas>=2 \nb\xffd\n"

    assert parse_requirements(content) == ["numpy==2.1", "pandas>=2", "b\ufffdd"]
