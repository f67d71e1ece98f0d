"""What a function logs belongs to the invocation that logged it, however late it is read."""

import queue
import threading
from dataclasses import dataclass, field

from ministack.core import lambda_runtime

from local.emulator import log_of_invocation, with_end_of_log

MARK = "end of the log of an invocation"


@dataclass
class Worker:
    """The parts of ministack's worker that are read: its reader puts lines in the queue until its process has died."""

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
    worker.says("first", "unended" + MARK, "next", MARK, MARK)
    assert log_of_invocation(worker) == "first\nunended"
    assert log_of_invocation(worker) == "next"
    assert log_of_invocation(worker) == ""


def test_it_is_waited_for() -> None:
    worker, reads = Worker(), threading.Event()

    class Late(queue.Queue[str]):
        def get(self, block: bool = True, timeout: float | None = None) -> str:
            reads.set()
            return super().get(block, timeout)

    worker._stderr_queue = Late()
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(log_of_invocation(worker)))
    reader.start()
    reads.wait()
    worker.says("late", MARK)
    reader.join()
    assert read == ["late"]


def test_of_a_worker_that_died_it_is_what_there_is() -> None:
    worker = Worker()
    worker.says("its last words")
    worker.dies()
    assert log_of_invocation(worker) == "its last words"


def test_the_program_that_runs_functions_marks_the_end() -> None:
    program = with_end_of_log(lambda_runtime._PYTHON_WORKER_SCRIPT)
    compile(program, "worker.py", "exec")
    assert program.count(MARK) == 1
