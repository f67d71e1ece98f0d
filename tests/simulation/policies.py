"""The policies of a run: the shipped ones, and those of an earlier version that differ in what a mode gives."""

from dataclasses import dataclass, replace
from functools import cache

from moderation.core.actor import Held, Question, Verdict
from moderation.core.capability import NOTHING, Capabilities
from moderation.policies import CedarPolicies


class RememberingPolicies:
    """The shipped policies; they are pure, so each question is put to Cedar once."""

    def __init__(self) -> None:
        self._cedar = CedarPolicies()
        self._verdicts: dict[Question, Verdict] = {}

    @property
    def roles(self) -> frozenset[str]:
        return self._cedar.roles

    @property
    def ranking(self) -> tuple[str, ...]:
        return self._cedar.ranking

    @property
    def modes(self) -> frozenset[str]:
        return self._cedar.modes

    def judge(self, question: Question) -> Verdict:
        question = replace(question, principal=replace(question.principal, via=None))
        if question not in self._verdicts:
            self._verdicts[question] = self._cedar.judge(question)
        return self._verdicts[question]

    def held(self, role: str | None, mode: str, has_floor: bool) -> Held:
        return self._cedar.held(role, mode, has_floor)


@cache
def policies() -> RememberingPolicies:
    return RememberingPolicies()


@dataclass(frozen=True)
class EarlierPolicies:
    """As shipped, but that in one mode the participants have more, or less, than they are given now."""

    mode: str
    gives: Capabilities = NOTHING
    withholds: Capabilities = NOTHING

    @property
    def roles(self) -> frozenset[str]:
        return policies().roles

    @property
    def ranking(self) -> tuple[str, ...]:
        return policies().ranking

    @property
    def modes(self) -> frozenset[str]:
        return policies().modes

    def judge(self, question: Question) -> Verdict:
        return policies().judge(question)

    def held(self, role: str | None, mode: str, has_floor: bool) -> Held:
        held = policies().held(role, mode, has_floor)
        if role != "participant" or mode != self.mode or has_floor:
            return held
        bits = (held.capabilities | self.gives) & ~self.withholds
        withheld_by = {bit: held.withheld_by.get(bit, ("earlier",)) for bit in Capabilities if bit not in bits}
        return Held(bits, withheld_by)
