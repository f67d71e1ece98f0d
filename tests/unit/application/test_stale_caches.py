"""Two cases of a warm process with a stale cache of what Chime held before a meeting's change."""

import pytest
from moderation.domain.capability import Medium
from moderation.domain.commands import Mute, MuteEverybody, Unmute, UnmuteEverybody
from moderation.domain.entry import CAPABILITIES_CHANGED
from moderation.domain.summary import summary

from tests.unit.application.commanded_meeting import MUTE_ALL, CommandedMeeting

BOTH = (Medium.AUDIO, Medium.CONTENT)


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def last_told(meeting: CommandedMeeting) -> dict[str, object]:
    attendees = meeting.entries(CAPABILITIES_CHANGED)[-1].extra["attendees"]
    assert isinstance(attendees, list)
    return dict(attendees[0])


def test_a_mute_after_a_mute_all_claims_nothing_that_the_mute_all_did(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", Unmute(), "bob")
    meeting.done("alice", MUTE_ALL)
    answer = meeting.answered("alice", Mute(), "bob")
    told = last_told(meeting)
    assert told["before"] == told["after"] == meeting.held("bob")
    assert told["effects"] == list(answer.effects) == ["content-audio-may-flow", "already-silent"]


def test_a_mute_after_an_unmute_all_tells_that_it_silenced(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", Unmute(), "bob")
    meeting.done("alice", MuteEverybody(BOTH))
    meeting.refused("bob", Unmute(), "bob")
    meeting.done("alice", UnmuteEverybody(BOTH))
    answer = meeting.answered("alice", Mute(), "bob")
    told = last_told(meeting)
    assert told["before"] == {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
    assert told["after"] == meeting.held("bob")
    assert answer.effects == ("content-audio-may-flow",)
    assert summary(meeting.entries(CAPABILITIES_CHANGED)[-1]) == "bob can no longer speak"


def test_a_change_that_was_overruled_tells_what_it_carried_out(meeting: CommandedMeeting) -> None:
    """Of two waiting changes, the first to be processed applies the rules of both."""
    meeting.chime_refuses()
    mute = meeting.answered("alice", Mute(), "bob")
    meeting.answered("hugo", Unmute(), "bob")
    last = meeting.answered("hugo", Mute((Medium.VIDEO,)), "bob")
    meeting.chime_recovers()
    meeting.reconcile(60)
    meeting.reconcile(60)
    assert meeting.change(mute.change_id).status == "superseded"
    assert meeting.change(last.change_id).status == "applied"
    held = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
    for entry in meeting.entries(CAPABILITIES_CHANGED):
        attendees = entry.extra["attendees"]
        assert isinstance(attendees, list)
        assert attendees[0]["before"] == held
        held = attendees[0]["after"]
    assert held == meeting.held("bob")
