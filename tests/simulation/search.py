"""Searches for a schedule that breaks an invariant without a safeguard. `python -m
tests.simulation.search` lists them.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from .mutation import Mutation
from .mutations import MUTATIONS
from .mutations_late import LATE_MUTATIONS
from .mutations_looks import LOOK_MUTATIONS
from .mutations_users import USER_MUTATIONS
from .result import Result
from .workload import simulate

MOST_SEEDS = 6_000
EVERY_MUTATION = (*MUTATIONS, *USER_MUTATIONS, *LOOK_MUTATIONS, *LATE_MUTATIONS)


@dataclass(frozen=True)
class Loss:
    where: str
    invariant: str
    detail: str

    def __str__(self) -> str:
        return f"{self.where} loses `{self.invariant}`: {self.detail}"


def loss(mutation: Mutation) -> Loss | None:
    with mutation.without():
        for where, result in _runs(mutation):
            for violation in result.violations:
                if violation.invariant in mutation.loses:
                    return Loss(where, violation.invariant, violation.detail)
    return None


def _runs(mutation: Mutation) -> Iterator[tuple[str, Result]]:
    if mutation.case is not None:
        for choices, result in mutation.case.all_runs():
            yield f"{mutation.case.name} {choices.taken}", result
        return
    for seed in range(mutation.first, mutation.first + MOST_SEEDS):
        yield f"seed {seed}", simulate(seed, mutation.rates)


def main() -> int:
    """Returns 1 if there is a safeguard without which no loss was found."""
    needless = False
    for mutation in EVERY_MUTATION:
        found = loss(mutation)
        needless |= found is None
        print(f"without: {mutation.safeguard:64} {found or 'nothing is lost'}", flush=True)
    return int(needless)


if __name__ == "__main__":
    sys.exit(main())
