"""Chime differs from the rules though nothing is under way: wider is put right, narrower is told and left."""

import pytest
from moderation.domain.actor import ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.commands import Mute, MuteEverybody, SetMeeting, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, DRIFT_FOUND, MEETING_ENDED
from moderation.domain.summary import summary

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, Hall, not_now

NARROWER = SILENT & ~Capabilities.SEND_VIDEO


@pytest.fixture
def hall() -> Hall:
    """bob is muted, and that was a while ago."""
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    hall.surroundings.pass_by(61)
    hall.chime.calls.clear()
    return hall


def shown(hall: Hall, user: str = "bob") -> dict[str, object]:
    found = hall.gavel.attendee(MEETING, ADMIN, attendee_id=seat(user))
    assert isinstance(found, dict)
    return found


def told(hall: Hall) -> list[dict[str, object]]:
    said = []
    for entry in hall.entries(DRIFT_FOUND):
        assert entry.actor.kind is ActorKind.CHIME
        attendees = entry.extra["attendees"]
        assert isinstance(attendees, list)
        said += attendees
    return said


def test_wider_is_put_right(hall: Hall) -> None:
    hall.turn("bob", EVERYTHING)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert hall.bits("bob") == SILENT
    [said] = told(hall)
    assert (said["externalUserId"], said["corrected"]) == ("bob", True)
    assert said["found"] == {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
    assert hall.entries()[-1].type == CAPABILITIES_CHANGED
    assert shown(hall)["status"] == "applied"
    assert summary(hall.entries(DRIFT_FOUND)[0]) == "Chime differed from the rules for bob: put right"


def test_narrower_is_told_once_and_left_until_a_host_s_next_deed(hall: Hall) -> None:
    hall.turn("bob", NARROWER)
    for time in range(3):
        hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
        noted_at = hall.user("bob").seats[seat("bob")].noted_at
        assert (noted_at == hall.surroundings.now()) is (time == 0), "it is noted when it was seen first"
        hall.surroundings.pass_by(120)
    assert hall.bits("bob") == NARROWER
    [said] = told(hall)
    assert said["corrected"] is False
    assert shown(hall)["status"] == "drifted"
    hall.answered("alice", Unmute(), "bob")
    assert hall.bits("bob") == EVERYTHING
    assert shown(hall)["status"] == "applied"


def test_the_same_mute_again_is_a_deed(hall: Hall) -> None:
    hall.turn("bob", NARROWER)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert hall.answered("alice", Mute(), "bob").status == "applied"
    assert hall.bits("bob") == SILENT


def test_a_deed_on_everybody_is_one_too(hall: Hall) -> None:
    hall.turn("bob", NARROWER)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert hall.done("alice", UNMUTE_ALL).status == "applied"
    assert hall.bits("bob") == SILENT


def test_what_was_narrower_and_becomes_wider_is_put_right(hall: Hall) -> None:
    hall.turn("bob", NARROWER)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    hall.surroundings.pass_by(61)
    hall.turn("bob", EVERYTHING)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert hall.bits("bob") == SILENT
    assert [said["corrected"] for said in told(hall)] == [False, True]


def test_what_is_right_again_is_no_longer_drifted(hall: Hall) -> None:
    hall.turn("bob", NARROWER)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    hall.turn("bob", SILENT)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert shown(hall)["status"] == "applied"
    assert len(told(hall)) == 1


@pytest.mark.parametrize("by_all", [False, True])
def test_nothing_within_a_minute_of_a_note(by_all: bool) -> None:
    hall = Hall()
    if by_all:
        hall.done("alice", MUTE_ALL)
    else:
        hall.answered("alice", Mute(), "bob")
    hall.turn("bob", EVERYTHING)
    hall.surroundings.pass_by(59)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert (told(hall), hall.bits("bob")) == ([], EVERYTHING)
    hall.surroundings.pass_by(1)
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert (len(told(hall)), hall.bits("bob")) == (1, SILENT)


def test_nothing_while_a_change_is_open(hall: Hall) -> None:
    hall.chime_refuses()
    hall.done("alice", SetMeeting(mode="audience"))
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("carol"))
    hall.gavel.presence.sweep(hall.meeting())
    assert told(hall) == []
    hall.chime_recovers()
    hall.reconcile(60)
    assert hall.bits("carol") == RECEIVING
    assert told(hall) == []


