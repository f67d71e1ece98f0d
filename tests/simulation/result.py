"""The result of a run."""

from collections.abc import Mapping
from dataclasses import dataclass

from .excuses import Excuse
from .monitor import Violation
from .scheduler import Line


@dataclass(frozen=True)
class Result:
    violations: tuple[Violation, ...]
    trace: tuple[Line, ...]
    faults: Mapping[str, int]
    excused: Mapping[Excuse, int]
    crashes: int
    seconds: float
