"""Runs with many users, and one user with many attendees: a page that is reloaded again and again, several devices.
Drawn from a seed of their own. Most runs have none, so that they stay short.
"""

import random
from dataclasses import replace

from moderation.application.background.chime_events import ChimeEventHandler
from moderation.domain.capability import EVERYTHING, Capabilities

from .world import Setup, Simulation

OFTEN = 0.08
FIRST_ATTENDEE = 10
MOMENTS = (0.0, 0.01, 0.05, 0.3, 2.0, 16.0)
SILENT = EVERYTHING & ~Capabilities.SEND_AUDIO


class Crowds:
    def __init__(self, seed: int | str, often: float = OFTEN) -> None:
        self._draw = random.Random(f"crowds {seed}")
        happens = self._draw.random() < often
        self._attendees = self._draw.choice((0, 3, 6)) if happens else 0
        self._users = self._draw.choice((0, 4, 8)) if happens else 0

    def setup(self, setup: Setup) -> Setup:
        crowd = {f"p{number}": self._draw.choice(("participant", "viewer")) for number in range(self._users)}
        return replace(setup, roles={**setup.roles, **crowd})

    def anything(self, simulation: Simulation) -> None:
        """bob joins as one attendee after the other, some of which leave. Each is announced by an event or found by a
        comparison.
        """
        for number in range(FIRST_ATTENDEE, FIRST_ATTENDEE + self._attendees):
            simulation.is_watched()
            at = sum(self._draw.choice(MOMENTS) for _ in range(2))
            simulation.joins("bob", number, at, self._draw.choice((EVERYTHING, EVERYTHING, SILENT)))
            for _ in range(self._draw.choice((0, 1, 1, 2))):
                self._told(simulation, simulation.attendee_of("bob", number), at + self._draw.choice(MOMENTS))
            if self._draw.random() < 0.3:
                simulation.leaves("bob", at + self._draw.choice(MOMENTS), number)

    def _told(self, simulation: Simulation, attendee_id: str, after: float) -> None:
        def tell(presence: ChimeEventHandler) -> None:
            presence.on_joined(simulation.meeting_id, attendee_id)

        simulation.told("came bob", tell, after)
