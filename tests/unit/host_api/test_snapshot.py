"""SnapStart: everything is ready before the snapshot, and nothing that must differ is the same after it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
import contextlib, random, socket, threading
import snapshot_restore_py
from moderation.adapters.clients import dynamodb
server = socket.create_server(("127.0.0.1", PORT))
accepted = []
threads = []
def start(target, *args):
    threads.append(threading.Thread(target=target, args=args))
    threads[-1].start()
def serve():
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            accepted.append(connection)
            start(answer, connection)
def answer(connection):
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
def stop():
    for each in (server, *accepted):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()
start(serve)
def ask():
    dynamodb().get_item(TableName="t", Key={"pk": {"S": "x"}})
try:
    ask()
    ask()
    assert len(accepted) == 1
    before, moderator = random.getstate(), gavel()
    [hook] = snapshot_restore_py.hooks
    hook()
    ask()
    assert len(accepted) == 2, "a connection of before the snapshot was used"
    assert random.getstate() != before
    assert gavel() is not moderator
finally:
    stop()
"""


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


def test_after_a_restore_connections_chance_and_memory_are_new(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "snapshot_restore_py.py").write_text(RUNTIME)
    run(READY + RESTORED.replace("PORT", str(free_port)), "snap-start", tmp_path, free_port)


def test_where_nobody_takes_snapshots_nothing_is_missing(tmp_path: Path) -> None:
    run(READY, "snap-start", tmp_path)


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
