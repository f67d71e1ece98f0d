"""The HTTP/1.1 server: connections stay open, with a thread for each."""

import json
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from chime_simulator.control import PREFIX, Control
from chime_simulator.events import EventFeed
from chime_simulator.model import Request
from chime_simulator.permissions import Permissions
from chime_simulator.rules import check_control_region
from chime_simulator.settings import Settings
from chime_simulator.simulation import Answer, Outcome, Simulation
from chime_simulator.state import StateFile

log = logging.getLogger(__name__)


class ChimeServer(ThreadingHTTPServer):
    """The server. It keeps a list of its open connections to close them at the end: clients never do."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], simulation: Simulation) -> None:
        self.simulation = simulation
        self.control = Control(simulation)
        self.closing = threading.Event()
        self._open: set[Any] = set()
        self._changed = threading.Condition()
        super().__init__(address, ChimeHandler)

    def server_bind(self) -> None:
        """Binds without looking up the host's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def end_connections(self) -> None:
        self.closing.set()
        with self._changed:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client has closed it
            self._changed.wait_for(lambda: not self._open, timeout=5)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        """Reports a bug of the simulator. A caller that stopped waiting is ignored."""
        gave_up = isinstance(sys.exception(), ConnectionError)
        log.log(logging.DEBUG if gave_up else logging.ERROR, "connection of %s ended", client_address, exc_info=True)


class ChimeHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ChimeSimulator"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    server: ChimeServer

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        outcome = self._outcome(request)
        if outcome.delay:
            self.server.closing.wait(outcome.delay)
        if outcome.answer is None:
            self.close_connection = True
        else:
            self._send(outcome.answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def _outcome(self, request: Request) -> Outcome:
        if request.target.startswith(PREFIX):
            return Outcome(self.server.control.handle(request))
        try:
            return self.server.simulation.handle(request)
        except Exception:
            log.exception("the simulator failed at %s %s", request.method, request.target)
            body = {"Code": "ServiceFailure", "Message": "the simulator itself failed; see its log"}
            return Outcome(Answer(500, body, "ServiceFailureException"))

    def _send(self, answer: Answer) -> None:
        request_id = str(uuid4())
        document = answer.body if answer.error is None else {**(answer.body or {}), "RequestId": request_id}
        body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode()
        self.send_response(answer.status)
        self.send_header("x-amzn-RequestId", request_id)
        if answer.error:
            self.send_header("x-amzn-ErrorType", answer.error)
        if answer.status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        log.debug(format, *args)


class ChimeSimulator:
    """A simulator that listens from `start` to `stop`, or for the length of a `with` block.

    `clock` gives seconds since 1970 and drives quotas, time stamps and the end of meetings; delays and late effects
    take real time. `port` 0 takes any free port. `state` is a file that keeps the meetings for the next simulator.
    """

    def __init__(  # noqa: PLR0913 - one for each option of the command line
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        region: str = "us-east-1",
        account: str = "000000000000",
        settings: Settings | None = None,
        events_endpoint: str | None = None,
        event_source: str = "chime.simulator",
        event_bus: str = "default",
        iam_endpoint: str | None = None,
        state: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        check_control_region(region)
        self._address = (host, port)
        self._feed = EventFeed(events_endpoint, event_source, event_bus, region)
        permissions = Permissions(iam_endpoint, region, account)
        kept = StateFile(state) if state else None
        self._simulation = Simulation(region, account, settings or Settings(), self._feed, clock, permissions, kept)
        self._server: ChimeServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        if not self._server:
            raise RuntimeError("the simulator has not been started")
        return f"http://{self._server.server_name}:{self._server.server_port}"

    def start(self) -> Self:
        """Raises `OSError` if the port is taken, and `ValueError` if the file `state` is not a simulator's."""
        self._simulation.load()
        self._server = ChimeServer(self._address, self._simulation)
        self._feed.start()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="chime", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        if not self._server or not self._thread:
            return
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()
        self._feed.stop()
        self._simulation.reset()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
