"""SnapStart: everything is ready before the snapshot, and nothing that must differ is the same after it."""

import itertools
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LAMBDAS = Path(__file__).parents[3] / "lambdas"
RUNTIME = """
hooks = []
def register_after_restore(hook, *args, **kwargs):
    hooks.append(lambda: hook(*args, **kwargs))
"""
READY = """
import sys
import host_api.handler
from moderation.bootstrap import gavel
from moderation.models import routed_bodies
assert all(route._dependant for route in host_api.handler.app.resolver.routes)
assert all(body.__pydantic_complete__ for body in routed_bodies())
assert "moderation.application.commands.meeting_commands" in sys.modules
"""
RESTORED = """
import contextlib, random
import snapshot_restore_py
from botocore.exceptions import HTTPClientError
from moderation.adapters.clients import dynamodb
def connection():
    while True:
        with contextlib.suppress(HTTPClientError):  # an answer that comes too late, which ends its connection
            return dynamodb().get_item(TableName="t", Key={"pk": {"S": "x"}})["Item"]["connection"]
def kept():
    first, second = connection(), connection()
    while first != second:
        first, second = second, connection()
    return second
before, state, moderator = kept(), random.getstate(), gavel()
[hook] = snapshot_restore_py.hooks
hook()
assert random.getstate() != state
assert connection() != before, "a connection of before the snapshot was used"
assert gavel() is not moderator
"""


class Answering(BaseHTTPRequestHandler):
    """One for each connection, which it names in every answer."""

    protocol_version = "HTTP/1.1"
    numbers = itertools.count()

    def setup(self) -> None:
        super().setup()
        self.number = next(self.numbers)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"Item": {"connection": {"N": str(self.number)}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def run(program: str, initialization: str, path: Path, port: int = 9) -> None:
    environment = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization,
        "NO_PROXY": "127.0.0.1",
        "GAVEL_STAGE": "prod",
        "GAVEL_TABLE": "t",
        "GAVEL_BUS": "b",
        "GAVEL_WAKEUPS_QUEUE_URL": "q",
        "GAVEL_IDENTITY_CLAIM": "sub",
        "GAVEL_RETENTION_DAYS": "1",
        "GAVEL_COMMAND_MAX_AGE_SECONDS": "1",
        "PYTHONPATH": f"{LAMBDAS}{os.pathsep}{path}",
    }
    finished = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=False, capture_output=True, text=True, timeout=240
    )
    assert finished.returncode == 0, finished.stderr


def test_after_a_restore_connections_chance_and_memory_are_new(tmp_path: Path) -> None:
    (tmp_path / "snapshot_restore_py.py").write_text(RUNTIME)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            run(READY + RESTORED, "snap-start", tmp_path, server.server_port)
        finally:
            server.shutdown()


def test_where_nobody_takes_snapshots_nothing_is_missing(tmp_path: Path) -> None:
    run(READY, "snap-start", tmp_path)
