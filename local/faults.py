"""Injects faults of DynamoDB and SQS: the functions reach the emulator through this proxy."""

import http.client
import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from chime_simulator.faults import LATER, NOW, Fault, Faults

from local.serving import LocalServer, ServerThread

OPERATIONS = {
    *("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"),
    *("GetQueueAttributes", "SendMessage"),
}
ERRORS = {500: "InternalServerError", 503: "ServiceUnavailable"}
FAULTS = "/_simulator/faults"
SECONDS = 30
_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length"}

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class FaultProxy:
    """A proxy on threads of this process. It forwards each call to the emulator unless a fault is due for it."""

    def __init__(self, port: int, emulator_port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.emulator_port = emulator_port
        self._faults = Faults(OPERATIONS, set(ERRORS))
        self._lock = threading.Lock()
        self._serving = ServerThread(_Server(("127.0.0.1", port), self), "faults")

    def start(self) -> "FaultProxy":
        self._serving.start()
        return self

    def stop(self) -> None:
        """Stops the proxy, even if it was not started."""
        self._serving.stop()

    def order(self, document: Any) -> list[Json]:
        """Adds a fault, and returns the faults that are still due. Raises `ValueError` if the request makes no
        sense.
        """
        if not isinstance(document, dict):
            raise ValueError("the body must be a JSON object")
        with self._lock:
            self._faults.add(document)
            return self._faults.active()

    def active(self) -> list[Json]:
        with self._lock:
            return self._faults.active()

    def take(self, operation: str) -> Fault | None:
        with self._lock:
            return self._faults.take(operation, None, None)


class _Server(LocalServer):
    def __init__(self, address: tuple[str, int], proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        if self.path == FAULTS:
            self._say(200, {"faults": self.server.proxy.active()})
        else:
            self._send(self._handed_on(b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == FAULTS:
            self._ordered(body)
            return
        fault = self.server.proxy.take(self.headers.get("X-Amz-Target", "").rpartition(".")[2])
        answer = self._handed_on(body) if fault is None else self._faulty(fault, body)
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer)

    def log_message(self, *_: object) -> None:
        """Logs nothing: the functions log their calls."""

    def _ordered(self, body: bytes) -> None:
        try:
            self._say(200, {"faults": self.server.proxy.order(json.loads(body))})
        except ValueError as problem:
            self._say(400, {"error": str(problem)})

    def _faulty(self, fault: Fault, body: bytes) -> Answer | None:
        """The faulty answer; `None` if the connection is dropped."""
        time.sleep(fault.seconds("delayMs"))
        answer = self._handed_on(body) if fault.effect == NOW else None
        if fault.effect == LATER:
            _later(fault.seconds("effectAfterMs"), lambda: self._handed_on(body))
        if fault.is_error:
            said = {"__type": ERRORS[fault.order["status"]], "message": "ordered"}
            return Answer(fault.order["status"], [("Content-Type", "application/json")], json.dumps(said).encode())
        return None if fault.drops else answer

    def _handed_on(self, body: bytes) -> Answer:
        """The emulator's answer. The headers are forwarded unchanged, because the signature covers them."""
        emulator = http.client.HTTPConnection("127.0.0.1", self.server.proxy.emulator_port, timeout=SECONDS)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            emulator.request(self.command, self.path, body, headers)
            said = emulator.getresponse()
            kept = [(name, value) for name, value in said.getheaders() if name.lower() not in _OF_ONE_CONNECTION]
            return Answer(said.status, kept, said.read())
        finally:
            emulator.close()

    def _say(self, status: int, document: Json) -> None:
        self._send(Answer(status, [("Content-Type", "application/json")], json.dumps(document).encode()))

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


def _later(seconds: float, do: Any) -> None:
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    timer.start()
