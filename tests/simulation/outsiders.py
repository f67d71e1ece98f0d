"""Lobby and admissions, commands by event with clocks of their own, events of attendees who left, an end by another
system, and readers of the history. Drawn from a seed of their own.
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
from .world import HOSTS, Setup, Simulation, asking

OFTEN = 0.35
"""The share of runs with any of these."""
MOMENTS = (0.0, 0.02, 0.3, 2.0, 14.0, 33.0, 61.0)
BEHIND = (0.0, 0.0, 1.0, 20.0, 60.0, 299.0, 600.0)
"""Seconds until an event is delivered."""
LATE = timedelta(seconds=300)
EXAM = Actor(ActorKind.SERVICE, "trigger/exam")
GUESTS = ("gus", "gail")


def _came(meeting_id: str, attendee_id: str, presence: ChimeEventHandler) -> None:
    presence.on_joined(meeting_id, attendee_id)


class Outsiders:
    def __init__(self, seed: int | str, often: float = OFTEN) -> None:
        self._draw = random.Random(f"outsiders {seed}")
        self._happen = self._draw.random() < often
        self._count = 0

    def setup(self, setup: Setup) -> Setup:
        """In some runs `muted-first` applies: a user who was muted has to agree before they are heard."""
        if not self._happen or setup.consent is UnmuteConsent.NONE or self._draw.random() < 0.5:
            return setup
        return replace(setup, consent=UnmuteConsent.MUTED_FIRST)

    def anything(self, simulation: Simulation) -> None:
        if not self._happen:
            return
        self._simulation = simulation
        for happens in (self._lobby, self._events, self._departures, self._readers, self._end_by_others):
            if self._draw.random() < 0.4:
                happens()

    def _lobby(self) -> None:
        """The lobby is turned on and off. Guests are admitted, join with or without an admission, wait, give up, and
        are let in or not.
        """
        draw, simulation = self._draw, self._simulation
        simulation.is_watched()
        for lobby in (True, False)[: draw.choice((1, 1, 2))]:
            self._asks(HOSTS["alice"], SetMeeting(lobby=lobby))
        for guest in GUESTS[: draw.choice((1, 2))]:
            if draw.random() < 0.7:
                users: dict[str, str | None] = {guest: draw.choice((None, "presenter"))}
                self._asks(ADMIN, Admit(users))
            simulation.joins(guest, 0, draw.choice(MOMENTS))
            self._told(f"came {guest}", partial(_came, simulation.meeting_id, simulation.attendee_of(guest)))
            for _ in range(draw.choice((0, 1, 2))):
                self._asks(HOSTS[draw.choice(("alice", "hugo"))], LetIn(draw.random() < 0.7), guest)
            if draw.random() < 0.2:
                self._asks(Actor(ActorKind.USER, guest), LeaveLobby(), guest)

    def _events(self) -> None:
        """A trigger mutes and unmutes. Its events come late, in any order, or from a clock that is ahead."""
        draw = self._draw
        for _ in range(draw.choice((1, 2, 3))):
            command, target = draw.choice(
                ((Mute(), "bob"), (Unmute(), "bob"), (MuteEverybody(), None), (UnmuteEverybody(), None))
            )
            self._asks(EXAM, command, target, behind=draw.choice(BEHIND) - (1.0 if draw.random() < 0.2 else 0.0))

    def _departures(self) -> None:
        """Chime reports that an attendee left or was deleted: truly, late, twice, or while another device
        is connected.
        """
        draw, simulation = self._draw, self._simulation
        simulation.is_watched()
        for user, number in draw.sample((("bob", 0), ("carol", 0), ("bob", 7), ("hugo", 0)), draw.choice((1, 2, 3))):
            gone_at = draw.choice(MOMENTS)
            if draw.random() < 0.5:
                simulation.leaves(user, gone_at, number)
            for _ in range(draw.choice((1, 1, 2))):
                kind, late = draw.choice(("left", "deleted")), draw.choice((0.0, 0.05, 3.0, 40.0))
                self._told(
                    f"{kind} {user}", self._departure(kind, simulation.attendee_of(user, number), late), gone_at + late
                )

    def _departure(self, kind: str, attendee_id: str, late: float) -> Callable[[ChimeEventHandler], None]:
        def tell(presence: ChimeEventHandler) -> None:
            at = self._simulation.scheduler.now() - timedelta(seconds=late)
            (presence.on_left if kind == "left" else presence.on_deleted)(self._simulation.meeting_id, attendee_id, at)

        return tell

    def _readers(self) -> None:
        """Readers poll with the cursor of the last answer. `reading.py` finds what they miss."""
        for _ in range(self._draw.choice((1, 2))):
            moments = sorted(self._draw.choice((0.0, 0.01, 0.3, 5.0, 22.0, 47.0, 90.0)) for _ in range(3))
            self._simulation.reader(moments)

    def _end_by_others(self) -> None:
        """Another system deletes the meeting in Chime, or all attendees leave. An event reports it, or a comparison
        finds it.
        """
        if self._draw.random() < 0.7:
            return
        at = self._draw.choice(MOMENTS[3:])
        self._simulation.closes(at)
        if self._draw.random() < 0.5:
            meeting_id = self._simulation.meeting_id
            self._told("ended", lambda presence: presence.on_ended(meeting_id), at + self._draw.choice((0.0, 2.0)))

    def _told(self, name: str, tell: Callable[[ChimeEventHandler], None], after: float | None = None) -> None:
        self._simulation.told(name, tell, self._draw.choice(MOMENTS) if after is None else after)

    def _asks(self, who: Actor, command: Command, target: str | None = None, *, behind: float | None = None) -> None:
        self._count += 1
        label = f"o{self._count}"

        def make() -> Asking:
            request = Request(self._simulation.meeting_id, who, command, user_id=target)
            if behind is not None:
                age = timedelta(seconds=behind)
                sent = Sent(self._simulation.scheduler.now() - age, is_late=age > LATE)
                request = replace(request, sent=sent, key=f"key {label}", fingerprint="f")
            return asking(label, who, request, target)

        self._simulation.process(f"outsider {label}", [make], self._draw.choice(MOMENTS))
