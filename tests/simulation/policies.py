"""The policies of a run: the shipped ones, and an earlier version that differs in one mode."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from moderation.adapters.cedar import CedarPolicies
from moderation.domain.actor import Authorization, AuthorizationRequest
from moderation.domain.capability import NOTHING, Capabilities, PolicyCapabilities


class RememberingPolicies:
    """The shipped policies. They are pure, so each request is evaluated once."""

    def __init__(self) -> None:
        self._cedar = CedarPolicies()
        self._verdicts: dict[AuthorizationRequest, Authorization] = {}

    @property
    def roles(self) -> frozenset[str]:
        return self._cedar.roles

    @property
    def ranking(self) -> tuple[str, ...]:
        return self._cedar.ranking

    @property
    def modes(self) -> frozenset[str]:
        return self._cedar.modes

    @property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        return self._cedar.labels

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        question = replace(question, principal=replace(question.principal, via=None))
        if question not in self._verdicts:
            self._verdicts[question] = self._cedar.authorize(question)
        return self._verdicts[question]

    def capabilities_for(self, role: str | None, mode: str, has_floor: bool) -> PolicyCapabilities:
        return self._cedar.capabilities_for(role, mode, has_floor)


@cache
def policies() -> RememberingPolicies:
    return RememberingPolicies()


@dataclass(frozen=True)
class EarlierPolicies:
    """The shipped policies, except that participants have more or less in one mode."""

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

    @property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        return policies().labels

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        return policies().authorize(question)

    def capabilities_for(self, role: str | None, mode: str, has_floor: bool) -> PolicyCapabilities:
        held = policies().capabilities_for(role, mode, has_floor)
        if role != "participant" or mode != self.mode or has_floor:
            return held
        bits = (held.capabilities | self.gives) & ~self.withholds
        withheld_by = {bit: held.withheld_by.get(bit, ("earlier",)) for bit in Capabilities if bit not in bits}
        return PolicyCapabilities(bits, withheld_by)
