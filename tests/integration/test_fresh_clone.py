"""A machine that has Python and nothing else: from the clone to a stack that answers."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

import httpx
import pytest
from packaging.requirements import Requirement

from infra.packaging.uv import NO_PACKAGES_OF_OURS, uv
from local.progress import Progress
from tests.integration.test_run import free_base
from tests.tracked import ROOT, tracked

SECONDS = 400


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    directory = tmp_path / "clone"
    for path in tracked():
        (directory / path.parent).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, directory / path)
    return directory


@pytest.fixture
def variables(tmp_path: Path) -> Mapping[str, str]:
    """A home with nothing in it; what has been downloaded already is not downloaded again."""
    (tmp_path / "home").mkdir()
    pip = [sys.executable, "-m", "pip", "cache", "dir"]
    caches = {
        "UV_CACHE_DIR": uv("cache", "dir").strip(),
        "PIP_CACHE_DIR": subprocess.run(pip, check=True, capture_output=True, text=True).stdout.strip(),
    }
    return (
        {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        | caches
        | {"HOME": str(tmp_path / "home")}
    )


def test_make_run_needs_python_and_installs_what_it_needs(clone: Path, variables: Mapping[str, str]) -> None:
    """Each long step is announced. What tests need comes later, and stays if `make run` has to install again."""
    base = free_base()
    command = ["make", "run", f"PYTHON={os.path.realpath(sys.executable)}", f"ARGS=--port-base {base}"]
    process = subprocess.Popen(
        command,
        cwd=clone,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        lines = lines_until("ready", process)
        url = re.search(r"GAVEL_URL=(\S+)", (clone / ".local" / "env").read_text())
        assert url
        assert httpx.get(f"{url[1]}/health", trust_env=False, timeout=60).status_code == 200
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=120)
    shown = [line for line in lines if line.startswith("-- ")]
    assert [line.split()[1] for line in shown] == [".venv", "uv", str(len(exported("--only-group", "run"))), "the"]
    assert installed(clone) == locked("--only-group", "run")

    make(clone, variables, "setup")
    assert installed(clone) == locked("--all-groups")
    (clone / "uv.lock").touch()
    make(clone, variables, ".venv/.run")
    assert installed(clone) == locked("--all-groups")


def test_where_uv_cannot_reach_the_index_pip_installs(
    clone: Path, variables: Mapping[str, str], tmp_path: Path
) -> None:
    command = ["make", ".venv/.run", f"PYTHON={os.path.realpath(sys.executable)}"]
    without_network = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "empty")}
    done = subprocess.run(
        command, check=False, cwd=clone, env={**variables, **without_network}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "-- uv could not install them; pip tries, which is slower" in done.stdout
    assert installed(clone) == locked("--only-group", "run")


def make(clone: Path, variables: Mapping[str, str], target: str) -> None:
    """With the Python of `.venv`, as it is there already."""
    subprocess.run(["make", target], check=True, cwd=clone, env=variables, capture_output=True)


def lines_until(end: str, process: subprocess.Popen[str]) -> list[str]:
    """Fails with everything that was printed if the process ends before, or takes too long."""
    found: SimpleQueue[str] = SimpleQueue()
    assert process.stdout is not None
    output = process.stdout
    Thread(target=lambda: deque(map(found.put, output)), daemon=True).start()
    lines: list[str] = []
    deadline = time.monotonic() + SECONDS
    while not (lines and lines[-1].rstrip().endswith(end)):
        try:
            lines.append(found.get(timeout=1))
        except Empty:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("".join(lines))
    return lines


def exported(*groups: str) -> list[Requirement]:
    """What `uv.lock` has, for any Python."""
    words = ("--quiet", "--frozen", NO_PACKAGES_OF_OURS, "--no-hashes", "--no-annotate", "--no-header")
    return [Requirement(line) for line in uv("export", *words, *groups).splitlines()]


def locked(*groups: str) -> set[str]:
    """`name==version` of what `uv.lock` has for this Python."""
    wanted = exported(*groups)
    return {f"{each.name}{each.specifier}" for each in wanted if each.marker is None or each.marker.evaluate()}


def installed(clone: Path) -> set[str]:
    frozen = uv("pip", "freeze", "--python", clone / ".venv" / "bin" / "python")
    assert f"-e file://{clone}/packages/chime_simulator" in frozen
    return {line for line in frozen.splitlines() if not line.startswith(("pip==", "setuptools==", "-e "))}


def test_a_step_that_takes_long_shows_that_it_goes_on() -> None:
    lines: SimpleQueue[str] = SimpleQueue()
    progress = Progress(lines.put, interval=0.001)
    progress.step("deploying the stack")
    assert re.fullmatch(r" +\d\.\d s  deploying the stack \.\.\.", lines.get(timeout=60))
    for _ in range(2):
        assert re.fullmatch(r" +\d\.\d s  still deploying the stack \.\.\.", lines.get(timeout=60))
    progress.ready()
    while "still" in (line := lines.get(timeout=60)):
        pass
    assert line.endswith(" s  ready")
