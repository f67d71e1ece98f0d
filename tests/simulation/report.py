"""Prints a run line by line, and the command that repeats it."""

from .result import Result


def trace_of(seed: int | None, result: Result) -> str:
    lines = [
        f"{number:4} {time / 1000:9.3f} s  {who:<16} {operation:<60} {outcome}"
        for number, (time, who, operation, outcome) in enumerate(result.trace, 1)
    ]
    lines += [f"VIOLATED {v.invariant}: {v.detail}" for v in result.violations] or ["no violation"]
    if seed is not None:
        lines.append(f"again: make simulate SEED={seed}")
    return "\n".join(lines)
