"""Each snippet of docs/whole-server.md sends every call of the gate to Signoff."""

import re

import pytest
import yaml

from registry_ui.api.dialect.operations import PREFIX, PREVIEW_PREFIX
from registry_ui.api.gateway.operations import AJAX_PREFIX
from registry_ui.api.gateway.table import OPERATIONS
from tests.browser.whole_server import snippet

PATTERNS = {
    "nginx": r"location ~ (\S+) \{",
    "caddyfile": r"@registry path_regexp (\S+)",
    "yaml": r'regex: "(/mlflow/\S+)"',
}


@pytest.mark.parametrize("language", PATTERNS)
@pytest.mark.parametrize("prefix", [PREFIX, PREVIEW_PREFIX, AJAX_PREFIX])
def test_the_proxy_sends_every_call_of_the_gate(language: str, prefix: str) -> None:
    first = re.search(PATTERNS[language], snippet(language))
    assert first is not None
    # Envoy's has to match the whole path, the others find it.
    match = re.fullmatch if language == "yaml" else re.search
    paths = {re.sub("<.*?>", "1", operation.path) for operation in OPERATIONS}

    missed = [p for p in paths if not match(first[1], f"/mlflow/{prefix}{p}")]

    assert not missed
    assert not match(first[1], f"/mlflow/{prefix}runs/search")


def test_envoys_snippet_strips_what_signoff_knows_people_by() -> None:
    (host,) = yaml.safe_load(snippet("yaml"))["route_config"]["virtual_hosts"]
    to_mlflow = [
        route
        for route in host["routes"]
        if route.get("route", {}).get("cluster") == "mlflow"
    ]

    assert len(to_mlflow) == 3
    for route in to_mlflow:
        assert {"cookie", "authorization"} <= set(route["request_headers_to_remove"])
        assert "typed_per_filter_config" not in route
