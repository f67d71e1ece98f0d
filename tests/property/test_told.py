"""What is told of a change is what Chime really held before it and holds after it: in the answer, in the event and in
what is kept of the change, whichever process took the command and whatever it remembered.
"""

from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel
from moderation.domain.capability import Capabilities, Medium, from_words, in_words
from moderation.domain.commands import (
    Command,
    Hold,
    Mute,
    MuteEverybody,
    Release,
    SetCapabilities,
    SetMeeting,
    Unmute,
    UnmuteEverybody,
)
from moderation.domain.effective import effects_on_attendee
from moderation.domain.entry import CAPABILITIES_CHANGED
from moderation.domain.rule_changes import withholding

from tests.memory.moderated_meeting import MEETING, ModeratedMeeting, attendee_of
from tests.unit.application.commanded_meeting import by

AUDIO, BOTH = (Medium.AUDIO,), (Medium.AUDIO, Medium.CONTENT)
ON_BOB: tuple[tuple[str, Command], ...] = (
    ("alice", Mute()),
    ("alice", Mute(BOTH)),
    ("alice", Unmute()),
    ("alice", Unmute(BOTH)),
    ("alice", Hold()),
    ("alice", Release()),
    ("alice", SetCapabilities({Medium.AUDIO: Capabilities.RECEIVE_AUDIO})),
    ("bob", Mute()),
    ("bob", Unmute()),
)
ON_ALL: tuple[tuple[str, Command], ...] = (
    ("alice", MuteEverybody(AUDIO)),
    ("alice", MuteEverybody(BOTH)),
    ("alice", UnmuteEverybody(BOTH)),
    ("alice", SetMeeting(mode="presentation")),
    ("alice", SetMeeting(mode="open")),
)


@st.composite
def steps(draw: st.DrawFn) -> tuple[int, bool, str, Command]:
    """Which of two processes is called, by which actor, with which command, and whether it names bob's attendee."""
    on_bob = draw(st.integers(0, 2)) > 0
    who, command = draw(st.sampled_from(ON_BOB if on_bob else ON_ALL))
    return draw(st.integers(0, 1)), on_bob, who, command


@settings(max_examples=60, deadline=None)
@given(st.lists(steps(), min_size=2, max_size=9))
def test_what_is_told_is_what_chime_held(asked: list[tuple[int, bool, str, Command]]) -> None:
    meeting = ModeratedMeeting()
    processes = (meeting.gavel, meeting.another_process())
    for number, on_bob, who, command in asked:
        before, told_before = meeting.bits("bob"), len(meeting.entries())
        outcome = _ask(processes[number], on_bob, who, command)
        after = meeting.bits("bob")
        entries = [e for e in meeting.entries()[told_before:] if e.type == CAPABILITIES_CHANGED]
        told: list[dict[str, Any]] = [
            a
            for e in entries
            for a in cast("list[dict[str, Any]]", e.extra["attendees"])
            if a["externalUserId"] == "bob"
        ]
        if before != after:
            assert len(told) == 1, (command, told)
        for one in told:
            assert (from_words(one["before"]), from_words(one["after"])) == (before, after), command
        if on_bob and isinstance(outcome, Answer) and outcome.status == "applied":
            _agrees(meeting, outcome, told, before, after)


def _ask(gavel: Gavel, on_bob: bool, who: str, command: Command) -> object:
    return gavel.perform(Request(MEETING, by(who), command, attendee_id=attendee_of("bob") if on_bob else None))


def _agrees(
    meeting: ModeratedMeeting, answer: Answer, told: list[dict[str, Any]], before: Capabilities, after: Capabilities
) -> None:
    change = meeting.ledger.changes[MEETING, answer.change_id or ""]
    expected = effects_on_attendee(before, after, withholding(change))
    assert (answer.before, answer.after, answer.effects) == (before, after, expected)
    assert (change.before, change.after, change.effects) == (before, after, expected)
    assert told == [
        {
            "attendeeId": attendee_of("bob"),
            "externalUserId": "bob",
            "before": in_words(before),
            "after": in_words(after),
            "effects": list(expected),
        }
    ]
