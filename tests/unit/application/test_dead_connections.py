"""Chime's connection died while the function was frozen: the first read on it costs the caller nothing.

https://github.com/boto/botocore/issues/2787
"""

from collections.abc import Callable
from typing import Any

import pytest
from moderation.application.requests import Answer, Outcome, Refused, Request
from moderation.domain.capability import Medium
from moderation.domain.commands import Bind, Mute, MuteEverybody, Register
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import OutcomeUnknownError

from tests.memory.moderated_meeting import ADMIN, MEETING
from tests.unit.application.commanded_meeting import SILENT, CommandedMeeting

ANOTHER = "22222222-2222-2222-2222-222222222222"
READS = ("meeting", "attendee", "roster")
Operation = Callable[[CommandedMeeting, Callable[[], None]], object]
"""What is done before the freeze, the freeze itself (which it calls), and what comes after it."""


def takes_a_camera_where_microphones_open_by_consent(meeting: CommandedMeeting, freeze: Callable[[], None]) -> Outcome:
    meeting.consenting(UnmuteConsent.REQUIRED)
    freeze()
    return meeting.ask("alice", Mute(media=(Medium.VIDEO,)), "bob")


def mutes_in_a_meeting_that_is_over(meeting: CommandedMeeting, freeze: Callable[[], None]) -> Outcome:
    del meeting.chime.rooms[MEETING]
    freeze()
    return meeting.ask("alice", Mute(), "bob")


def takes_over_what_is_done_already(meeting: CommandedMeeting, freeze: Callable[[], None]) -> object:
    meeting.chime_refuses()
    waiting = meeting.answered("alice", Mute(), "bob")
    meeting.chime_recovers()
    meeting.drifts("bob", SILENT)
    meeting.chime.calls.clear()
    freeze()
    meeting.reconcile(seconds=40)
    return meeting.change(waiting.change_id).status


def mutes_everybody(meeting: CommandedMeeting, freeze: Callable[[], None]) -> Outcome:
    freeze()
    return meeting.done("alice", MuteEverybody())


def registers(meeting: CommandedMeeting, freeze: Callable[[], None]) -> Outcome:
    meeting.chime.open(ANOTHER, {})
    freeze()
    return meeting.gavel.perform(Request(ANOTHER, ADMIN, Register(roles={"alice": "host"})))


def mutes_somebody_new(meeting: CommandedMeeting, freeze: Callable[[], None]) -> Outcome:
    meeting.comes("dora")
    freeze()
    return meeting.ask("alice", Mute(), "dora")


def binds_a_newcomer(meeting: CommandedMeeting, freeze: Callable[[], None]) -> Outcome:
    attendee_id = meeting.comes("dora")
    freeze()
    return meeting.gavel.perform(Request(MEETING, ADMIN, Bind(), attendee_id=attendee_id))


def looks_at_somebody_new(meeting: CommandedMeeting, freeze: Callable[[], None]) -> object:
    attendee_id = meeting.comes("dora")
    freeze()
    return meeting.gavel.attendee(MEETING, ADMIN, attendee_id=attendee_id)


def hears_of_a_newcomer(meeting: CommandedMeeting, freeze: Callable[[], None]) -> object:
    attendee_id = meeting.comes("dora")
    freeze()
    meeting.gavel.chime_events.on_joined(MEETING, attendee_id)
    return meeting.user("dora").attendees[attendee_id].known


def hears_of_the_end(meeting: CommandedMeeting, freeze: Callable[[], None]) -> object:
    del meeting.chime.rooms[MEETING]
    freeze()
    meeting.gavel.chime_events.on_ended(MEETING)
    return meeting.stored().ended_at is not None


OPERATIONS: tuple[Operation, ...] = (
    takes_a_camera_where_microphones_open_by_consent,
    mutes_in_a_meeting_that_is_over,
    takes_over_what_is_done_already,
    mutes_everybody,
    registers,
    mutes_somebody_new,
    binds_a_newcomer,
    looks_at_somebody_new,
    hears_of_a_newcomer,
    hears_of_the_end,
)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_it_comes_out_as_if_nothing_had_happened(operation: Operation) -> None:
    plain, dead = CommandedMeeting(), CommandedMeeting()
    as_ever = said(operation(plain, lambda: None))
    dropped = list[str]()
    assert said(operation(dead, lambda: drop_next_read(dead, dropped))) == as_ever
    assert len(dropped) == 1, "the operation reads from Chime"
    assert [call for call in dead.chime.calls if call.operation not in READS] == [
        call for call in plain.chime.calls if call.operation not in READS
    ]


def drop_next_read(meeting: CommandedMeeting, dropped: list[str]) -> None:
    for operation in READS:
        setattr(meeting.chime, operation, _dropping(operation, getattr(meeting.chime, operation), dropped))


def _dropping(operation: str, read: Callable[..., Any], dropped: list[str]) -> Callable[..., Any]:
    def first(*args: Any) -> Any:
        if dropped:
            return read(*args)
        dropped.append(operation)
        raise OutcomeUnknownError("ConnectionClosedError")

    return first


def said(found: object) -> object:
    match found:
        case Answer():
            return found.status, found.before, found.after, found.outcomes
        case Refused():
            return found.code
        case dict():
            return found["capabilities"], found["status"]
    return found
