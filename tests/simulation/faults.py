"""What may go wrong, how likely, how often at most, and how often it did."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from .choices import Choices

CRASHES = ("crash before", "crash after", "crash, done later")
STALLS = ("stall 1 s", "stall 12 s", "stall 16 s", "stall 31 s", "stall 46 s", "stall 75 s")
LEDGER_FAULTS = ("contention", "lost, undone", "lost, done", "lost, done later")
CHIME_FAULTS = ("throttled", "unknown end, undone", "unknown end, done", "unknown end, done later", "answers otherwise")
READ_FAULTS = ("unavailable",)
BESIDE = "transactions beside each other"
"""No matter of chance: where it has a rate, they are turned away as DynamoDB does it."""


@dataclass
class Faults:
    """`rates`: kind → weight against 1 for nothing. `budget`: kind → how often at most; none: as often as chosen."""

    choices: Choices
    rates: Mapping[str, float]
    budget: dict[str, int] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    quiet: bool = False

    def pick(self, kinds: tuple[str, ...]) -> str | None:
        """One of the kinds, or None: nothing goes wrong."""
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

    def _weight(self, kind: str) -> float:
        group = group_of(kind)
        if self.budget.get(group, 1) <= 0:
            return 0.0
        return self.rates.get(kind, self.rates.get(group, 0.0))


def group_of(kind: str) -> str:
    """`crash`, `stall`, `lost`, `unknown end` …: what is bounded together."""
    return next((g for g in ("crash", "stall", "lost", "unknown end") if kind.startswith(g)), kind)
