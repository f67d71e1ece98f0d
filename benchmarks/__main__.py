"""`python -m benchmarks`: all of them, or those that are named. Prints their tables and keeps them in `results/`.

One summary ends it: what each of them says in a line, with its goal.
"""

import argparse
import sys
from collections.abc import Callable, Mapping

from benchmarks import cold_start, console, contention, cost, joins, load, mute_all, storm, sweeps, warm
from benchmarks.report import Report, Summary, summary

BENCHMARKS: Mapping[str, Callable[[], Report]] = {
    "cold_start": cold_start.run,
    "warm": warm.run,
    "load": load.run,
    "mute_all": mute_all.run,
    "storm": storm.run,
    "contention": contention.run,
    "joins": joins.run,
    "sweeps": sweeps.run,
    "console": console.run,
    "cost": cost.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    names = parser.parse_args().names or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark `{name}`; choose from {', '.join(BENCHMARKS)}")
    said: list[Summary] = []
    for name in names:
        report = BENCHMARKS[name]()
        report.write()
        print(report.markdown(), flush=True)
        said += report.summaries
    whole = summary(said)
    print(whole.markdown())
    if len(names) == len(BENCHMARKS):
        whole.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
