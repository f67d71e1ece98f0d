"""A server in a process of its own."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from local.failure import ChildDied, LocalStackError

POLL_SECONDS = 0.05
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Child:
    """A server in a session of its own: Ctrl-C reaches this process only, and stopping the server stops its
    children.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output, _undisturbed():
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def group(self) -> int:
        """The process group of the server and its children."""
        return self._process.pid

    def wait_until_ready(self, url: str, seconds: float = 30) -> None:
        """Waits until the server answers 200 at this URL."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            if _answers(url):
                return
            time.sleep(POLL_SECONDS)
        raise LocalStackError(f"{self.name} did not answer at {url} within {seconds:.0f} s\n{self.tail()}")

    def check(self) -> None:
        """Raises `ChildDied` if the server has ended."""
        code = self._process.poll()
        if code is not None:
            raise ChildDied(f"{self.name} ended unexpectedly (exit code {code}). The end of its log:\n{self.tail()}")

    def tail(self, lines: int = 20) -> str:
        """The end of the server's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) or "(the log is empty)"

    def stop(self, seconds: float = 5) -> None:
        """Asks the whole group to end, and kills it after the deadline."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        # The leader may have ended; its workers are in the same group, and take a moment longer.
        deadline = time.monotonic() + seconds
        while self._signal(signal.SIGKILL) and time.monotonic() < deadline:
            self._process.poll()
            time.sleep(POLL_SECONDS)

    def _signal(self, number: signal.Signals) -> bool:
        """Sends the signal. Returns False if no process of the group is left."""
        try:
            os.killpg(self.group, number)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Delays signals until the new process is registered: one that is not could not be stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = {number: signal.signal(number, lambda got, _: held.append(got)) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for got in held:
            signal.raise_signal(got)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
