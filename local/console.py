"""Serves the console: the files of `console/` unchanged, and the `config.json` that the stack would add.

Tokens pass through the same origin, so that the page connects to the API, the WebSocket and this server only.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from typing import Any

from infra.files import CONSOLE
from infra.resources.page import content_security_policy, origin_of
from local.serving import LocalServer, ServerThread

Answer = Callable[[bytes], tuple[int, object]]


class Console:
    """The server, on a thread of this process. `settings` is the page's `config.json`."""

    def __init__(self, port: int, tokens: Answer) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.settings: dict[str, object] = {}
        server = LocalServer(("127.0.0.1", port), partial(_Page, self, tokens))
        self._serving = ServerThread(server, "console")

    def start(self, settings: Mapping[str, object]) -> "Console":
        self.settings = dict(settings)
        self._serving.start()
        return self

    def stop(self) -> None:
        """Stops the server, even if it was not started."""
        self._serving.stop()


class _Page(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body follows its headers at once
    extensions_map = {  # noqa: RUF012 - as the standard library has it
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".svg": "image/svg+xml",
    }

    def __init__(self, console: Console, tokens: Answer, *arguments: Any) -> None:
        self._console = console
        self._tokens = tokens
        super().__init__(*arguments, directory=str(CONSOLE))

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/config.json":
            self._send(200, self._console.settings)
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send(*(self._tokens(body) if self.path == "/token" else (404, {"error": "not found"})))

    def list_directory(self, path: Any) -> None:  # noqa: ARG002 - whose name is the standard library's
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        origin = origin_of(str(self._console.settings.get("apiUrl", "")))
        self.send_header("Content-Security-Policy", content_security_policy(origin, origin.replace("http", "ws", 1)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Logs nothing: requests of the page would bury the other output."""

    def _send(self, status: int, answer: object) -> None:
        payload = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)
