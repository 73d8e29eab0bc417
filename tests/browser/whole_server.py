"""MLflow and Signoff on one origin, behind the proxies of docs/whole-server.md."""

import getpass
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from tests.mlflow_server import MLflowServer
from tests.running import RunningSignoff, free_port

PREFIX = "/mlflow"
PROXIES = ("nginx", "caddy", "envoy")
_DOCUMENT = Path(settings.BASE_DIR) / "docs" / "whole-server.md"
_ALL_OF_NGINX = """
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{}}
http {{
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/unused-fastcgi;
    uwsgi_temp_path {folder}/unused-uwsgi;
    scgi_temp_path {folder}/unused-scgi;
    access_log off;
    log_format seen escape=json '{{"method": "$request_method",
        "path": "$request_uri", "cookie": "$http_cookie", "origin": "$http_origin",
        "authorization": "$http_authorization", "referer": "$http_referer"}}';
    {snippet}
    server {{
        listen {recorder};
        access_log {folder}/seen.log seen;
        client_max_body_size 0;
        location / {{
            proxy_pass {mlflow};
        }}
    }}
}}
"""
_SEEN_BY_MLFLOW = "seen.log"


def program(name: str) -> str:
    """Return the path of an installed program; skips or fails where there is none."""
    ours = Path(sys.executable).parent  # Envoy is a package of the tests
    found = shutil.which(name) or shutil.which(name, path=f"{ours}:/usr/sbin:/sbin")
    if found is None:
        if os.environ.get("SIGNOFF_REQUIRE_ALL") == "1":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def snippet(language: str) -> str:
    """Return the document's only block in a language."""
    text = _DOCUMENT.read_text("utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return str(found)


@dataclass(slots=True)
class WholeServer:
    """The two behind all proxies at once, and what MLflow has been sent."""

    urls: dict[str, str]
    signoff: RunningSignoff
    mlflow: MLflowServer
    folder: Path
    proxies: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @classmethod
    def launch(cls, folder: Path) -> "WholeServer":
        """Start all of it and return when it is ready."""
        nginx, caddy, envoy = map(program, PROXIES)
        fronts = {name: f"127.0.0.1:{free_port()}" for name in PROXIES}
        recorder = f"127.0.0.1:{free_port()}"
        mlflow = MLflowServer.launch(
            folder / "mlflow", arguments=("--static-prefix", PREFIX)
        )
        signoff = RunningSignoff.launch(
            folder / "signoff",
            environment={
                "MLFLOW_TRACKING_URI": f"http://{recorder}{PREFIX}",
                "SIGNOFF_BASE_URL": f"http://{fronts['nginx']}",
                "SIGNOFF_DEFAULT_POLICY": "open",
            },
        )
        urls = {name: f"http://{front}" for name, front in fronts.items()}
        running = cls(urls, signoff, mlflow, folder)
        try:
            running._start(
                [nginx, "-p", str(folder), "-c"], _nginx_file(running, recorder)
            )
            running._start(
                [caddy, "run", "--adapter", "caddyfile", "--config"],
                _caddy_file(running, recorder),
            )
            running._start(
                [envoy, "--disable-hot-restart", "--concurrency", "1", "-c"],
                _envoy_file(running, recorder),
            )
            mlflow.uri += PREFIX
            mlflow.wait_until_ready()
            signoff.wait_until_ready()
        except BaseException:
            running.stop()
            raise
        return running

    def _start(self, command: list[str], content: str) -> None:
        file = self.folder / f"{Path(command[0]).name}.yaml"  # as Envoy wants it
        file.write_text(content)
        with file.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - the proxies, with our files
                [*command, str(file)],
                env={"HOME": str(self.folder), "PATH": os.environ["PATH"]},
                stdout=log,
                stderr=log,
            )
        self.proxies.append(process)

    def stop(self) -> None:
        """End all of it."""
        for proxy in self.proxies:
            proxy.terminate()
            proxy.wait(10)
        self.signoff.stop()
        self.mlflow.stop()

    def seen_by_mlflow(self) -> list[dict[str, str]]:
        """Return the calls that reached MLflow, oldest first."""
        text = (self.folder / _SEEN_BY_MLFLOW).read_text()
        calls = re.split(r"^\{", text, flags=re.MULTILINE)[1:]
        return [json.loads("{" + call) for call in calls]


def _nginx_file(server: WholeServer, recorder: str) -> str:
    """Return the document's snippet within a whole file, without TLS."""
    front = _address(server, "nginx")
    served = snippet("nginx").replace("listen 443 ssl", f"listen {front}")
    served = re.sub(r"(?m)^ +ssl_certificate.*\n", "", served)
    served = served.replace("http://signoff:8000", server.signoff.url)
    return _ALL_OF_NGINX.format(
        user=getpass.getuser(),
        folder=server.folder,
        snippet=served.replace("http://mlflow:5000", f"http://{recorder}"),
        recorder=recorder,
        mlflow=server.mlflow.uri,
    )


def _caddy_file(server: WholeServer, recorder: str) -> str:
    """Return the document's snippet, without TLS."""
    served = snippet("caddyfile").replace("signoff.example.com", server.urls["caddy"])
    served = served.replace("signoff:8000", server.signoff.url.removeprefix("http://"))
    return "{\n\tadmin off\n}\n" + served.replace("mlflow:5000", recorder)


def _envoy_file(server: WholeServer, recorder: str) -> str:
    """Return the document's snippet within a whole file, without TLS."""
    served = snippet("yaml").replace("signoff.example.com", _address(server, "envoy"))
    manager = yaml.safe_load(served.replace("mlflow:5000", recorder))
    manager["stat_prefix"] = "front"
    manager["@type"] = (
        "type.googleapis.com/envoy.extensions.filters.network"
        ".http_connection_manager.v3.HttpConnectionManager"
    )
    filters = [
        {
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": manager,
        }
    ]
    listener = {
        "address": _socket(_address(server, "envoy")),
        "filter_chains": [{"filters": filters}],
    }
    signoff = server.signoff.url.removeprefix("http://")
    clusters = [_cluster("signoff", signoff), _cluster("mlflow", recorder)]
    return yaml.safe_dump(
        {"static_resources": {"listeners": [listener], "clusters": clusters}}
    )


def _address(server: WholeServer, name: str) -> str:
    return server.urls[name].removeprefix("http://")


def _cluster(name: str, address: str) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _socket(address)}}
    return {
        "name": name,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }


def _socket(address: str) -> dict[str, Any]:
    host, _, port = address.partition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}
