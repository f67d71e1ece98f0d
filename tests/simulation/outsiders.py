"""What comes from outside besides hosts' clicks, drawn apart: the lobby and admissions, commands by event with clocks
of their own, news of attendees who left, an end by somebody else, and readers of the history.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from moderation.application.background.chime_events import ChimeEventHandler
from moderation.application.requests import Request, Sent
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import (
    Admit,
    Command,
    LeaveLobby,
    LetIn,
    Mute,
    MuteEverybody,
    SetMeeting,
    Unmute,
    UnmuteEverybody,
)
from moderation.domain.meeting import UnmuteConsent

from .monitor import Asking
from .reading import ADMIN
from .world import HOSTS, Simulation, Stage, asking

OFTEN = 0.35
"""How many runs have any of it."""
MOMENTS = (0.0, 0.02, 0.3, 2.0, 14.0, 33.0, 61.0)
BEHIND = (0.0, 0.0, 1.0, 20.0, 60.0, 299.0, 600.0)
"""Seconds that an event was on its way."""
LATE = timedelta(seconds=300)
EXAM = Actor(ActorKind.SERVICE, "trigger/exam")
GUESTS = ("gus", "gail")
Making = Callable[[], Asking]


def _came(meeting_id: str, attendee_id: str, presence: ChimeEventHandler) -> None:
    presence.on_joined(meeting_id, attendee_id)


class Outsiders:
    def __init__(self, seed: int | str, often: float = OFTEN) -> None:
        self._draw = random.Random(f"outsiders {seed}")
        self._happen = self._draw.random() < often
        self._count = 0

    def stage(self, stage: Stage) -> Stage:
        """In some runs whoever was muted first is asked before they are heard."""
        if not self._happen or stage.consent is UnmuteConsent.NONE or self._draw.random() < 0.5:
            return stage
        return replace(stage, consent=UnmuteConsent.MUTED_FIRST)

    def anything(self, simulation: Simulation) -> None:
        if not self._happen:
            return
        self._simulation = simulation
        for happens in (self._lobby, self._events, self._departures, self._readers, self._end_by_others):
            if self._draw.random() < 0.4:
                happens()

    def _lobby(self) -> None:
        """It is turned on and off. Guests are admitted, come with or without that, wait, give up, are let in or not."""
        draw, simulation = self._draw, self._simulation
        simulation.is_watched()
        for lobby in (True, False)[: draw.choice((1, 1, 2))]:
            self._asks(HOSTS["alice"], SetMeeting(lobby=lobby))
        for guest in GUESTS[: draw.choice((1, 2))]:
            if draw.random() < 0.7:
                people: dict[str, str | None] = {guest: draw.choice((None, "presenter"))}
                self._asks(ADMIN, Admit(people))
            simulation.joins(guest, 0, draw.choice(MOMENTS))
            self._told(f"came {guest}", partial(_came, simulation.meeting_id, simulation.seat(guest)))
            for _ in range(draw.choice((0, 1, 2))):
                self._asks(HOSTS[draw.choice(("alice", "hugo"))], LetIn(draw.random() < 0.7), guest)
            if draw.random() < 0.2:
                self._asks(Actor(ActorKind.USER, guest), LeaveLobby(), guest)

    def _events(self) -> None:
        """A trigger mutes and unmutes. Its events come late, in any order, or from a clock that is ahead."""
        draw = self._draw
        for _ in range(draw.choice((1, 2, 3))):
            command, whom = draw.choice(
                ((Mute(), "bob"), (Unmute(), "bob"), (MuteEverybody(), None), (UnmuteEverybody(), None))
            )
            self._asks(EXAM, command, whom, behind=draw.choice(BEHIND) - (1.0 if draw.random() < 0.2 else 0.0))

    def _departures(self) -> None:
        """Chime tells that somebody left or was deleted: truly, long ago, twice, or of a device that is still there."""
        draw, simulation = self._draw, self._simulation
        simulation.is_watched()
        for user, number in draw.sample((("bob", 0), ("carol", 0), ("bob", 7), ("hugo", 0)), draw.choice((1, 2, 3))):
            gone_at = draw.choice(MOMENTS)
            if draw.random() < 0.5:
                simulation.leaves(user, gone_at, number)
            for _ in range(draw.choice((1, 1, 2))):
                kind, late = draw.choice(("left", "deleted")), draw.choice((0.0, 0.05, 3.0, 40.0))
                self._told(f"{kind} {user}", self._departure(kind, simulation.seat(user, number), late), gone_at + late)

    def _departure(self, kind: str, attendee_id: str, late: float) -> Callable[[ChimeEventHandler], None]:
        def tell(presence: ChimeEventHandler) -> None:
            at = self._simulation.scheduler.now() - timedelta(seconds=late)
            (presence.on_left if kind == "left" else presence.on_deleted)(self._simulation.meeting_id, attendee_id, at)

        return tell

    def _readers(self) -> None:
        """They poll with the cursor that they were given; what they miss, the verdict finds."""
        for _ in range(self._draw.choice((1, 2))):
            moments = sorted(self._draw.choice((0.0, 0.01, 0.3, 5.0, 22.0, 47.0, 90.0)) for _ in range(3))
            self._simulation.reader(moments)

    def _end_by_others(self) -> None:
        """Somebody deletes the meeting in Chime, or everybody has left; it is told, or found out."""
        if self._draw.random() < 0.7:
            return
        at = self._draw.choice(MOMENTS[3:])
        self._simulation.closes(at)
        if self._draw.random() < 0.5:
            meeting_id = self._simulation.meeting_id
            self._told("ended", lambda presence: presence.on_ended(meeting_id), at + self._draw.choice((0.0, 2.0)))

    def _told(self, name: str, tell: Callable[[ChimeEventHandler], None], after: float | None = None) -> None:
        self._simulation.told(name, tell, self._draw.choice(MOMENTS) if after is None else after)

    def _asks(self, who: Actor, command: Command, whom: str | None = None, *, behind: float | None = None) -> None:
        self._count += 1
        label = f"o{self._count}"

        def make() -> Asking:
            request = Request(self._simulation.meeting_id, who, command, user_id=whom)
            if behind is not None:
                age = timedelta(seconds=behind)
                sent = Sent(self._simulation.scheduler.now() - age, is_late=age > LATE)
                request = replace(request, sent=sent, key=f"key {label}", fingerprint="f")
            return asking(label, who, request, whom)

        self._simulation.process(f"outsider {label}", [make], self._draw.choice(MOMENTS))
