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
from tests.unit.application.hall import SILENT, Stage

ANOTHER = "22222222-2222-2222-2222-222222222222"
READS = ("meeting", "seat", "roster")
Deed = Callable[[Stage, Callable[[], None]], object]
"""What is done before the freeze, the freeze itself (which it calls), and what comes after it."""


def takes_a_camera_where_microphones_open_by_consent(stage: Stage, freeze: Callable[[], None]) -> Outcome:
    stage.consenting(UnmuteConsent.REQUIRED)
    freeze()
    return stage.ask("alice", Mute(media=(Medium.VIDEO,)), "bob")


def mutes_in_a_meeting_that_is_over(stage: Stage, freeze: Callable[[], None]) -> Outcome:
    del stage.chime.rooms[MEETING]
    freeze()
    return stage.ask("alice", Mute(), "bob")


def takes_over_what_is_done_already(stage: Stage, freeze: Callable[[], None]) -> object:
    stage.chime_refuses()
    waiting = stage.answered("alice", Mute(), "bob")
    stage.chime_recovers()
    stage.turn("bob", SILENT)
    stage.chime.calls.clear()
    freeze()
    stage.reconcile(seconds=40)
    return stage.change(waiting.change_id).status


def mutes_everybody(stage: Stage, freeze: Callable[[], None]) -> Outcome:
    freeze()
    return stage.done("alice", MuteEverybody())


def registers(stage: Stage, freeze: Callable[[], None]) -> Outcome:
    stage.chime.open(ANOTHER, {})
    freeze()
    return stage.gavel.perform(Request(ANOTHER, ADMIN, Register(roles={"alice": "host"})))


def mutes_somebody_new(stage: Stage, freeze: Callable[[], None]) -> Outcome:
    stage.comes("dora")
    freeze()
    return stage.ask("alice", Mute(), "dora")


def binds_a_newcomer(stage: Stage, freeze: Callable[[], None]) -> Outcome:
    attendee_id = stage.comes("dora")
    freeze()
    return stage.gavel.perform(Request(MEETING, ADMIN, Bind(), attendee_id=attendee_id))


def looks_at_somebody_new(stage: Stage, freeze: Callable[[], None]) -> object:
    attendee_id = stage.comes("dora")
    freeze()
    return stage.gavel.attendee(MEETING, ADMIN, attendee_id=attendee_id)


def hears_of_a_newcomer(stage: Stage, freeze: Callable[[], None]) -> object:
    attendee_id = stage.comes("dora")
    freeze()
    stage.gavel.presence.on_joined(MEETING, attendee_id)
    return stage.user("dora").seats[attendee_id].known


def hears_of_the_end(stage: Stage, freeze: Callable[[], None]) -> object:
    del stage.chime.rooms[MEETING]
    freeze()
    stage.gavel.presence.on_ended(MEETING)
    return stage.meeting().ended_at is not None


DEEDS: tuple[Deed, ...] = (
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


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_it_comes_out_as_if_nothing_had_happened(deed: Deed) -> None:
    plain, dead = Stage(), Stage()
    as_ever = said(deed(plain, lambda: None))
    dropped = list[str]()
    assert said(deed(dead, lambda: drop_next_read(dead, dropped))) == as_ever
    assert len(dropped) == 1, "the deed reads from Chime"
    assert [call for call in dead.chime.calls if call.operation not in READS] == [
        call for call in plain.chime.calls if call.operation not in READS
    ]


def drop_next_read(stage: Stage, dropped: list[str]) -> None:
    for operation in READS:
        setattr(stage.chime, operation, _dropping(operation, getattr(stage.chime, operation), dropped))


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
