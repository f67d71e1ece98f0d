"""The faults between functions and emulator: what is dropped, what is done all the same, and what passes untouched."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from local.faults import FaultProxy
from local.ports import Ports


class Emulator(ThreadingHTTPServer):
    """Answers every call, and remembers which came."""

    daemon_threads = True

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.called = threading.Condition()
        super().__init__(("127.0.0.1", 0), _Handler)

    def has(self, *calls: str) -> bool:
        with self.called:
            return self.called.wait_for(lambda: self.calls == list(calls), timeout=20)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Emulator

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.called:
            self.server.calls.append(self.headers["X-Amz-Target"].rpartition(".")[2])
            self.server.called.notify_all()
        said = json.dumps({"Item": {"pk": {"S": "x"}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    server = Emulator()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def proxy(emulator: Emulator) -> Iterator[FaultProxy]:
    running = FaultProxy(Ports.free().faults, emulator.server_address[1]).start()
    yield running
    running.stop()


@pytest.fixture
def dynamodb(proxy: FaultProxy) -> Iterator[Any]:
    made = boto3.client(
        "dynamodb",
        endpoint_url=proxy.url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    yield made
    made.close()


def order(proxy: FaultProxy, **fault: Any) -> httpx.Response:
    return httpx.post(f"{proxy.url}/_simulator/faults", json={"count": 1, **fault}, trust_env=False)


def get(dynamodb: Any) -> Any:
    return dynamodb.get_item(TableName="t", Key={"pk": {"S": "x"}})["Item"]


def test_calls_pass(dynamodb: Any, emulator: Emulator) -> None:
    assert get(dynamodb) == {"pk": {"S": "x"}}
    assert emulator.has("GetItem")


@pytest.mark.parametrize(("when", "calls"), [("before", []), ("after", ["GetItem"])])
def test_a_connection_is_dropped(
    proxy: FaultProxy, dynamodb: Any, emulator: Emulator, when: str, calls: list[str]
) -> None:
    get(dynamodb)
    assert order(proxy, operation="GetItem", dropConnection=when).status_code == 200
    with pytest.raises(ConnectionClosedError):
        get(dynamodb)
    assert emulator.has("GetItem", *calls)
    assert get(dynamodb) == {"pk": {"S": "x"}}


def test_what_was_cut_off_is_done_later(proxy: FaultProxy, dynamodb: Any, emulator: Emulator) -> None:
    order(proxy, operation="*", dropConnection="after", effectAfterMs=50)
    with pytest.raises(ConnectionClosedError):
        get(dynamodb)
    assert emulator.has("GetItem")


def test_an_error_is_answered(proxy: FaultProxy, dynamodb: Any, emulator: Emulator) -> None:
    order(proxy, operation="GetItem", status=503)
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        get(dynamodb)
    assert emulator.calls == []


def test_only_what_was_ordered_is_hit(proxy: FaultProxy, dynamodb: Any) -> None:
    order(proxy, operation="TransactWriteItems", dropConnection="before")
    assert get(dynamodb)
    left = httpx.get(f"{proxy.url}/_simulator/faults", trust_env=False).json()["faults"]
    assert left == [{"operation": "TransactWriteItems", "count": 1, "dropConnection": "before"}]


@pytest.mark.parametrize("wrong", [{"operation": "Guess"}, {"operation": "GetItem", "dropConnection": "sometimes"}])
def test_an_order_that_makes_no_sense(proxy: FaultProxy, wrong: dict[str, Any]) -> None:
    assert order(proxy, **wrong).status_code == 400
