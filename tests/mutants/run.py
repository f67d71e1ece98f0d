"""All tests are collected once; for each mutant a fork runs those that reach its statement, the quickest
first.

The functions of the running program are given the mutant's code, so that nothing is imported anew. What runs while a
module is imported (constants, decorators) is therefore not mutated.

A mutant counts as killed only if the tests up to the one that failed pass in a fork with the code as it is.
"""

import ast
import builtins
import gc
import mmap
import os
import resource
import signal
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from .mutation import Mutant

KILLED, SURVIVED, TIMED_OUT, UNREACHED = "killed", "survived", "timed out", "unreached"
UNMADE = "could not be made"
"""The mutant is no program, or its function was not found."""
UNTRUSTED = "untrusted"
"""A test failed, but in a fork it fails without the mutant as well."""
ENDS = {0: SURVIVED, 1: KILLED, 2: UNMADE}
"""What the exit status of a mutant's fork means; any other is a fault of the tool."""
LONGER = 3
"""How many times longer than without a mutant they may take before it counts as noticed."""


Place = tuple[str, int]
"""A statement: its module and its line."""


@dataclass
class Runner:
    """A plugin of pytest that runs mutants instead of tests."""

    mutants: Sequence[Mutant]
    jobs: int = 2
    at_most: float = 20.0
    """Seconds of processor time that the tests of one mutant may take, the quickest first."""
    minutes: float | None = None
    """After which no further mutant begins; what was drawn by chance is a smaller draw then."""
    results: dict[int, str] = field(default_factory=dict)
    reached: dict[Place, list[tuple[float, int]]] = field(default_factory=dict)
    """Statement → the seconds and the position of every test that reaches it."""

    def __post_init__(self) -> None:
        self._failed_at = memoryview(mmap.mmap(-1, 4 * max(len(self.mutants), 1))).cast("i")
        """Mutant → how many tests passed before the one that failed; shared with the forks."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._look(session)
        running: dict[int, int] = {}
        until = time.monotonic() + self.minutes * 60 if self.minutes is not None else float("inf")
        for number, mutant in enumerate(self.mutants):
            if time.monotonic() > until:
                break
            if _place(mutant) not in self.reached:
                self._tell(number, UNREACHED)
                continue
            if len(running) == self.jobs:
                self._await_one(running)
            running[self._start(session, number)] = number
        while running:
            self._await_one(running)
        self._distrust(session)
        return True

    def _look(self, session: pytest.Session) -> None:
        """Which test reaches which statement, and how long it takes."""
        hits: set[Place] = set()
        vars(builtins)["__hit__"] = hits.add
        sources = {mutant.module: Path(str(sys.modules[mutant.module].__file__)) for mutant in self.mutants}
        originals = {module: path.read_text(encoding="utf-8") for module, path in sources.items()}
        places = {_place(mutant) for mutant in self.mutants}
        for module, source in originals.items():
            _swap(module, _marked(source, module, places, sources[module]))
        for place, item in enumerate(session.items):
            hits.clear()
            began = time.process_time()
            if not _passes(item):
                raise pytest.UsageError(f"{item.nodeid} fails without any mutant")
            took = time.process_time() - began
            for reached in hits:
                self.reached.setdefault(reached, []).append((took, place))
        for module, source in originals.items():
            _swap(module, compile(source, str(sources[module]), "exec"))
        gc.freeze()  # the forks share it
        print(f"{len(session.items)} tests reach {len(self.reached)} of {len(places)} statements", flush=True)

    def _start(self, session: pytest.Session, number: int) -> int:
        mutant = self.mutants[number]
        chosen = self._chosen(_place(mutant))
        limit = int(sum(seconds for seconds, _ in chosen) * LONGER) + 10
        child = _fork(limit)
        if child:
            return child
        try:
            swapped = _swap(
                mutant.module, compile(mutant.source, str(sys.modules[mutant.module].__file__), "exec"), mutant.function
            )
        except (SyntaxError, ValueError):  # the latter: another number of free variables
            swapped = 0
        if not swapped:
            os._exit(2)
        for position, (_, place) in enumerate(chosen):
            if not _passes(session.items[place]):
                self._failed_at[number] = position
                os._exit(1)
        os._exit(0)

    def _chosen(self, place: Place) -> list[tuple[float, int]]:
        return _within(self.at_most, sorted(self.reached[place]))

    def _await_one(self, running: dict[int, int]) -> None:
        child, status = os.wait()
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
            ended = TIMED_OUT
        elif os.WIFEXITED(status) and os.WEXITSTATUS(status) in ENDS:
            ended = ENDS[os.WEXITSTATUS(status)]
        else:
            raise pytest.UsageError(f"status {status} of {self.mutants[running[child]]}")
        self._tell(running.pop(child), ended)

    def _distrust(self, session: pytest.Session) -> None:
        """The tests that killed the mutants of a statement are run again, as they were, without a mutant."""
        deepest: dict[Place, int] = {}
        killed = [number for number, result in self.results.items() if result == KILLED]
        for number in killed:
            place = _place(self.mutants[number])
            deepest[place] = max(deepest.get(place, 0), self._failed_at[number])
        for place, position in deepest.items():
            child = _fork()
            if not child:
                chosen = self._chosen(place)[: position + 1]
                os._exit(int(not all(_passes(session.items[test]) for _, test in chosen)))
            if os.waitpid(child, 0)[1]:
                for number in killed:
                    if _place(self.mutants[number]) == place:
                        self._tell(number, UNTRUSTED)

    def _tell(self, number: int, result: str) -> None:
        self.results[number] = result
        if result != KILLED:
            print(f"{result}: {self.mutants[number]}", flush=True)
        elif len(self.results) % 50 == 0:
            print(f"... {len(self.results)} of {len(self.mutants)}", flush=True)


def _fork(limit: int | None = None) -> int:
    """The child says nothing, and has `limit` seconds of processor time."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    return child


