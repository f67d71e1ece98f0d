"""Two histories in which a warm process remembered what Chime held before a change of the whole meeting."""

import pytest
from moderation.domain.capability import Medium
from moderation.domain.commands import Mute, MuteEverybody, Unmute, UnmuteEverybody
from moderation.domain.entry import CAPABILITIES_CHANGED
from moderation.domain.summary import summary

from tests.unit.application.hall import MUTE_ALL, Stage

BOTH = (Medium.AUDIO, Medium.CONTENT)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def last_told(stage: Stage) -> dict[str, object]:
    attendees = stage.entries(CAPABILITIES_CHANGED)[-1].extra["attendees"]
    assert isinstance(attendees, list)
    return dict(attendees[0])


def test_a_mute_after_a_mute_all_claims_nothing_that_the_mute_all_did(stage: Stage) -> None:
    stage.answered("alice", Mute(), "bob")
    stage.answered("alice", Unmute(), "bob")
    stage.done("alice", MUTE_ALL)
    answer = stage.answered("alice", Mute(), "bob")
    told = last_told(stage)
    assert told["before"] == told["after"] == stage.held("bob")
    assert told["effects"] == list(answer.effects) == ["content-audio-may-flow", "already-silent"]


def test_a_mute_after_an_unmute_all_tells_that_it_silenced(stage: Stage) -> None:
    stage.answered("alice", Mute(), "bob")
    stage.answered("alice", Unmute(), "bob")
    stage.done("alice", MuteEverybody(BOTH))
    stage.refused("bob", Unmute(), "bob")
    stage.done("alice", UnmuteEverybody(BOTH))
    answer = stage.answered("alice", Mute(), "bob")
    told = last_told(stage)
    assert told["before"] == {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
    assert told["after"] == stage.held("bob")
    assert answer.effects == ("content-audio-may-flow",)
    assert summary(stage.entries(CAPABILITIES_CHANGED)[-1]) == "bob now has audio Receive"


def test_a_change_that_was_overruled_tells_what_it_carried_out(stage: Stage) -> None:
    """Of two changes that wait, the one that is looked at first carries out the rules that both have made."""
    stage.chime_refuses()
    mute = stage.answered("alice", Mute(), "bob")
    stage.answered("hugo", Unmute(), "bob")
    last = stage.answered("hugo", Mute((Medium.VIDEO,)), "bob")
    stage.chime_recovers()
    stage.reconcile(60)
    stage.reconcile(60)
    assert stage.change(mute.change_id).status == "superseded"
    assert stage.change(last.change_id).status == "applied"
    held = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
    for entry in stage.entries(CAPABILITIES_CHANGED):
        attendees = entry.extra["attendees"]
        assert isinstance(attendees, list)
        assert attendees[0]["before"] == held
        held = attendees[0]["after"]
    assert held == stage.held("bob")
