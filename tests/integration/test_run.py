"""`make run`, from the outside."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from local.failure import LocalStackError
from local.ports import Ports
from tests.integration.processes import is_running

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 300


def free_base() -> int:
    """A port whose neighbours that the stack takes are free as well."""
    while True:
        base = Ports.free().aws
        try:
            Ports.from_base(base).refuse_taken()
        except LocalStackError:
            continue
        return base


@contextmanager
def running(env_file: Path, base: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "local.run", "--port-base", str(base), "--env-file", str(env_file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=120)


def wait_for(env_file: Path, process: subprocess.Popen[str]) -> dict[str, str]:
    deadline = time.monotonic() + READY_SECONDS
    while not env_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail("\n".join(process.communicate()))
    return dict(re.findall(r"^export (\w+)=(.*)$", env_file.read_text(), re.MULTILINE))


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    pairs = [tuple(map(int, line.split())) for line in found.splitlines()]
    return [child for child, parent in pairs if parent == pid]


def test_shows_where_everything_is_and_leaves_nothing_behind(tmp_path: Path) -> None:
    env_file = tmp_path / "local" / "env"
    base = free_base()
    with running(env_file, base) as process:
        variables = wait_for(env_file, process)
        assert {"GAVEL_URL", "GAVEL_ISSUER_URL", "GAVEL_EVENTS_QUEUE_URL", "GAVEL_BUS", "GAVEL_TABLE"} <= set(variables)
        assert {"CHIME_ENDPOINT_URL", "AWS_ENDPOINT_URL", "GAVEL_DEMO_MEETING", "GAVEL_DEMO_ALICE"} <= set(variables)
        assert httpx.get(f"{variables['GAVEL_URL']}/health", trust_env=False, timeout=60).status_code == 200
        page = httpx.get(variables["GAVEL_CONSOLE_URL"], trust_env=False, timeout=60)
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")
        assert "connect-src 'self' http://127.0.0.1" in page.headers["Content-Security-Policy"]
        servers = children_of(process.pid)
        assert len(servers) == 2
        process.send_signal(signal.SIGINT)  # Ctrl-C
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert f"source {env_file}" in output
    assert "could not be registered" not in errors
    assert not [server for server in servers if is_running(server)]
    assert not env_file.exists()
    Ports.from_base(base).refuse_taken()


def test_stopped_while_it_starts(tmp_path: Path) -> None:
    base = free_base()
    with running(tmp_path / "env", base) as process:
        assert process.stdout
        for line in process.stdout:
            if "synthesizing" in line:
                break
        servers = children_of(process.pid)
        process.terminate()  # SIGTERM
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert servers
    assert not [server for server in servers if is_running(server)]
    Ports.from_base(base).refuse_taken()


def test_a_taken_port_is_an_error_that_says_which() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        command = [sys.executable, "-m", "local.run", "--port-base", str(port)]
        finished = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 1
    assert f"port {port} (aws)" in finished.stderr
    assert "is taken by another program" in finished.stderr
    assert "--port-base" in finished.stderr
    assert "Traceback" not in finished.stderr