def _passes(item: pytest.Item) -> bool:
    try:
        return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))
    except BaseException:  # a mutant may raise what pytest lets through
        return False


def _within(seconds: float, tests: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    chosen: list[tuple[float, int]] = []
    left = seconds
    for test in tests:
        left -= test[0]
        if chosen and left < 0:
            break
        chosen.append(test)
    return chosen


def _place(mutant: Mutant) -> Place:
    return mutant.module, mutant.line


def _marked(source: str, module: str, places: Collection[Place], path: Path) -> CodeType:
    """Each of these statements tells that it was reached."""

    class Marking(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            super().visit(node)
            if isinstance(node, ast.stmt) and (module, node.lineno) in places:
                return [*ast.parse(f"__hit__(({module!r}, {node.lineno}))").body, node]
            return node

    return compile(ast.fix_missing_locations(Marking().visit(ast.parse(source))), str(path), "exec")


def _swap(module: str, code: CodeType, only: str | None = None) -> int:
    """Gives the functions of a module, or one of them, the code that a variant of its source has. Returns how many."""
    codes, swapped = dict(_codes(code)), 0
    for name, function in _functions(vars(sys.modules[module]), module):
        if only in (None, name) and name in codes:
            function.__code__ = codes[name]
            swapped += 1
    return swapped


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant.co_qualname, constant
            if "<locals>" not in constant.co_qualname:
                yield from _codes(constant)


def _functions(names: Mapping[str, Any], module: str) -> Iterator[tuple[str, FunctionType]]:
    for found in names.values():
        if isinstance(found, type) and found.__module__ == module:
            yield from _functions(vars(found), module)
        function = _unwrapped(found)
        if function is not None and function.__module__ == module:
            yield function.__qualname__, function


def _unwrapped(found: Any) -> FunctionType | None:
    if isinstance(found, property):
        found = found.fget
    elif isinstance(found, cached_property):
        found = found.func
    elif isinstance(found, staticmethod | classmethod):
        found = found.__func__
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found if isinstance(found, FunctionType) else None
