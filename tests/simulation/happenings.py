"""Events outside of Gavel besides requests: attendees join, another system writes into Chime, and Chime announces it or
not. Drawn from a seed of their own.
"""

import random

from moderation.application.background.chime_events import ChimeEventHandler
from moderation.domain.capability import EVERYTHING, Capabilities, coherent
from moderation.domain.meeting import Features

from .world import Setup, Simulation

NEWCOMERS = (("nina", 0), ("nina", 1), ("bob", 7), ("carol", 7), ("omar", 0))
SEATED = (("bob", 0), ("carol", 0), ("hugo", 0))
MOMENTS = (0.02, 0.3, 2.0, 14.0, 33.0, 61.0, 100.0)
TOLD_AFTER = (-0.2, 0.0, 0.01, 0.04, 0.4, 3.0, 31.0, 70.0)
"""Seconds from a happening to its event. Events come out of order, and may come before their cause."""


class Happenings:
    def __init__(self, seed: int | str, simulation: Simulation, setup: Setup) -> None:
        self._draw = random.Random(f"happenings {seed}")
        self._simulation = simulation
        self._setup = setup

    def anything(self) -> None:
        """Most runs have none, so that the others stay dense."""
        if self._draw.random() < 0.25:
            self._users_come()
        if self._draw.random() < 0.2:
            self._somebody_interferes()

    def _users_come(self) -> None:
        """Up to three joins, each announced by no event, by one, or by several in any order. Sometimes an event reports
        the end of the meeting, which has not ended.
        """
        draw = self._draw
        self._simulation.is_watched()
        for user, number in draw.sample(NEWCOMERS, draw.choice((1, 1, 2, 3))):
            at = draw.choice(MOMENTS)
            self._simulation.joins(user, number, at, self._some() if draw.random() < 0.3 else EVERYTHING)
            for _ in range(draw.choice((0, 0, 1, 1, 2, 3))):
                self._told(user, number, at, "came" if draw.random() < 0.7 else "changed")
        if draw.random() < 0.2:
            meeting_id = self._simulation.meeting_id
            self._simulation.told("ended", lambda presence: presence.on_ended(meeting_id), draw.choice(MOMENTS))

    def _somebody_interferes(self) -> None:
        """Up to three writes by another system, wider or narrower than the rules, during changes or long after."""
        draw = self._draw
        self._simulation.is_watched()
        for _ in range(draw.choice((1, 1, 2, 3))):
            user, number = draw.choice((*SEATED, *SEATED, *NEWCOMERS))
            at = draw.choice((*MOMENTS, 130.0, 190.0))
            self._simulation.drifts(user, number, self._some(), at)
            for _ in range(draw.choice((0, 1, 1, 2))):
                self._told(user, number, at, "changed")

    def _told(self, user: str, number: int, at: float, kind: str) -> None:
        meeting_id, attendee_id = self._simulation.meeting_id, self._simulation.attendee_of(user, number)

        def tell(presence: ChimeEventHandler) -> None:
            (presence.on_joined if kind == "came" else presence.on_capabilities_updated)(meeting_id, attendee_id)

        self._simulation.told(f"{kind} {user}", tell, max(0.0, at + self._draw.choice(TOLD_AFTER)))

    def _some(self) -> Capabilities:
        """Any capabilities that Chime could hold for the attendee."""
        features = self._setup.features
        withheld = Features(features.video, features.content, not self._setup.strict).withheld
        return coherent(Capabilities(self._draw.randrange(EVERYTHING.value + 1)) & ~withheld)
