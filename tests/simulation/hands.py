"""Hands that are raised and lowered, one by one and all at once. Drawn from a seed of their own."""

import random
from collections.abc import Callable
from dataclasses import replace

from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import LowerAllHands, LowerHand, MeetingCommand, RaiseHand, UserCommand

from .monitor import Asking
from .outsiders import EXAM
from .world import HOSTS, Simulation, asking

OFTEN = 0.15
"""The share of runs with hands."""
MOMENTS = (0.0, 0.005, 0.01, 0.02, 0.5, 7.0, 46.0)
USERS = ("bob", "carol", "hugo", "alice")
Making = Callable[[], Asking]


class Hands:
    def __init__(self, seed: int | str, often: float) -> None:
        self._draw = random.Random(f"hands {seed}")
        self._happen = self._draw.random() < often

    def anything(self, simulation: Simulation) -> None:
        """Some users raise and lower their hands, and one or two others lower all hands, sometimes under an idempotency
        key.
        """
        if not self._happen:
            return
        draw, self._simulation = self._draw, simulation
        for number, user in enumerate(draw.sample(USERS, draw.choice((1, 2, 3)))):
            commands: list[UserCommand] = [RaiseHand(), *([LowerHand(), RaiseHand()] if draw.random() < 0.3 else [])]
            who = Actor(ActorKind.USER, user)
            makings = [self._asks(f"h{number}.{i}", who, each, user) for i, each in enumerate(commands)]
            simulation.process(f"{user}'s hand", makings, draw.choice(MOMENTS))
        for number in range(draw.choice((1, 2, 2))):
            who = draw.choice((*HOSTS.values(), EXAM))
            key = "all hands" if draw.random() < 0.4 else None
            make = self._asks(f"h all {number}" if key is None else "h all", who, LowerAllHands(), None, key=key)
            simulation.process(f"all hands {number}", [make], draw.choice(MOMENTS))

    def _asks(
        self, label: str, who: Actor, command: UserCommand | MeetingCommand, user: str | None, *, key: str | None = None
    ) -> Making:
        request = Request(self._simulation.meeting_id, who, command, user_id=user)
        if key is not None:
            request = replace(request, key=key, fingerprint="f")
        return lambda: asking(label, who, request, user)
