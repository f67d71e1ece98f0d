"""Chime tells of every order of ours. An echo costs no call; a change that is none of ours is looked into."""

from moderation.application.requests import Request
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Mute, MuteEverybody
from moderation.domain.entry import DRIFT_FOUND
from moderation.ports import OutcomeUnknownError

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, seat
from tests.unit.application.test_stumbling import now_and_then


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


def test_what_can_not_be_looked_into_at_once_is_looked_into_again() -> None:
    scene = ModeratedMeeting()
    scene.answered("alice", Mute(), "bob")
    scene.surroundings.pass_by(61)
    scene.chime.write(MEETING, scene.chime.seat(MEETING, seat("bob")), EVERYTHING)
    scene.chime.take_away(MEETING, seat("carol"))
    now_and_then(scene.chime, ("seat",), OutcomeUnknownError)
    scene.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    scene.gavel.presence.on_deleted(MEETING, seat("carol"))
    assert scene.held("bob")["audio"] == "Receive"
    assert scene.user("carol").seats[seat("carol")].gone


def test_the_echoes_of_a_mute_all_cost_no_call() -> None:
    scene = ModeratedMeeting()
    scene.gavel.perform(Request(MEETING, ADMIN, MuteEverybody()))
    assert scene.held("carol")["audio"] == "Receive"
    scene.chime.calls.clear()
    for user in ("bob", "carol"):
        scene.gavel.presence.on_capabilities_updated(MEETING, seat(user))
    assert scene.chime.calls == []
