"""`make mutants`: production code with one node changed at a time; what no test notices is listed."""

import argparse
import json
import os
import random
import sys
import tomllib
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from .mutation import Mutant, mutants
from .run import KILLED, TIMED_OUT, Runner

ROOT = Path(__file__).parents[2]
LAMBDAS = ROOT / "lambdas"
EXCUSED = Path(__file__).with_name("equivalent.toml")
WRITTEN = ROOT / ".build" / "mutants"
FUNCTIONS = [f"tests/unit/{name}" for name in ("live", "event_commands", "chime_events", "reconciler", "host_api")]
LAYERS = {
    "domain": (
        "moderation/domain",
        ["tests/unit/domain", "tests/property", "tests/unit/application", "tests/unit/event_commands"],
    ),
    "application": ("moderation/application", ["tests/unit/application", *FUNCTIONS]),
}
EXAMPLES = 20
"""Of each property, lest survivors take minutes."""
NOTICED = (KILLED, TIMED_OUT)


class Settings:
    """After the tests' own settings have been loaded."""

    def pytest_collection_finish(self) -> None:
        from hypothesis import settings  # not before pytest is there

        settings.register_profile("mutants", deadline=None, derandomize=True, max_examples=EXAMPLES)
        settings.load_profile("mutants")


def excuse(mutant: Mutant) -> str | None:
    """Why it may survive: nobody could notice it, or nobody has to."""
    was, becomes = mutant.difference
    for each in tomllib.loads(EXCUSED.read_text(encoding="utf-8"))["mutant"]:
        if each["function"] == mutant.name and each["was"] == was and each["becomes"] == becomes:
            return str(each["reason"])
    return None


def made(folder: str, only: str) -> list[Mutant]:
    found: list[Mutant] = []
    for path in sorted((LAMBDAS / folder).rglob("*.py")):
        module = ".".join(path.relative_to(LAMBDAS).with_suffix("").parts)
        if path.stem != "__init__" and only in path.stem:
            import_module(module)
            found += mutants(path, module)
    return found


def left_before(layer: str) -> set[tuple[str, str, str]]:
    """The mutants that the last run has left."""
    said = json.loads((WRITTEN / f"{layer}.json").read_text(encoding="utf-8"))
    return {(each["function"], each["was"], each["becomes"]) for each in said}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("layer", choices=LAYERS)
    parser.add_argument("--only", default="", help="modules that have this in their name")
    parser.add_argument("--sample", type=int, help="so many, drawn by the seed")
    parser.add_argument("--left", action="store_true", help="those alone that the last run has left")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--at-most", type=float, default=20.0, help="seconds of tests for each mutant, the quickest first"
    )
    parser.add_argument("--minutes", type=float, help="no further mutant begins after them")
    parser.add_argument("--tests", nargs="+", help="instead of the layer's")
    args = parser.parse_args()
    folder, tests = LAYERS[args.layer]
    chosen = made(folder, args.only)
    total = len(chosen)
    if args.sample and args.sample < total:
        chosen = random.Random(args.seed).sample(chosen, args.sample)
    if args.left:
        left = left_before(args.layer)
        functions = {function for function, _, _ in left}
        chosen = [m for m in chosen if m.name in functions and (m.name, *m.difference) in left]
    print(f"{args.layer}: {len(chosen)} of {total} mutants", flush=True)
    runner = Runner(chosen, args.jobs, args.at_most, args.minutes)
    where = [str(ROOT / test) for test in args.tests or tests]
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--no-header",
        "--no-summary",
        "-s",
        "--rootdir",
        str(ROOT),
    ]
    code = pytest.main([*options, *where], plugins=[runner, Settings()])
    if code:
        return int(code)
    return report(args.layer, runner)


def report(layer: str, runner: Runner) -> int:
    counts = Counter(runner.results.values())
    survivors = [runner.mutants[number] for number, result in runner.results.items() if result not in NOTICED]
    left = [mutant for mutant in survivors if excuse(mutant) is None]
    noticed = sum(counts[result] for result in NOTICED)
    print(
        f"{layer}: {noticed} of {len(runner.results)} noticed, {len(survivors) - len(left)} excused, {len(left)} left"
    )
    WRITTEN.mkdir(parents=True, exist_ok=True)
    said = [{"function": m.name, "was": m.difference[0], "becomes": m.difference[1]} for m in left]
    (WRITTEN / f"{layer}.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    for mutant in left:
        print(mutant)
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
