"""`make run`, from the outside."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from local.env_file import EnvFile
from local.failure import LocalStackError
from local.ports import Ports
from tests.e2e.deadline import until
from tests.integration.processes import is_running

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 75


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
def running(env_file: Path, base: int, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "local.run", "--port-base", str(base), "--env-file", str(env_file), *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=120)


def wait_for(env_file: Path, process: subprocess.Popen[str]) -> dict[str, str]:
    until(lambda: env_file.exists() or process.poll() is not None, READY_SECONDS, "everything runs")
    if not env_file.exists():
        pytest.fail("\n".join(process.communicate()))
    return dict(re.findall(r"^export (\w+)=(.*)$", env_file.read_text(), re.MULTILINE))


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    pairs = [tuple(map(int, line.split())) for line in found.splitlines()]
    return [child for child, parent in pairs if parent == pid]


def mute(variables: dict[str, str], user: str) -> httpx.Response:
    """As alice, who is host."""
    return httpx.post(
        f"{variables['GAVEL_URL']}/meetings/{variables['GAVEL_DEMO_MEETING']}/users/{user}/mute",
        json={"reason": "noise"},
        headers={"Authorization": f"Bearer {variables['GAVEL_ADMIN_TOKEN']}", "Gavel-On-Behalf-Of": "alice"},
        trust_env=False,
        timeout=60,
    )


def test_shows_where_everything_is_and_goes_on_with_its_data_in_the_next_run(tmp_path: Path) -> None:
    env_file, base = tmp_path / "local" / "env", free_base()
    data = ("--data", str(tmp_path / "data"))
    first = first_run(env_file, base, *data)
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "own.cedar").write_text("")
    with running(env_file, base, *data, "--watch", "-c", f"policyDirectory={policies}") as process:
        second = wait_for(env_file, process)
        assert {name for name in first if first[name] != second[name]} == {"GAVEL_ADMIN_TOKEN"}
        assert mute(first, "bob").json()["status"] == "unchanged", "the rules and the token of the first run are good"
        assert mute(second, "carol").json()["status"] == "applied"
        (policies / "own.cedar").write_text('@id("quiet-hour") forbid (principal, action == Action::"mute", resource);')
        until(lambda: mute(second, "victor").status_code == 403, READY_SECONDS, "the new policy counts")
        assert mute(second, "victor").json()["policies"] == ["quiet-hour"]


def first_run(env_file: Path, base: int, *words: str) -> dict[str, str]:
    """Mutes bob, and is stopped by Ctrl-C."""
    with running(env_file, base, *words) as process:
        variables = wait_for(env_file, process)
        assert {"GAVEL_ISSUER_URL", "GAVEL_EVENTS_QUEUE_URL", "GAVEL_BUS", "GAVEL_TABLE"} <= set(variables)
        assert {"CHIME_ENDPOINT_URL", "AWS_ENDPOINT_URL", "GAVEL_DEMO_MEETING", "GAVEL_DEMO_ALICE"} <= set(variables)
        assert variables["GAVEL_URL"] == f"http://127.0.0.1:{base}/_aws/execute-api/gavel"
        assert mute(variables, "bob").json()["status"] == "applied"
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
    return variables


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


def refused(*words: str, cwd: Path = ROOT) -> str:
    """What `make run` says when it cannot start."""
    command = [sys.executable, "-m", "local.run", *words]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(command, check=False, cwd=cwd, env=variables, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 1, finished.stdout
    assert "Traceback" not in finished.stderr
    return finished.stderr


def test_a_taken_port_is_an_error_that_says_which_and_leaves_the_first_stack_alone(tmp_path: Path) -> None:
    first = EnvFile(tmp_path / ".local" / "env")
    assert first.claim()
    first.write({"GAVEL_URL": "http://127.0.0.1:4566"})
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        said = refused("--port-base", str(port), cwd=tmp_path)
    assert f"port {port} (the emulator of AWS)" in said
    assert "is taken by another program" in said
    assert re.search(r'make run ARGS="--port-base \d+"', said)
    assert first.path.read_text() == "export GAVEL_URL=http://127.0.0.1:4566\n"
    first.release()
