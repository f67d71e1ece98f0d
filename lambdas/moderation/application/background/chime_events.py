"""Handlers of Chime's meeting events: joins, leaves, capability updates and ends. An event is a hint: Gavel asks Chime
before it acts.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from ...domain.actor import CHIME
from ...domain.capability import Capabilities
from ...domain.commands import Bind, LowerHand
from ...domain.ids import is_pipeline
from ...domain.meeting import Attendee, Meeting, User
from ...ports import (
    AttendeeSeen,
    Budget,
    Chime,
    ChimeAttendee,
    ChimeNotFoundError,
    Clock,
    ConditionFailedError,
    InfrastructureError,
    Ledger,
)
from ..commands.hands import lowered
from ..commands.pipeline import CommandPipeline
from ..enforcement.departures import close, note_gone
from ..enforcement.transactions import call_with_retry, transact_with_retry
from ..requests import WORTH_REPEATING, Refused, Request
from .drift import Drift
from .unexpected_errors import UnexpectedError, where

ROSTER_COUNTS_FOR = timedelta(seconds=30)
"""For how long a roster that was read shows what is drift. The calls of one meeting take less, unless the function is
frozen.
"""

Found = TypeVar("Found")


@dataclass(slots=True)
class ComparisonResult:
    """The result of a comparison: the number of drifted attendees, and unexpected errors."""

    drifted: int = 0
    faults: list[UnexpectedError] = field(default_factory=list)


class NotSettledError(Exception):
    """The event could not be processed now and has to be delivered again."""


class ChimeEventHandler:
    """Handles Chime's meeting events. Raises `InfrastructureError`, `ConditionFailedError` or `NotSettledError` if the
    event has to be delivered again.
    """

    def __init__(self, ledger: Ledger, chime: Chime, clock: Clock, commands: CommandPipeline, drift: Drift) -> None:
        self._ledger = ledger
        self._chime = chime
        self._clock = clock
        self._commands = commands
        self._drift = drift

    def on_joined(self, meeting_id: str, attendee_id: str, connected_at: datetime | None = None) -> None:
        """Binds the attendee and applies the rules to them. `connected_at`: since when the attendee is connected, if
        the event says so.
        """
        if self._registered(meeting_id) is None:
            return
        outcome = self._commands.perform(Request(meeting_id, CHIME, Bind(), attendee_id=attendee_id))
        if isinstance(outcome, Refused) and outcome.code in WORTH_REPEATING:
            raise NotSettledError
        if connected_at is not None:
            self._is_latest(AttendeeSeen(meeting_id, attendee_id, connected_at, connected=True))

    def on_left(self, meeting_id: str, attendee_id: str, at: datetime | None = None) -> None:
        """Lowers the user's hand if they have left with all their attendees. An event from before the user rejoined, or
        before they raised the hand, is ignored.
        """
        found = self._found(meeting_id, attendee_id)
        if found is None:
            return
        meeting, user = found
        at = at or self._clock.now()
        if self._is_latest(AttendeeSeen(meeting_id, attendee_id, at, connected=False)):
            self._lower_hand(meeting, user, {attendee_id}, at)

    def on_deleted(self, meeting_id: str, attendee_id: str, at: datetime | None = None) -> None:
        """Notes that the attendee is gone, if Chime does not have them any more. An attendee that a change of Gavel
        removed is noted and reported by that change.
        """
        found = self._found(meeting_id, attendee_id)
        if found is None:
            return
        meeting, user = found
        attendee = user.attendees.get(attendee_id)
        if attendee is None:
            return
        if not (attendee.gone or user.may_go(attendee_id, self._clock.now())):
            try:
                self._look(meeting_id, attendee_id)
            except ChimeNotFoundError:
                note_gone(self._ledger, self._clock, meeting, user, [attendee])
            else:
                return
        self._lower_hand(meeting, user, {attendee_id}, at or self._clock.now())

    def _look(self, meeting_id: str, attendee_id: str) -> ChimeAttendee | None:
        """The attendee as Chime has it. `None` if the call budget is used up: then the next comparison handles it."""
        if not self._ledger.acquire_background_calls(1, self._clock.now(), Budget.READS):
            return None
        return call_with_retry(self._clock, lambda: self._chime.attendee(meeting_id, attendee_id))

    def on_capabilities_updated(
        self, meeting_id: str, attendee_id: str, reported: Capabilities | None = None, *, is_taken: bool = True
    ) -> None:
        """Compares the attendee with the rules, as read from Chime's API and not from the event.

        `is_taken`: whether Chime's media servers applied the update. Chime also reports Gavel's own updates, up to 250
        at a time after a mute-all. Such an event causes no call to Chime.
        """
        found = self._found(meeting_id, attendee_id)
        if found is None:
            self.on_joined(meeting_id, attendee_id)
            return
        meeting, user = found
        if not is_taken:
            if not self._drift.not_taken(meeting, user, attendee_id, reported):
                raise NotSettledError
            return
        if self._drift.is_expected(meeting, user, attendee_id, reported):
            return
        try:
            seen = self._look(meeting_id, attendee_id)
        except ChimeNotFoundError:
            return
        if seen is not None:
            self._drift.compare(meeting, user, [seen], reported=reported is not None)

    def on_ended(self, meeting_id: str) -> None:
        meeting = self._registered(meeting_id)
        if meeting is None:
            return
        try:
            call_with_retry(self._clock, lambda: self._chime.meeting(meeting_id))
        except ChimeNotFoundError:
            close(self._ledger, self._clock, meeting)

    def compare(self, meeting: Meeting, deadline: datetime | None = None) -> ComparisonResult:
        """Compares Chime's roster with the rules. Binds unbound attendees, corrects drift, notes attendees that Chime
        does not have any more, and closes a meeting that Chime does not have.

        The next comparison does what the deadline leaves undone. It also compares attendees that were bound after the
        roster was read, of which this roster says nothing, and all others if the function was frozen: a call of Gavel
        may have put right since what this roster shows.
        """
        result, began = ComparisonResult(), self._clock.now()
        known = self._ledger.all_users(meeting.id)
        try:
            roster = call_with_retry(self._clock, lambda: self._chime.roster(meeting.id))
        except ChimeNotFoundError:
            close(self._ledger, self._clock, meeting)
            return result
        users = self._ledger.all_users(meeting.id)
        self._note_departed(meeting, known, users, {attendee.attendee_id for attendee in roster}, result)
        bound = {attendee for user in users.values() for attendee in user.attendees}
        together: dict[str, list[ChimeAttendee]] = {}
        for attendee in roster:
            if is_pipeline(attendee.user_id):
                continue
            if attendee.user_id in known and attendee.attendee_id in known[attendee.user_id].attendees:
                together.setdefault(attendee.user_id, []).append(attendee)
            elif attendee.attendee_id not in bound and (deadline is None or self._clock.now() < deadline):
                _alone(partial(self.on_joined, meeting.id, attendee.attendee_id), result, meeting.id, attendee.user_id)
        for user_id, attendees in together.items():
            if self._clock.now() > began + ROSTER_COUNTS_FOR:
                break
            look = partial(self._drift.compare, meeting, known[user_id], attendees)
            result.drifted += _alone(look, result, meeting.id, user_id) or 0
        return result

    def _note_departed(
        self,
        meeting: Meeting,
        known: Mapping[str, User],
        users: Mapping[str, User],
        there: Collection[str],
        result: ComparisonResult,
    ) -> None:
        """Notes the attendees that are gone. Considers only attendees that were `known` before the roster was read:
        later ones may be missing in it.
        """
        now = self._clock.now()
        for user_id, user in users.items():
            before = known[user_id].attendees if user_id in known else {}
            lacking = [attendee for attendee in user.present if attendee.attendee_id in before.keys() - there]
            gone = [attendee for attendee in lacking if not user.may_go(attendee.attendee_id, now)]
            if gone:
                _alone(partial(self._are_gone, meeting, user, gone), result, meeting.id, user_id)

    def _are_gone(self, meeting: Meeting, user: User, attendees: Sequence[Attendee]) -> None:
        note_gone(self._ledger, self._clock, meeting, user, attendees)
        self._lower_hand(meeting, user, {attendee.attendee_id for attendee in attendees}, self._clock.now())

    def _lower_hand(self, meeting: Meeting, user: User, left: Collection[str], at: datetime) -> None:
        """Lowers the hand, unless it was raised later or the user is still connected as another attendee."""
        others = [attendee.attendee_id for attendee in user.present if attendee.attendee_id not in left]
        loaded = self._ledger.load(meeting.id, [user.id], others)
        user = loaded.users[user.id]
        if user.hand is None or user.hand > at or set(others) - loaded.away:
            return
        clauses = lowered(self._clock, meeting, user, CHIME, LowerHand.name)
        transact_with_retry(self._ledger, self._clock, clauses)

    def _is_latest(self, seen: AttendeeSeen) -> bool:
        """Stores the time of the event. False if a later one is stored, or if the attendee is unknown."""
        try:
            transact_with_retry(self._ledger, self._clock, [seen])
        except ConditionFailedError:
            return False
        return True

    def _found(self, meeting_id: str, attendee_id: str) -> tuple[Meeting, User] | None:
        """The meeting and the user of the attendee. `None` if Gavel does not know them."""
        loaded = self._ledger.load(meeting_id, attendees=[attendee_id])
        meeting, owner = loaded.meeting, loaded.attendees.get(attendee_id)
        if meeting is None or meeting.ended_at is not None or owner is None:
            return None
        return meeting, self._ledger.load(meeting_id, [owner]).users[owner]

    def _registered(self, meeting_id: str) -> Meeting | None:
        """The meeting, if it is registered and has not ended."""
        meeting = self._ledger.load(meeting_id).meeting
        return meeting if meeting is not None and meeting.ended_at is None else None


def _alone(look: Callable[[], Found], result: ComparisonResult, meeting_id: str, user_id: str) -> Found | None:
    """Calls `look` for one user. If the user was just changed, or `look` fails, the next comparison does it."""
    try:
        return look()
    except (InfrastructureError, NotSettledError):
        return None
    except Exception as error:
        result.faults.append(UnexpectedError(where(error), meeting_id, user_id=user_id))
        return None
