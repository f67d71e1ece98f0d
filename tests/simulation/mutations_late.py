"""Production without one safeguard at a time, of those for functions that learn late of a change, an answer or a
removal.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

from moderation.application.enforcement.change_applier import ChangeApplier
from moderation.application.enforcement.change_in_progress import ChangeInProgress
from moderation.application.enforcement.chime_calls import ChimeCalls
from moderation.application.enforcement.consent_requests import ConsentRequests
from moderation.application.enforcement.roster_reader import RosterReader
from moderation.application.enforcement.roster_snapshot import RosterSnapshot
from moderation.domain.capability import Capabilities
from moderation.domain.change import Change
from moderation.domain.meeting import Meeting, User
from moderation.ports import AttendeesNoted, Clause

from .mutation import CONSENT, HOLDS, TOLD, Mutation
from .small_late import (
    ANSWER_READ_LATE,
    LEFT_TO_A_LATER_CHANGE,
    OPENED_BY_AN_OVERTAKEN_CHANGE,
    REMOVED_WHILE_A_FUNCTION_STALLS,
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


def _newcomer_as_if_not_overtaken(self: ConsentRequests, in_progress: ChangeInProgress) -> Capabilities:
    latest = replace(in_progress.meeting, revised_by=in_progress.change.id)
    return newcomer(self, replace(in_progress, meeting=latest))


with_notes, newcomer = ChangeApplier._with_notes, ConsentRequests.newcomer
read_unclear_attendees = RosterReader.read_unclear_attendees

LATE_MUTATIONS = (
    Mutation(
        "an answer that is read late proves nothing about that time",
        lambda: patch.object(ChimeCalls, "is_undone_by_none", _undone_by_none_since_the_answer),
        (HOLDS,),
        case=ANSWER_READ_LATE,
    ),
    Mutation(
        "a released change notes no attendee that is gone",
        lambda: patch.object(ChangeApplier, "_with_notes", _noting_those_that_are_gone),
        (TOLD,),
        case=REMOVED_WHILE_A_FUNCTION_STALLS,
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
