"""The local stack's servers print what went wrong, and nothing of clients that are gone."""

from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler

import pytest

from local.serving import LocalServer, ServerThread


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        raise ConnectionResetError if self.path == "/gone" else ValueError("a fault of ours")


@pytest.mark.parametrize(("path", "printed"), [("/gone", False), ("/fault", True)])
def test_a_client_that_is_gone_is_no_error(capfd: pytest.CaptureFixture[str], path: str, printed: bool) -> None:
    server = LocalServer(("127.0.0.1", 0), Handler)
    thread = ServerThread(server, "test")
    thread.start()
    client = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    client.request("GET", path)
    with pytest.raises((HTTPException, ConnectionError)):
        client.getresponse()  # the server closes the connection after it has printed
    client.close()
    thread.stop()
    assert ("Traceback" in capfd.readouterr().err) is printed
