"""Looks for a schedule that loses something without a safeguard. `python -m tests.simulation.search` lists them."""

from collections.abc import Iterator
from dataclasses import dataclass

from .mutation import Mutation
from .mutations import MUTATIONS
from .workload import simulate
from .world import Result

MOST_SEEDS = 1_500


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


if __name__ == "__main__":
    from .mutations_people import PEOPLE_MUTATIONS

    for each in (*MUTATIONS, *PEOPLE_MUTATIONS):
        print(f"without: {each.safeguard:64} {loss(each)}", flush=True)
