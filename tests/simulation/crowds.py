"""Many people, and one of them on many seats at once, drawn apart: a page that is reloaded again and again, devices
beside each other. Most runs are without, so that they stay short.
"""

import random
from dataclasses import replace

from moderation.application.background.chime_events import ChimeEventHandler
from moderation.domain.capability import EVERYTHING, Capabilities

from .world import Simulation, Stage

OFTEN = 0.08
FIRST_SEAT = 10
MOMENTS = (0.0, 0.01, 0.05, 0.3, 2.0, 16.0)
SILENT = EVERYTHING & ~Capabilities.SEND_AUDIO


class Crowds:
    def __init__(self, seed: int | str, often: float = OFTEN) -> None:
        self._draw = random.Random(f"crowds {seed}")
        happens = self._draw.random() < often
        self._seats = self._draw.choice((0, 3, 6)) if happens else 0
        self._people = self._draw.choice((0, 4, 8)) if happens else 0

    def stage(self, stage: Stage) -> Stage:
        crowd = {f"p{number}": self._draw.choice(("participant", "viewer")) for number in range(self._people)}
        return replace(stage, roles={**stage.roles, **crowd})

    def anything(self, simulation: Simulation) -> None:
        """bob comes on one seat after the other, some of which leave again; each is told of, or found out."""
        for number in range(FIRST_SEAT, FIRST_SEAT + self._seats):
            simulation.is_watched()
            at = sum(self._draw.choice(MOMENTS) for _ in range(2))
            simulation.joins("bob", number, at, self._draw.choice((EVERYTHING, EVERYTHING, SILENT)))
            for _ in range(self._draw.choice((0, 1, 1, 2))):
                self._told(simulation, simulation.seat("bob", number), at + self._draw.choice(MOMENTS))
            if self._draw.random() < 0.3:
                simulation.leaves("bob", at + self._draw.choice(MOMENTS), number)

    def _told(self, simulation: Simulation, attendee_id: str, after: float) -> None:
        def tell(presence: ChimeEventHandler) -> None:
            presence.on_joined(simulation.meeting_id, attendee_id)

        simulation.told("came bob", tell, after)