def test_what_is_being_put_right_is_told_once(hall: Hall) -> None:
    hall.turn("bob", EVERYTHING)
    hall.chime.before = [not_now] * 100
    for _ in range(3):
        hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
    assert len(told(hall)) == 1
    hall.chime_recovers()
    hall.reconcile(60)
    assert hall.bits("bob") == SILENT


def test_the_periodic_look_finds_what_no_event_told() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    hall.turn("carol", EVERYTHING)
    hall.comes("zoe")
    for _ in range(3):
        hall.reconcile(60)
    assert hall.bits("carol") == hall.bits("zoe") == SILENT
    assert [said["externalUserId"] for said in told(hall)] == ["carol"]
    looks = len([call for call in hall.chime.calls if call.operation == "roster"])
    assert 2 <= looks <= 4


def test_one_who_is_changed_meanwhile_keeps_nobody_else_from_being_seen(hall: Hall) -> None:
    hall.answered("alice", Mute(), "carol")
    hall.surroundings.pass_by(61)
    for user in ("bob", "carol"):
        hall.turn(user, EVERYTHING)
    transact, seen = hall.ledger.transact, [0]

    def transact_late(clauses: object) -> None:
        seen[0] += 1
        if seen[0] == 1:
            hall.ledger.users[MEETING, "bob"] = hall.user("bob").__class__(
                "bob", hall.user("bob").rules, hall.user("bob").seats, 99
            )
        transact(clauses)  # type: ignore[arg-type]

    hall.ledger.transact = transact_late  # type: ignore[method-assign]
    hall.gavel.presence.sweep(hall.meeting())
    assert hall.bits("carol") == SILENT


def test_a_meeting_that_is_gone_is_closed_by_event_and_by_sweep() -> None:
    for by_event in (True, False):
        hall = Hall()
        hall.gavel.presence.on_ended(MEETING)
        assert hall.meeting().ended_at is None, "an event is a hint"
        del hall.chime.rooms[MEETING]
        if by_event:
            hall.gavel.presence.on_ended(MEETING)
            hall.gavel.presence.on_ended(MEETING)
        else:
            hall.reconcile(121)
        assert hall.meeting().ended_at is not None
        assert len(hall.entries(MEETING_ENDED)) == 1
        assert hall.refused("alice", Mute(), "bob").code == "meeting-ended"
        assert isinstance(hall.gavel.attendee(MEETING, ADMIN, attendee_id=seat("bob")), dict)
        hall.gavel.presence.on_joined(MEETING, seat("bob"))
        hall.gavel.presence.on_capabilities_updated(MEETING, seat("bob"))
        assert hall.reconcile(600).taken == 0


def test_pipelines_and_unknown_meetings_are_none_of_its_business() -> None:
    hall = Hall()
    recorder = hall.comes("aws:MediaPipeline-1")
    hall.done("alice", MuteEverybody())
    before = (dict(hall.ledger.users), list(hall.ledger.entries))
    hall.gavel.presence.on_capabilities_updated(MEETING, recorder)
    hall.gavel.presence.on_joined(MEETING, recorder)
    hall.gavel.presence.sweep(hall.meeting())
    for deed in (hall.gavel.presence.on_joined, hall.gavel.presence.on_capabilities_updated):
        deed("22222222-2222-2222-2222-222222222222", seat("bob"))
    hall.gavel.presence.on_ended("22222222-2222-2222-2222-222222222222")
    assert (hall.ledger.users, hall.ledger.entries) == before
    assert hall.bits("aws:MediaPipeline-1") == EVERYTHING
