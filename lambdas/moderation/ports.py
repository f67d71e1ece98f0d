"""What the moderator needs of the world, as protocols: each is met by AWS, and by something in memory for tests."""

from typing import Protocol

from .core.actor import Held, Question, Verdict


class Policies(Protocol):
    """The customer's policies. Pure and total: an evaluation error is a denial."""

    @property
    def roles(self) -> frozenset[str]: ...

    @property
    def modes(self) -> frozenset[str]: ...

    def judge(self, question: Question) -> Verdict: ...

    def held(self, role: str | None, mode: str, has_floor: bool) -> Held: ...
