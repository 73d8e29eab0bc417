"""What the bench records of our client's traffic with MLflow."""

import pytest

from bench.exchanges import Exchanges, recorded
from registry_ui.mlflow_client import MLflowClient
from tests.mlflow_server import MLflowServer


def test_time_in_which_two_exchanges_overlap_counts_once() -> None:
    exchanges = Exchanges(times=[(5.0, 6.0), (0.0, 2.0), (1.0, 3.0), (1.5, 1.75)])

    assert exchanges.waited_seconds() == pytest.approx(4.0)


def test_requests_can_be_left_out_with_their_times() -> None:
    exchanges = Exchanges(
        [("GET", "/a/file?x=1", None), ("POST", "/b", "{}")], [(0.0, 1.0), (1.0, 3.0)]
    )

    kept = exchanges.without("/file")

    assert kept.requests == [("POST", "/b", "{}")]
    assert kept.waited_seconds() == pytest.approx(2.0)


def test_each_request_is_recorded_as_it_was_sent(mlflow_server: MLflowServer) -> None:
    client = MLflowClient(mlflow_server.uri)

    with recorded() as exchanges:
        client.get_runs(["0" * 32])
    client.get_runs(["1" * 32])

    (_, _, experiments), (method, path, body) = exchanges.requests
    assert experiments is not None
    assert (method, path) == ("POST", "/api/2.0/mlflow/runs/search")
    assert body is not None
    assert "0" * 32 in body
