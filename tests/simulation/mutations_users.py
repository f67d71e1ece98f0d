"""Production without one safeguard of the user commands at a time: consent, floors, hosts, removal."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from moderation.application.background import expiry
from moderation.application.commands import attendee_commands
from moderation.application.commands import consent as consents
from moderation.application.enforcement import (
    attendee_applier,
    attendee_reader,
    consent_requests,
    meeting_applier,
)
from moderation.application.enforcement.change_in_progress import ChangeInProgress, wanted
from moderation.application.enforcement.roster_reader import RosterReader
from moderation.application.enforcement.roster_snapshot import RosterSnapshot
from moderation.domain import effective, meeting
from moderation.domain.capability import Capabilities
from moderation.domain.decisions import decide, decision
from moderation.domain.decisions.decision import Case, with_request
from moderation.domain.entry import UNMUTE_ANSWERED
from moderation.domain.meeting import Meeting, MeetingRules, User, UserRules
from moderation.ports import AttendeeBound, ChimeNotFoundError, Clause, EntryWritten

from .mutation import APPLIED, CLOSED, CONSENT, HOLDS, KNOWN, ONCE, TOLD, TWICE, Mutation, drop
from .small_consent import ANSWERED_FROM_ELSEWHERE, ASKED_UNTIL_NOBODY_IS, CONSENT_AND_MUTE_ALL, QUICK, SILENT_NEWCOMER
from .small_seeds import MOVED_WHILE_SILENT
from .small_stalls import GIVEN_UP_LATE
from .small_users import BAN_AND_EVERYBODY, BAN_AND_REJOIN, EXCLUSIVE_ENDED, LAST_HOST, UNDO

HOSTS = "a meeting knows how many hosts it has"
NO_HOST = "no host leaves a meeting without one"
ALONE = "an exclusive floor is the only one"
OUT = "who is out is not in Chime"
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


def _with_the_request_as_long_as_it_is_open(case: Case, rules: UserRules, opening: Capabilities) -> UserRules:
    is_open = rules.asked is not None and rules.asked.is_open(case.now)
    audio = Capabilities.SEND_AUDIO
    if is_open and audio in case.effective(consented=True) and audio in case.effective(rules):
        return rules
    return with_request(case, rules, opening)


@contextmanager
def _agreed_whatever_was_changed() -> Iterator[None]:
    with (
        patch.object(meeting, "has_agreed", _whatever_was_changed),
        patch.object(attendee_reader, "has_agreed", _whatever_was_changed),
    ):
        yield


def _newcomer_as_the_rules_say(self: Any, on: ChangeInProgress) -> Capabilities:
    return wanted(self._policies, self._clock, on.meeting, User(""))


def _keeps_stale_audio(self: Any, carried: ChangeInProgress, user: User) -> User:
    """Keeps the noted audio of an attendee that Chime does not show any more."""
    of, attendees = carried.meeting, dict(user.attendees)
    for attendee in user.present if Capabilities.SEND_AUDIO in wanted(self._policies, self._clock, of, user) else ():
        try:
            found = self._chime.attendee(of.id, attendee.attendee_id)
        except ChimeNotFoundError:
            continue
        attendees[attendee.attendee_id] = replace(attendee, known=found.capabilities)
    return replace(user, attendees=attendees)


def _is_an_answer(clauses: Sequence[Clause]) -> bool:
    return any(isinstance(c, EntryWritten) and c.entry.type == UNMUTE_ANSWERED for c in clauses)


def _instead(owner: Any, name: str, other: Any) -> Any:
    def patched() -> AbstractContextManager[Any]:
        return patch.object(owner, name, other)

    return patched


USER_MUTATIONS = (
    Mutation(
        "microphones open by consent only", _instead(effective, "must_consent", lambda *_: False), (CONSENT,),
        case=CONSENT_AND_MUTE_ALL,
    ),
    Mutation(
        "before a microphone opens Chime is looked at",
        _instead(attendee_reader.AttendeeReader, "as_chime_has", lambda self, carried, user: user),
        (CONSENT,),
        {"slow": 0.5, "stall": 0.03},
        first=50,
    ),
    Mutation(
        "nobody is heard on an attendee that is gone",
        _instead(attendee_reader.AttendeeReader, "as_chime_has", _keeps_stale_audio),
        (CONSENT,),
        first=4480,
    ),
    Mutation(
        "the roster tells who is heard",
        _instead(RosterSnapshot, "seen", lambda self, user_id: self.users[user_id]),
        (CONSENT, HOLDS, KNOWN),
        first=230,
    ),
    Mutation(
        "an agreement ends when the meeting is changed", _agreed_whatever_was_changed, (CONSENT,),
        case=CONSENT_AND_MUTE_ALL,
    ),
    Mutation(
        "a batch opens no newcomer's microphone",
        _instead(
            consent_requests.ConsentRequests, "newcomer", _newcomer_as_the_rules_say
        ),
        (CONSENT,),
        case=SILENT_NEWCOMER,
    ),
    Mutation(
        "a request is answered when the change that asked has settled",
        _instead(consents, "_is_left", lambda *_: True),
        (CONSENT, HOLDS, ONCE, TWICE, CLOSED, ANSWERED),
        case=QUICK,
    ),
    Mutation(
        "a user who answers is bound to their attendee", drop(AttendeeBound, _is_an_answer), (STRANGER,),
        case=ANSWERED_FROM_ELSEWHERE,
    ),
    Mutation(
        "an exclusive floor begins a new turn",
        _instead(MeetingRules, "with_floor_generation", lambda self, *_: self),
        (ALONE,),
    ),
    Mutation(
        "an exclusive floor that has ended is overruled",
        _instead(meeting_applier, "has_exclusive_floor", lambda *_: True),
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
        "a user who is out is removed by any change that reaches them",
        _instead(RosterReader, "remove_attendees", lambda *_: None),
        (OUT,),
        case=BAN_AND_EVERYBODY,
    ),
    Mutation(
        TOLD,
        _instead(attendee_applier, "removed_attendees", lambda *_: []),
        (TOLD,),
        case=BAN_AND_REJOIN,
    ),
    Mutation(
        "a request is moot once the meeting asks nobody",
        _instead(decision, "with_request", _with_the_request_as_long_as_it_is_open),
        (APPLIED,),
        case=ASKED_UNTIL_NOBODY_IS,
    ),
    Mutation("only what stands is undone", _instead(decide, "is_in_effect", lambda *_: True), (UNDONE,), case=UNDO),
    Mutation(
        "who changes while all are changed is looked at",
        _instead(RosterReader, "read_unclear_attendees", lambda *_: None),
        (CONSENT, KNOWN),
        case=MOVED_WHILE_SILENT,
    ),
)  # fmt: skip
