"""What a function logs belongs to the invocation that logged it, however late it is read."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ministack.core import lambda_runtime

from local.emulator import END_OF_LOG, mark_end_of_log, read_log

FUNCTION = """
def handler(event, context):
    print(event["says"])
    assert event["says"] != "fails"
"""


@dataclass
class Worker:
    """The parts of ministack's worker that are read: its reader puts lines in the queue until its process has died."""

    config: Mapping[str, str] = field(default_factory=lambda: {"Runtime": "python3.13"})
    _stderr_queue: "queue.Queue[str]" = field(default_factory=queue.Queue)
    _dies: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._stderr_thread = threading.Thread(target=self._dies.wait, daemon=True)
        self._stderr_thread.start()

    def says(self, *lines: str) -> None:
        for line in lines:
            self._stderr_queue.put(line)

    def dies(self) -> None:
        self._dies.set()
        self._stderr_thread.join()


def test_the_log_of_an_invocation_is_read_up_to_its_end() -> None:
    worker = Worker()
    worker.says("first", "unended" + END_OF_LOG, "next", END_OF_LOG, END_OF_LOG)
    assert read_log(worker) == "first\nunended"
    assert read_log(worker) == "next"
    assert read_log(worker) == ""


def test_it_is_waited_for() -> None:
    worker, reads = Worker(), threading.Event()

    class Late(queue.Queue[str]):
        def get(self, block: bool = True, timeout: float | None = None) -> str:
            reads.set()
            return super().get(block, timeout)

    worker._stderr_queue = Late()
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(read_log(worker)))
    reader.start()
    reads.wait()
    worker.says("late", END_OF_LOG)
    reader.join()
    assert read == ["late"]


def test_of_a_worker_that_died_it_is_what_there_is() -> None:
    worker = Worker()
    worker.says("its last words")
    worker.dies()
    assert read_log(worker) == "its last words"


def test_the_end_is_marked_after_what_the_function_logs_and_before_its_answer(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(mark_end_of_log(lambda_runtime._PYTHON_WORKER_SCRIPT))
    (tmp_path / "function.py").write_text(FUNCTION)
    start = {"code_dir": str(tmp_path), "module": "function", "handler": "handler"}
    events = [{"event": {"says": says}} for says in ("first", "fails", "last")]
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "worker.py")],
        check=True,
        capture_output=True,
        text=True,
        input="".join(json.dumps(each) + "\n" for each in (start, *events)),
        timeout=240,
    )
    assert ran.stderr.splitlines() == ["first", END_OF_LOG, "fails", END_OF_LOG, "last", END_OF_LOG]
    assert [json.loads(line)["status"] for line in ran.stdout.splitlines()] == ["ready", "ok", "error", "ok"]


def test_a_program_that_is_not_known_is_not_marked() -> None:
    with pytest.raises(ValueError, match="in another way"):
        mark_end_of_log("print()")


def test_functions_of_other_languages_are_read_as_ministack_reads_them() -> None:
    worker = Worker(config={"Runtime": "nodejs22.x"})
    worker.says("first", "last")
    assert read_log(worker) == "first\nlast"
