"""What Chime tells of a meeting: who came, what changed, that it is over. Hints: each is looked up before it counts."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from ..core.command import Bind, LowerHand
from ..core.entry import MEETING_ENDED, Entry
from ..core.meeting import Meeting, is_pipeline
from ..core.view import meeting_revision
from ..ports import Clause, Conflict, EntryWritten, MeetingRevised, Missing, SeatInChime, World
from .drift import CHIME, WRITTEN_WITHIN, Drift
from .hands import lowered
from .moderator import Moderator
from .persistence import patiently, persistently
from .request import BUSY, CONTENDED, Refused, Request

Found = TypeVar("Found")


class NotSettled(Exception):
    """It could not be seen to now; whoever brought it shall bring it again."""


class Presence:
    """May raise `MachineFailure`s, `Conflict` among them, and `NotSettled`: all mean `again`."""

    def __init__(self, world: World, moderator: Moderator, drift: Drift) -> None:
        self._world = world
        self._moderator = moderator
        self._drift = drift

    def came(self, meeting_id: str, attendee_id: str) -> None:
        """Binds the seat and gives it what the rules say, if it hasn't that already."""
        if self._registered(meeting_id) is None:
            return
        outcome = self._moderator.perform(Request(meeting_id, CHIME, Bind(), attendee_id=attendee_id), Bind())
        if outcome in (BUSY, CONTENDED):
            raise NotSettled(outcome.code if isinstance(outcome, Refused) else "")

    def left(self, meeting_id: str, attendee_id: str) -> None:
        """Whoever leaves takes his hand down."""
        meeting = self._registered(meeting_id)
        owner = self._world.ledger.load(meeting_id, seats=[attendee_id]).seats.get(attendee_id)
        if meeting is None or owner is None:
            return
        user = self._world.ledger.load(meeting_id, [owner]).users[owner]
        if user.hand is not None:
            clauses = lowered(self._world, meeting, user, CHIME, LowerHand.name)
            persistently(self._world, clauses, self._world.surroundings.now() + WRITTEN_WITHIN)

    def changed(self, meeting_id: str, attendee_id: str) -> None:
        """Compares the seat with the rules, by what Chime says now and not by what it told.

        Every order of ours is echoed, 250 at a time after a mute-all: such an echo costs no call to Chime.
        """
        meeting = self._registered(meeting_id)
        if meeting is None:
            return
        loaded = self._world.ledger.load(meeting_id, seats=[attendee_id])
        owner = loaded.seats.get(attendee_id)
        if owner is None:
            self.came(meeting_id, attendee_id)
            return
        user = self._world.ledger.load(meeting_id, [owner]).users[owner]
        if self._drift.is_expected(meeting, user, attendee_id):
            return
        if not self._world.ledger.take_calls(1, self._world.surroundings.now(), looking=True):
            return
        try:
            found = patiently(self._world, lambda: self._world.chime.seat(meeting_id, attendee_id))
        except Missing:
            return
        self._drift.compare(meeting, user, [found])

    def ended(self, meeting_id: str) -> None:
        meeting = self._registered(meeting_id)
        if meeting is None:
            return
        try:
            patiently(self._world, lambda: self._world.chime.meeting(meeting_id))
        except Missing:
            self.close(meeting)

    def sweep(self, meeting: Meeting) -> int:
        """Everybody whom Chime holds: strangers are bound, drift is seen to, a meeting that is gone is closed. Returns
        how many seats had drifted.
        """
        try:
            roster = patiently(self._world, lambda: self._world.chime.roster(meeting.id))
        except Missing:
            self.close(meeting)
            return 0
        people = self._world.ledger.everybody(meeting.id)
        owned = {seat: user for user in people.values() for seat in user.seats}
        together: dict[str, list[SeatInChime]] = {}
        for seat in roster:
            if is_pipeline(seat.user_id):
                continue
            if seat.attendee_id in owned:
                together.setdefault(seat.user_id, []).append(seat)
            else:
                _alone(partial(self.came, meeting.id, seat.attendee_id))
        drifted = 0
        for user_id, seats in together.items():
            drifted += _alone(partial(self._drift.compare, meeting, people[user_id], seats)) or 0
        return drifted

    def close(self, meeting: Meeting) -> None:
        """After it reads go on, writes don't. Raises `Conflict` if somebody changes it at this moment."""
        now = self._world.surroundings.now()
        ended = replace(meeting, ended_at=now, revision=meeting.revision + 1, check_at=None)
        told = Entry(
            id=self._world.surroundings.new_id(),
            type=MEETING_ENDED,
            meeting_id=meeting.id,
            external_meeting_id=meeting.external_id,
            occurred_at=now,
            actor=CHIME,
            command="end",
            revision=meeting_revision(ended),
            adds={"attendees": []},
        )
        clauses: list[Clause] = [MeetingRevised(ended, meeting.revision), EntryWritten(told)]
        persistently(self._world, clauses, now + WRITTEN_WITHIN)

    def _registered(self, meeting_id: str) -> Meeting | None:
        """Meetings that Gavel doesn't know are none of its business."""
        meeting = self._world.ledger.load(meeting_id).meeting
        return meeting if meeting is not None and meeting.ended_at is None else None


def _alone(look: Callable[[], Found]) -> Found | None:
    """Whoever was just changed, or can't be seen to now, is found by the next sweep, and keeps nobody else waiting."""
    try:
        return look()
    except (Conflict, NotSettled):
        return None
