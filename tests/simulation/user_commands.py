"""Commands of hosts on users besides muting: roles, holds, bans, floors, hands, undo, the end; and answers to requests
to unmute. Drawn from a seed of their own.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from moderation.application.background.chime_events import ChimeEventHandler
from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Medium
from moderation.domain.commands import (
    Ban,
    Command,
    Consent,
    End,
    EndFloor,
    GrantFloor,
    Hold,
    LowerHand,
    Mute,
    MuteEverybody,
    RaiseHand,
    Release,
    Remove,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    Unmute,
    UnmuteEverybody,
)
from moderation.domain.meeting import UnmuteConsent

from .monitor import Asking
from .scheduler import START
from .world import Setup, Simulation, asking

TARGETS = ("bob", "bob", "bob", "carol", "hugo", "alice")
HOSTS = ("alice", "hugo")
ON_ONESELF = (RaiseHand, LowerHand, Unmute, Mute)
MOMENTS = (0.0, 0.0, 0.01, 0.1, 0.5, 5.0, 20.0, 47.0, 63.0, 110.0)
LENGTHS = (2, 12, 30, 62)
"""Seconds of a floor or of a ban."""
ANSWERED_AFTER = (0.005, 0.05, 1.0, 7.0, 31.0, 58.0, 59.99, 61.0)
Making = Callable[[], Asking]
OFTEN = 0.5
"""The share of runs with user commands."""


def _came(meeting_id: str, attendee_id: str, presence: ChimeEventHandler) -> None:
    presence.on_joined(meeting_id, attendee_id)


class UserCommands:
    def __init__(self, seed: int | str, often: float = OFTEN) -> None:
        self._draw = random.Random(f"user commands {seed}")
        self.happen = self._draw.random() < often
        self._answers = 0

    def setup(self, setup: Setup) -> Setup:
        """Most of these runs require consent."""
        if not self.happen:
            return setup
        consent = self._draw.choice((UnmuteConsent.NONE, UnmuteConsent.REQUIRED, UnmuteConsent.REQUIRED))
        return replace(setup, consent=consent)

    def anything(self, simulation: Simulation) -> None:
        if not self.happen:
            return
        draw = self._draw
        self._simulation = simulation
        simulation.monitor.users.on_request = self._is_asked
        for number in range(draw.choice((1, 2, 2, 3))):
            makings = [self._making(f"d{number}.{i}") for i in range(draw.choice((1, 1, 2, 3)))]
            simulation.process(f"user commands {number}", makings, draw.choice(MOMENTS))
        if draw.random() < 0.4:
            self._comes_again()
        if draw.random() < 0.06:
            self._ends_the_meeting()

    def requests(self, label: str, count: int) -> list[Making]:
        return [self._making(f"{label}{number}") for number in range(count)]

    def _making(self, label: str) -> Making:
        command = self._command()
        if isinstance(command, MuteEverybody | UnmuteEverybody | SetMeeting):
            return self._asked(label, self._host(), Request(self._simulation.meeting_id, self._host(), command), None)
        if isinstance(command, Undo):
            return self._undoes(label, self._host())
        target = self._draw.choice(TARGETS)
        who = Actor(ActorKind.USER, target) if self._on_oneself(command) else self._host()
        request = Request(self._simulation.meeting_id, who, command, user_id=target)
        if self._draw.random() < 0.5 and target not in self._simulation.setup.absent:
            request = replace(request, user_id=None, attendee_id=self._simulation.attendee_of(target))
        return self._asked(label, who, request, target)

    def _asked(self, label: str, who: Actor, request: Request, subject: str | None) -> Making:
        return lambda: asking(label, who, request, subject)

    def _on_oneself(self, command: Command) -> bool:
        return isinstance(command, ON_ONESELF) and self._draw.random() < (0.3 if isinstance(command, Mute) else 0.5)

    def _host(self) -> Actor:
        return Actor(ActorKind.USER, self._draw.choice(HOSTS))

    def _undoes(self, label: str, who: Actor) -> Making:
        """Undoes one of the latest changes, whatever its command."""
        at = self._draw.choice((1, 1, 2, 3))

        def make() -> Asking:
            changes = [change.id for change in self._simulation.store.changes.values()]
            command = Undo(sorted(changes)[-min(at, len(changes))])
            return asking(label, who, Request(self._simulation.meeting_id, who, command), None)

        return make

    def _command(self) -> Command:
        draw = self._draw
        media = tuple(draw.sample(tuple(Medium), draw.choice((1, 1, 2))))
        until = START + timedelta(seconds=draw.choice(LENGTHS) + draw.choice(MOMENTS))
        until_when = until if draw.random() < 0.5 else None
        consent = draw.choice((UnmuteConsent.NONE, UnmuteConsent.REQUIRED))
        weighed: tuple[tuple[Command, int], ...] = (
            (SetRole(draw.choice(("host", "participant", "presenter", "viewer"))), 4),
            (Hold(), 2),
            (Release(), 2),
            (Remove(), 2),
            (Remove(ban=True, until=until_when), 1),
            (Ban(until_when), 2),
            (Unban(), 2),
            (GrantFloor(draw.choice(LENGTHS), media, exclusive=draw.random() < 0.4), 5),
            (EndFloor(), 1),
            (Undo(), 3),
            (RaiseHand(), 1),
            (LowerHand(), 1),
            (Unmute(), 5),
            (Mute(seconds=draw.choice((*LENGTHS, None))), 5),
            (MuteEverybody(seconds=draw.choice((*LENGTHS, None))), 3),
            (UnmuteEverybody(), 3),
            (SetMeeting(mode=draw.choice(("open", "presentation"))), 2),
            (SetMeeting(unmute_consent=consent), 1),
        )
        return draw.choices([c for c, _ in weighed], [w for _, w in weighed])[0]

    # ---- users -----------------------------------------------------------------------------------------------------

    def _comes_again(self) -> None:
        """Rejoins as another attendee, the second of two or the first after a removal, with or without an event."""
        draw, simulation = self._draw, self._simulation
        simulation.is_watched()
        user, number, at = draw.choice(("bob", "carol")), 4, draw.choice(MOMENTS)
        simulation.joins(user, number, at)
        for _ in range(draw.choice((0, 1, 1, 2))):
            after = at + draw.choice((0.0, 0.02, 1.0, 31.0))
            simulation.told(
                f"came {user}", partial(_came, simulation.meeting_id, simulation.attendee_of(user, number)), after
            )
        if draw.random() < 0.3:
            simulation.leaves(user, at + draw.choice(MOMENTS), draw.choice((0, number)))

    def _ends_the_meeting(self) -> None:
        who = self._host()
        request = Request(self._simulation.meeting_id, who, End())
        make = self._asked("end", who, request, None)
        self._simulation.process("ends", [make], self._draw.choice(MOMENTS[3:]))

    def _is_asked(self, user: str, change_id: str) -> None:
        """The user agrees, declines or does nothing: at once, later or too late, sometimes twice, or both."""
        draw = self._draw
        for _ in range(draw.choice((0, 1, 1, 1, 2))):
            self._answers += 1
            command = Consent(change_id, accept=draw.random() < 0.7)
            who = Actor(ActorKind.USER, user)
            request = Request(self._simulation.meeting_id, who, command, user_id=user)
            make = self._asked(f"c{self._answers}", who, request, user)
            self._simulation.process(f"{user} answers", [make], draw.choice(ANSWERED_AFTER))
