"""`python -m tests.simulation --schedules N`: the long run. `--seed S` runs one schedule and prints its trace."""

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from .excuses import Excuse
from .faults import CHIME_FAULTS, CRASHES, LEDGER_FAULTS, STALLS
from .report import trace_of
from .workload import simulate

CHUNK = 250


@dataclass
class Tally:
    schedules: int = 0
    crashes: int = 0
    hours: float = 0
    faults: Counter[str] = field(default_factory=Counter)
    excused: Counter[Excuse] = field(default_factory=Counter)
    bad: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.schedules += other.schedules
        self.crashes += other.crashes
        self.hours += other.hours
        self.faults += other.faults
        self.excused += other.excused
        self.bad += other.bad


def explore(seeds: range) -> Tally:
    tally = Tally()
    for seed in seeds:
        result = simulate(seed)
        tally.schedules += 1
        tally.crashes += result.crashes
        tally.hours += result.seconds / 3600
        tally.faults.update(result.faults)
        tally.excused.update(result.excused)
        if result.violations:
            tally.bad.append((seed, "; ".join(f"{v.invariant} ({v.detail})" for v in result.violations)))
    return tally


def _chunks(first: int, schedules: int) -> Iterator[range]:
    for start in range(first, first + schedules, CHUNK):
        yield range(start, min(start + CHUNK, first + schedules))


def _silence_logs() -> None:
    logging.disable(logging.CRITICAL)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=20_000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first of the N seeds")
    parser.add_argument("--seed", type=int, default=None, help="only this one, with its trace")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    _silence_logs()
    if asked.seed is not None:
        result = simulate(asked.seed)
        print(trace_of(asked.seed, result))
        return 1 if result.violations else 0
    started, tally = time.monotonic(), Tally()
    with ProcessPoolExecutor(asked.processes, initializer=_silence_logs) as pool:
        for part in pool.map(explore, _chunks(asked.first, asked.schedules)):
            tally.add(part)
            for seed, what in part.bad:
                print(f"\rseed {seed}: {what}\n  make simulate SEED={seed}", flush=True)
            sys.stderr.write(f"\r{tally.schedules} of {asked.schedules}, {len(tally.bad)} bad")
    print(file=sys.stderr)
    _print(tally, time.monotonic() - started)
    return 1 if tally.bad else 0


def _print(tally: Tally, seconds: float) -> None:
    print(f"schedules explored   {tally.schedules:>9}   in {seconds:.0f} s; {tally.hours:.0f} h of the meetings' time")
    print(f"crashes injected     {tally.crashes:>9}")
    for title, kinds in (("Chime", CHIME_FAULTS), ("ledger", LEDGER_FAULTS), ("crash", CRASHES), ("stall", STALLS)):
        for kind in kinds:
            print(f"  {title + ': ' + kind:<34} {tally.faults.pop(kind, 0):>9}")
    for kind, count in sorted(tally.faults.items()):
        print(f"  {'other: ' + kind:<34} {count:>9}")
    for excuse in Excuse:
        print(f"  {'excused: ' + excuse:<84} {tally.excused[excuse]:>9}")
    print(f"violations           {len(tally.bad):>9}")


if __name__ == "__main__":
    sys.exit(main())
