"""Production without one safeguard at a time, of those for functions that learn late of a change, an answer or a
removal.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

from moderation.application.enforcement import attendee_outcome, roster_reader
from moderation.application.enforcement.change_applier import ChangeApplier
from moderation.application.enforcement.change_in_progress import ChangeInProgress
from moderation.application.enforcement.chime_calls import ChimeCalls
from moderation.application.enforcement.consent_requests import ConsentRequests
from moderation.application.enforcement.roster_reader import RosterReader
from moderation.application.enforcement.roster_snapshot import RosterSnapshot
from moderation.domain.capability import Capabilities
from moderation.domain.change import AttendeeChange, Change
from moderation.domain.meeting import Attendee, Meeting, User
from moderation.ports import AttendeesNoted, Clause

from .mutation import APPLIED, CONSENT, HOLDS, TOLD, Mutation
from .small_late import (
    DECIDED_AGAIN_WHILE_A_CALL_LIVES,
    FROZEN_AFTER_A_CALL,
    LEFT_TO_A_LATER_CHANGE,
    OPENED_BY_AN_OVERTAKEN_CHANGE,
    REMOVED_BY_AN_OLDER_MUTE,
    REMOVED_BY_TWO_CHANGES,
    REMOVED_WHILE_A_FUNCTION_STALLS,
    UNMUTED_WHILE_AWAY,
)


def _undone_by_none_since_the_answer(self: ChimeCalls, attendee_id: str) -> bool:
    return self.uncertain_until is None or self.reached_at[attendee_id] > self.uncertain_until


def _noting_those_that_are_gone(
    self: ChangeApplier, in_progress: ChangeInProgress, left: Change, calls: ChimeCalls, now: datetime
) -> Iterator[tuple[Change, list[Clause]]]:
    user = in_progress.user
    if user is None:
        yield from with_notes(self, in_progress, left, calls, now)
        return
    present = replace(user, attendees={key: replace(each, gone=False) for key, each in user.attendees.items()})
    for kept, notes in with_notes(self, replace(in_progress, user=present), left, calls, now):
        yield kept, [_gone_as_stored(user, each) if isinstance(each, AttendeesNoted) else each for each in notes]


def _gone_as_stored(user: User, noted: AttendeesNoted) -> AttendeesNoted:
    attendees = [replace(each, gone=user.attendees[each.attendee_id].gone) for each in noted.attendees]
    return replace(noted, attendees=tuple(attendees))


def _asking_about_own_attendees(self: RosterReader, meeting: Meeting, snapshot: RosterSnapshot) -> None:
    own = {key: user_id for key, user_id in snapshot.attendees.items() if key not in snapshot.handed_over}
    read_unclear_attendees(self, meeting, replace(snapshot, attendees=own))


def _waiting_of_those_present(change: AttendeeChange, meeting: Meeting, user: User, now: datetime) -> bool:
    return waits_in_vain(replace(change, effects=()), meeting, user, now)


def _whatever_is_noted(meeting_id: str, user_id: str, revision: int, attendees: tuple[Attendee, ...], _: int) -> Clause:
    return AttendeesNoted(meeting_id, user_id, revision, attendees)


def _newcomer_as_if_not_overtaken(self: ConsentRequests, in_progress: ChangeInProgress) -> Capabilities:
    latest = replace(in_progress.meeting, revised_by=in_progress.change.id)
    return newcomer(self, replace(in_progress, meeting=latest))


with_notes, newcomer = ChangeApplier._with_notes, ConsentRequests.newcomer
read_unclear_attendees = RosterReader.read_unclear_attendees
waits_in_vain = attendee_outcome._waits_in_vain

LATE_MUTATIONS = (
    Mutation(
        "an answer that is read late proves nothing about that time",
        lambda: patch.object(ChimeCalls, "is_undone_by_none", _undone_by_none_since_the_answer),
        (HOLDS,),
        case=DECIDED_AGAIN_WHILE_A_CALL_LIVES,
    ),
    Mutation(
        "a released change notes no attendee that is gone",
        lambda: patch.object(ChangeApplier, "_with_notes", _noting_those_that_are_gone),
        (TOLD,),
        case=REMOVED_WHILE_A_FUNCTION_STALLS,
    ),
    Mutation(
        "an unmute of nobody present that waits for a request ends with it",
        lambda: patch.object(attendee_outcome, "_waits_in_vain", _waiting_of_those_present),
        (APPLIED,),
        case=UNMUTED_WHILE_AWAY,
    ),
    Mutation(
        "a function whose lease is over notes nothing",
        lambda: patch.object(ChimeCalls, "is_late", lambda *_: False),
        (HOLDS,),
        case=FROZEN_AFTER_A_CALL,
    ),
    Mutation(
        "attendees that a change removes by rules of another are stored with it",
        lambda: patch.object(ChimeCalls, "store_removals", lambda *_: None),
        (TOLD,),
        case=REMOVED_BY_AN_OLDER_MUTE,
    ),
    Mutation(
        "of two changes that remove an attendee, one reports it",
        lambda: patch.object(roster_reader, "AttendeesNoted", _whatever_is_noted),
        (TOLD,),
        case=REMOVED_BY_TWO_CHANGES,
    ),
    Mutation(
        "a note on an attendee left to a later change proves nothing",
        lambda: patch.object(RosterReader, "read_unclear_attendees", _asking_about_own_attendees),
        (CONSENT,),
        case=LEFT_TO_A_LATER_CHANGE,
    ),
    Mutation(
        "an overtaken change opens no microphone of a newcomer",
        lambda: patch.object(ConsentRequests, "newcomer", _newcomer_as_if_not_overtaken),
        (CONSENT,),
        case=OPENED_BY_AN_OVERTAKEN_CHANGE,
    ),
)
