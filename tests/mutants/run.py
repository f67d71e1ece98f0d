"""All tests are collected once; for each mutant a fork runs those that reach its function, the quickest first.

The functions of the running program are given the mutant's code, so that nothing is imported anew. What runs while a
module is imported (constants, decorators) is therefore not mutated.
"""

import ast
import builtins
import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from .mutation import Mutant

KILLED, SURVIVED, TIMED_OUT, UNREACHED = "killed", "survived", "timed out", "unreached"
AT_MOST = 20.0
"""Seconds of processor time that the tests of one mutant may take, the quickest first."""
LONGER = 3
"""How many times longer than without a mutant they may take before it counts as noticed."""


@dataclass
class Runner:
    """A plugin of pytest that runs mutants instead of tests."""

    mutants: Sequence[Mutant]
    jobs: int = 2
    results: dict[int, str] = field(default_factory=dict)
    reached: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    """Function → the seconds and the place of every test that reaches it."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._look(session)
        running: dict[int, int] = {}
        for number, mutant in enumerate(self.mutants):
            if mutant.name not in self.reached:
                self._tell(number, UNREACHED)
                continue
            if len(running) == self.jobs:
                self._await_one(running)
            running[self._start(session, mutant)] = number
        while running:
            self._await_one(running)
        return True

    def _look(self, session: pytest.Session) -> None:
        """Which test reaches which function, and how long it takes."""
        hits: set[str] = set()
        vars(builtins)["__hit__"] = hits.add
        sources = {mutant.module: Path(str(sys.modules[mutant.module].__file__)) for mutant in self.mutants}
        originals = {module: path.read_text(encoding="utf-8") for module, path in sources.items()}
        for module, source in originals.items():
            _swap(module, _marked(source, module))
        for place, item in enumerate(session.items):
            hits.clear()
            began = time.process_time()
            if not _passes(item):
                raise pytest.UsageError(f"{item.nodeid} fails without any mutant")
            took = time.process_time() - began
            for name in hits:
                self.reached.setdefault(name, []).append((took, place))
        for module, source in originals.items():
            _swap(module, compile(source, str(sources[module]), "exec"))
        print(f"{len(session.items)} tests reach {len(self.reached)} functions", flush=True)

    def _start(self, session: pytest.Session, mutant: Mutant) -> int:
        chosen = _within(AT_MOST, sorted(self.reached[mutant.name]))
        limit = int(sum(seconds for seconds, _ in chosen) * LONGER) + 10
        sys.stdout.flush()
        child = os.fork()
        if child:
            return child
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        _swap(mutant.module, compile(mutant.source, "mutant", "exec"), mutant.function)
        try:
            is_noticed = not all(_passes(session.items[place]) for _, place in chosen)
        except BaseException:
            is_noticed = True
        os._exit(int(is_noticed))

    def _await_one(self, running: dict[int, int]) -> None:
        child, status = os.wait()
        ended = TIMED_OUT if os.WIFSIGNALED(status) else KILLED if os.WEXITSTATUS(status) else SURVIVED
        self._tell(running.pop(child), ended)

    def _tell(self, number: int, result: str) -> None:
        self.results[number] = result
        if result != KILLED:
            print(f"{result}: {self.mutants[number]}", flush=True)
        elif len(self.results) % 50 == 0:
            print(f"... {len(self.results)} of {len(self.mutants)}", flush=True)


def _passes(item: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _within(seconds: float, tests: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    chosen: list[tuple[float, int]] = []
    left = seconds
    for test in tests:
        left -= test[0]
        if chosen and left < 0:
            break
        chosen.append(test)
    return chosen


def _marked(source: str, module: str) -> CodeType:
    """Every function tells that it was reached."""
    tree = ast.parse(source)

    def mark(body: list[ast.stmt], within: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                mark(node.body, f"{within}{node.name}.")
            elif isinstance(node, ast.FunctionDef):
                node.body.insert(0, ast.parse(f"__hit__({f'{module}:{within}{node.name}'!r})").body[0])

    mark(tree.body, "")
    return compile(ast.fix_missing_locations(tree), "marked", "exec")


def _swap(module: str, code: CodeType, only: str | None = None) -> None:
    """Gives the functions of a module, or one of them, the code that a variant of its source has."""
    codes = dict(_codes(code))
    for name, function in _functions(vars(sys.modules[module]), module):
        if only in (None, name) and name in codes:
            function.__code__ = codes[name]


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
