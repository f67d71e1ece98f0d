"""The faults of a run: their kinds, probabilities, limits, and how often they happened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from .choices import Choices

CRASHES = ("crash before", "crash after", "crash, done later")
STALLS = ("stall 1 s", "stall 12 s", "stall 16 s", "stall 31 s", "stall 46 s", "stall 75 s")
LEDGER_FAULTS = ("contention", "lost, undone", "lost, done", "lost, done later")
CHIME_FAULTS = ("throttled", "unknown end, undone", "unknown end, done", "unknown end, done later", "answers otherwise")
READ_FAULTS = ("unavailable",)
BESIDE = "transactions beside each other"
"""Has no probability: if it has a rate, concurrent transactions on an item fail as in DynamoDB."""


@dataclass
class Faults:
    """`rates`: kind → weight against 1 for no fault. `budget`: kind → the most of them; without a budget there is no
    limit.
    """

    choices: Choices
    rates: Mapping[str, float]
    budget: dict[str, int] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    quiet: bool = False

    def pick(self, kinds: tuple[str, ...]) -> str | None:
        """One of the kinds, or `None` for no fault."""
        if self.quiet:
            return None
        weights = [self._weight(kind) for kind in kinds]
        if not any(weights):
            return None
        at = self.choices.pick([1.0, *weights])
        if at == 0:
            return None
        kind = kinds[at - 1]
        self.happened[kind] += 1
        group = group_of(kind)
        if group in self.budget:
            self.budget[group] -= 1
        return kind

    def seconds_on_the_way(self, slow: Sequence[float]) -> float:
        """Additional seconds of a call, if calls may be slow."""
        rate = self._weight("slow")
        if self.quiet or not rate:
            return 0.0
        at = self.choices.pick([1.0, *[rate] * len(slow)])
        if at and "slow" in self.budget:
            self.budget["slow"] -= 1
        return slow[at - 1] if at else 0.0

    def _weight(self, kind: str) -> float:
        group = group_of(kind)
        if self.budget.get(group, 1) <= 0:
            return 0.0
        return self.rates.get(kind, self.rates.get(group, 0.0))


@cache
def group_of(kind: str) -> str:
    """The group of kinds that share a limit: `crash`, `stall`, `lost`, `unknown end` and so on."""
    return next((g for g in ("crash", "stall", "lost", "unknown end") if kind.startswith(g)), kind)
