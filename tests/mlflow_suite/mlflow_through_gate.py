"""A pytest plugin of MLflow's own tests: their registry calls go through the gate.

It runs among MLflow's tests, whose package is called `tests`, too: so it is loaded by
its bare name and imports nothing of ours. `python -m tests.mlflow_suite` starts both.
"""

import os
from collections.abc import Callable, Generator
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import mlflow
import pytest
import requests
from mlflow.store.model_registry.rest_store import RestStore
from mlflow.utils.rest_utils import MlflowHostCreds

REGISTRY_CALLS = tuple(
    f"/{root}/mlflow/{group}"
    for root in ("api/2.0", "ajax-api/2.0", "api/2.0/preview", "api/3.0")
    for group in ("registered-models", "model-versions", "webhooks", "server-info")
)
STORE_TESTS = "test_sqlalchemy_store.py"
"""Of a store without a server: they get one that asks a server."""
DATABASE_TESTS = (
    "genai/prompts/test_prompts.py",
    "tracking/test_client.py",
    "_model_registry/test_model_registry_fluent.py",
)
"""They work on a database: they get a registry that asks a server of it."""


class Control(BaseManager):
    """The way to the process that runs MLflow and Signoff."""


Control.register("control")


class Registry:
    """Where the registry of the test under way is, and the gate if it goes there."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        manager = Control((host, int(port)), authkey=b"mlflow suite")
        manager.connect()
        self.control: Any = manager.control()  # type: ignore[attr-defined]
        self.gate, self.token = self.control.gate()
        self.request = requests.Session.request
        self.behind: str | None = None

    def serve(self, database: Path) -> str:
        """Return the address of a server of this database."""
        self.behind = None
        address: str = self.control.serve(str(database))
        return address

    def send(
        self, session: requests.Session, method: str, url: str, **how: Any
    ) -> requests.Response:
        """Send to the gate what is a call of the registry."""
        parts = urlsplit(url)
        if parts.path.startswith(REGISTRY_CALLS):
            server = f"{parts.scheme}://{parts.netloc}"
            if server != self.behind:
                self.control.stand_before(server)
                self.behind = server
            url = f"{self.gate}{parts.path}{parts.query and f'?{parts.query}'}"
            credentials = {"Authorization": f"Bearer {self.token}"}
            how["headers"] = {**(how.get("headers") or {}), **credentials}
        return self.request(session, method, url, **how)


def pytest_configure(config: pytest.Config) -> None:
    registry = Registry(os.environ["SIGNOFF_SUITE_CONTROL"])
    config.pluginmanager.register(Serving(registry))
    if registry.gate:

        def send(session: requests.Session, method: str, url: str, **how: Any) -> Any:
            return registry.send(session, method, url, **how)

        requests.Session.request = send  # type: ignore[assignment]


class Serving:
    """Puts a server between the tests that have none and their database."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, Any, Any]:
        value = yield
        substitute = self._substitute(fixturedef.argname, request.node.nodeid)
        if substitute is None or value is None:
            return value
        value = substitute(value)
        _, key, error = fixturedef.cached_result or (None, None, None)
        fixturedef.cached_result = (value, key, error)  # type: ignore[assignment]
        return value

    def _substitute(self, fixture: str, test: str) -> Callable[[Any], Any] | None:
        if fixture == "store" and STORE_TESTS in test:
            return self._rest_store
        if fixture == "tracking_uri_mock" and any(
            one in test for one in DATABASE_TESTS
        ):
            return self._with_registry
        return None

    def _rest_store(self, store: Any) -> RestStore:
        address = self._serve(store.db_uri)
        credentials = MlflowHostCreds(address)  # type: ignore[no-untyped-call]
        return RestStore(lambda: credentials)  # type: ignore[no-untyped-call]

    def _with_registry(self, tracking_uri: str) -> str:
        mlflow.set_registry_uri(self._serve(tracking_uri))
        return tracking_uri

    def _serve(self, uri: str) -> str:
        return self.registry.serve(Path(uri.removeprefix("sqlite:///")))


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Of the store's cases keep those whose workspaces are as the server's."""
    kept = f"workspace-{os.environ['SIGNOFF_SUITE_WORKSPACES']}"
    elsewhere = [
        item for item in items if STORE_TESTS in item.nodeid and kept not in item.nodeid
    ]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]
