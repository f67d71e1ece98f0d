"""Looks for a schedule that loses something without a safeguard. `python -m tests.simulation.search` lists them."""

from dataclasses import dataclass

from .mutations import MUTATIONS, Mutation
from .workload import simulate

MOST_SEEDS = 6_000


@dataclass(frozen=True)
class Loss:
    seed: int
    invariant: str
    detail: str

    def __str__(self) -> str:
        return f"seed {self.seed} loses `{self.invariant}`: {self.detail}"


def loss(mutation: Mutation) -> Loss | None:
    with mutation.without():
        for seed in range(MOST_SEEDS):
            for violation in simulate(seed, mutation.rates).violations:
                if violation.invariant in mutation.loses:
                    return Loss(seed, violation.invariant, violation.detail)
    return None


if __name__ == "__main__":
    for each in MUTATIONS:
        print(f"without: {each.safeguard:64} {loss(each)}", flush=True)
