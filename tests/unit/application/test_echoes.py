"""Chime tells of every order of ours. An echo costs no call; a change that is none of ours is looked into."""

from moderation.application.requests import Request
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Mute, MuteEverybody
from moderation.domain.entry import DRIFT_FOUND

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, seat


def test_an_echo_costs_no_call() -> None:
    scene = ModeratedMeeting()
    scene.answered("alice", Mute(), "bob")
    scene.chime.calls.clear()
    scene.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert scene.chime.calls == []


def test_what_is_no_echo_is_looked_into_and_put_right() -> None:
    scene = ModeratedMeeting()
    scene.answered("alice", Mute(), "bob")
    scene.surroundings.pass_by(61)
    scene.chime.write(MEETING, scene.chime.seat(MEETING, seat("bob")), EVERYTHING)
    scene.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert scene.held("bob")["audio"] == "Receive"
    assert len(scene.entries(DRIFT_FOUND)) == 1


def test_the_echoes_of_a_mute_all_cost_no_call() -> None:
    scene = ModeratedMeeting()
    scene.gavel.perform(Request(MEETING, ADMIN, MuteEverybody()))
    assert scene.held("carol")["audio"] == "Receive"
    scene.chime.calls.clear()
    for user in ("bob", "carol"):
        scene.gavel.presence.on_capabilities_updated(MEETING, seat(user))
    assert scene.chime.calls == []
