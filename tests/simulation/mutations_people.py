"""Production without one of the safeguards at a time that deeds on people rest on: consent, floors, hosts, removal."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from moderation.application.background import expiry
from moderation.application.commands import attendee_commands, pipeline
from moderation.application.commands import consent as consents
from moderation.application.enforcement import attendee_applier, consent_requests, meeting_applier
from moderation.application.enforcement.change_in_progress import ChangeInProgress, wanted
from moderation.application.enforcement.roster_reader import RosterReader
from moderation.application.enforcement.roster_snapshot import RosterSnapshot
from moderation.domain import effective, meeting
from moderation.domain.capability import Capabilities
from moderation.domain.decisions import decide
from moderation.domain.decisions.decision import Accepted
from moderation.domain.entry import REMOVED, UNMUTE_ANSWERED
from moderation.domain.meeting import Meeting, MeetingRules, User
from moderation.ports import ChangeKept, ChimeNotFoundError, Clause, EntryWritten, SeatBound

from .mutation import APPLIED, CLOSED, DECIDED_THERE, HOLDS, KNOWN, ONCE, TWICE, Mutation, drop
from .small_consent import ANSWERED_FROM_ELSEWHERE, CONSENT_AND_MUTE_ALL, QUICK, SILENT_NEWCOMER
from .small_people import BAN_AND_EVERYBODY, BAN_AND_REJOIN, EXCLUSIVE_ENDED, FOUND_OUT_TWICE, LAST_HOST, UNDO
from .small_seeds import MOVED_WHILE_SILENT
from .small_stalls import GIVEN_UP_LATE

CONSENT = "no microphone opens without consent"
HOSTS = "a meeting knows how many hosts it has"
NO_HOST = "no host leaves a meeting without one"
ALONE = "an exclusive floor is the only one"
OUT = "who is out is not in Chime"
TOLD = "who is taken out is told of"
UNDONE = "an undo restores what was replaced"
STRANGER = "who is there is known"
ENDED = "what has ended is gone"
ANSWERED = "a request is answered once"


@contextmanager
def _counting_nobody(*modules: Any) -> Iterator[None]:
    with ExitStack() as stack:
        for module in modules:
            stack.enter_context(patch.object(module, "with_host_count", lambda then, *_: then))
        yield


def _whatever_was_changed(user: User, _: Meeting, now: datetime) -> bool:
    return user.rules.agreed is not None and now < user.rules.agreed.until


@contextmanager
def _agreed_whatever_was_changed() -> Iterator[None]:
    with (
        patch.object(meeting, "has_agreed", _whatever_was_changed),
        patch.object(attendee_applier, "has_agreed", _whatever_was_changed),
    ):
        yield


def _hears_him_where_he_was(self: Any, carried: ChangeInProgress, user: User) -> User:
    """A seat that Chime shows no more is taken for what it was."""
    of, seats = carried.meeting, dict(user.seats)
    for seat in user.present if Capabilities.SEND_AUDIO in wanted(self._world, of, user) else ():
        try:
            found = self._world.chime.seat(of.id, seat.attendee_id)
        except ChimeNotFoundError:
            continue
        seats[seat.attendee_id] = replace(seat, known=found.capabilities)
    return replace(user, seats=seats)


def _is_an_answer(clauses: Sequence[Clause]) -> bool:
    return any(isinstance(c, EntryWritten) and c.entry.type == UNMUTE_ANSWERED for c in clauses)


def _tells_who_was_taken_out(clauses: Sequence[Clause]) -> bool:
    """By a change of everybody, whatever becomes of it."""
    is_told = any(isinstance(c, EntryWritten) and c.entry.type == REMOVED for c in clauses)
    return is_told and any(isinstance(c, ChangeKept) and c.change.subject is None for c in clauses)


def _instead(owner: Any, name: str, other: Any) -> Any:
    def patched() -> AbstractContextManager[Any]:
        return patch.object(owner, name, other)

    return patched


PEOPLE_MUTATIONS = (
    Mutation(
        "microphones open by consent only", _instead(effective, "must_consent", lambda *_: False), (CONSENT,),
        case=CONSENT_AND_MUTE_ALL,
    ),
    Mutation(
        "before a microphone opens Chime is looked at",
        _instead(attendee_applier.AttendeeApplier, "_as_chime_has_him", lambda self, carried, user: user),
        (CONSENT,),
        {"slow": 0.5, "stall": 0.03},
        first=400,
    ),
    Mutation(
        "nobody is heard on a seat that is gone",
        _instead(attendee_applier.AttendeeApplier, "_as_chime_has_him", _hears_him_where_he_was),
        (CONSENT,),
    ),
    Mutation(
        "the roster tells who is heard",
        _instead(RosterSnapshot, "seen", lambda self, user_id: self.people[user_id]),
        (CONSENT, HOLDS, KNOWN),
        first=935,
    ),
    Mutation(
        "an agreement ends when the meeting is changed", _agreed_whatever_was_changed, (CONSENT,),
        case=CONSENT_AND_MUTE_ALL,
    ),
    Mutation(
        "a batch opens no newcomer's microphone",
        _instead(
            consent_requests.ConsentRequests, "newcomer", lambda self, on: wanted(self._world, on.meeting, User(""))
        ),
        (CONSENT,),
        case=SILENT_NEWCOMER,
    ),
    Mutation(
        "a request is answered when whoever asked is through",
        _instead(consents, "_is_left", lambda *_: True),
        (CONSENT, HOLDS, ONCE, TWICE, CLOSED, ANSWERED),
        case=QUICK,
    ),
    Mutation(
        "whoever answers is bound to his seat", drop(SeatBound, _is_an_answer), (STRANGER,),
        case=ANSWERED_FROM_ELSEWHERE,
    ),
    Mutation(
        "an exclusive floor begins a new turn",
        _instead(MeetingRules, "with_floor_generation", lambda self, *_: self),
        (ALONE,),
    ),
    Mutation(
        "an exclusive floor that has ended is overruled",
        _instead(meeting_applier, "has_its_turn", lambda *_: True),
        (APPLIED,),
        case=EXCLUSIVE_ENDED,
    ),
    Mutation(
        "a change of hosts is one of the meeting",
        lambda: _counting_nobody(attendee_commands, expiry, attendee_applier),
        (HOSTS, NO_HOST),
        case=LAST_HOST,
    ),
    Mutation("what is given up is counted", lambda: _counting_nobody(attendee_applier), (HOSTS,), case=GIVEN_UP_LATE),
    Mutation(
        "who is out is taken out by whatever reaches him",
        _instead(RosterReader, "take_out", lambda *_: None),
        (OUT,),
        case=BAN_AND_EVERYBODY,
    ),
    Mutation(
        "who is taken out is told of",
        _instead(attendee_applier.AttendeeApplier, "_taken_out", lambda *_: []),
        (TOLD,),
        case=BAN_AND_REJOIN,
    ),
    Mutation(
        "who is taken out by everybody's change is told of by its holder", drop(ChangeKept, _tells_who_was_taken_out),
        (TWICE,),
        case=FOUND_OUT_TWICE,
    ),
    Mutation("only what stands is undone", _instead(decide, "is_in_effect", lambda *_: True), (UNDONE,), case=UNDO),
    Mutation(
        "who changes while all are changed is looked at",
        _instead(RosterReader, "look_at_the_unclear", lambda *_: None),
        (CONSENT, KNOWN),
        case=MOVED_WHILE_SILENT,
    ),
    Mutation(
        "what is only said again is not decided from memory",
        _instead(pipeline, "_is_new", lambda decision: isinstance(decision, Accepted)),
        (DECIDED_THERE,),
    ),
)  # fmt: skip
