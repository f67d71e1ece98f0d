"""A bus that accepts PutEvents and records the entries."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class BusServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.largest_call = 0
        self.open = threading.Event()  # while it is not set, every call waits
        self.open.set()
        super().__init__(("127.0.0.1", 0), BusHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self.shutdown()
        self.server_close()


class BusHandler(BaseHTTPRequestHandler):
    server: BusServer

    def do_POST(self) -> None:
        entries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["Entries"]
        self.server.open.wait(60)
        self.server.largest_call = max(self.server.largest_call, len(entries))
        self.server.entries.extend(entries)
        ids = [{"EventId": str(number)} for number, _ in enumerate(entries)]
        body = json.dumps({"FailedEntryCount": 0, "Entries": ids}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Logs nothing."""
