"""Drift: Chime differs from the rules although no change is under way. Wider is corrected, narrower is reported."""

from collections.abc import Sequence

import pytest
from moderation.domain.actor import ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.change import Status
from moderation.domain.commands import Mute, MuteEverybody, SetMeeting, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, DRIFT_FOUND, MEETING_ENDED
from moderation.domain.summary import summary
from moderation.ports import ChimeAttendee

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, CommandedMeeting, not_now

NARROWER = SILENT & ~Capabilities.SEND_VIDEO


@pytest.fixture
def meeting() -> CommandedMeeting:
    """bob was muted some time ago."""
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.clock.pass_by(61)
    meeting.chime.calls.clear()
    return meeting


def shown(meeting: CommandedMeeting, user: str = "bob") -> dict[str, object]:
    found = meeting.gavel.attendee(MEETING, ADMIN, attendee_id=attendee_of(user))
    assert isinstance(found, dict)
    return found


def told(meeting: CommandedMeeting) -> list[dict[str, object]]:
    said = []
    for entry in meeting.entries(DRIFT_FOUND):
        assert entry.actor.kind is ActorKind.CHIME
        attendees = entry.extra["attendees"]
        assert isinstance(attendees, list)
        said += attendees
    return said


def test_wider_is_put_right(meeting: CommandedMeeting) -> None:
    meeting.drifts("bob", EVERYTHING)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert meeting.bits("bob") == SILENT
    [said] = told(meeting)
    assert (said["externalUserId"], said["corrected"]) == ("bob", True)
    assert said["found"] == {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
    assert meeting.entries()[-1].type == CAPABILITIES_CHANGED
    assert shown(meeting)["status"] == "applied"
    assert summary(meeting.entries(DRIFT_FOUND)[0]) == "Chime gave bob more than the rules allow, which was corrected"


def test_what_will_be_put_right_is_known_before_chime_takes_it(meeting: CommandedMeeting) -> None:
    meeting.drifts("bob", EVERYTHING)
    meeting.chime_refuses()
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    pending = meeting.change(meeting.entries(DRIFT_FOUND)[0].change_id)
    assert (pending.status, pending.before, pending.after) == (Status.PENDING, EVERYTHING, SILENT)


@pytest.mark.parametrize("timed", ["restriction", "mute-all"])
def test_wider_is_put_right_while_an_end_waits_for_a_frozen_meeting(meeting: CommandedMeeting, timed: str) -> None:
    """The end passed just before the freeze, and was not applied in time."""
    if timed == "restriction":
        meeting.answered("alice", Mute(media=(Medium.VIDEO,), seconds=10), "bob")
    else:
        meeting.done("alice", MuteEverybody(seconds=10))
    meeting.clock.pass_by(11)
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.clock.pass_by(61)
    meeting.drifts("bob", EVERYTHING)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert not meeting.heard("bob")
    assert [said["corrected"] for said in told(meeting)] == [True]


def test_narrower_is_reported_once_and_left_until_a_hosts_next_command(meeting: CommandedMeeting) -> None:
    meeting.drifts("bob", NARROWER)
    for time in range(3):
        meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
        noted_at = meeting.user("bob").attendees[attendee_of("bob")].noted_at
        assert (noted_at == meeting.clock.now()) is (time == 0), "it is noted when it was seen first"
        meeting.clock.pass_by(120)
    assert meeting.bits("bob") == NARROWER
    [said] = told(meeting)
    assert said["corrected"] is False
    assert shown(meeting)["status"] == "drifted"
    meeting.answered("alice", Unmute(), "bob")
    assert meeting.bits("bob") == EVERYTHING
    assert shown(meeting)["status"] == "applied"


def test_the_same_mute_again_is_a_command(meeting: CommandedMeeting) -> None:
    meeting.drifts("bob", NARROWER)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert meeting.answered("alice", Mute(), "bob").status == "applied"
    assert meeting.bits("bob") == SILENT


def test_a_meeting_command_is_one_too(meeting: CommandedMeeting) -> None:
    meeting.drifts("bob", NARROWER)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert meeting.done("alice", UNMUTE_ALL).status == "applied"
    assert meeting.bits("bob") == SILENT


def test_what_was_narrower_and_becomes_wider_is_put_right(meeting: CommandedMeeting) -> None:
    meeting.drifts("bob", NARROWER)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    meeting.clock.pass_by(61)
    meeting.drifts("bob", EVERYTHING)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert meeting.bits("bob") == SILENT
    assert [said["corrected"] for said in told(meeting)] == [False, True]


def test_what_is_right_again_is_no_longer_drifted(meeting: CommandedMeeting) -> None:
    meeting.drifts("bob", NARROWER)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    meeting.drifts("bob", SILENT)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert shown(meeting)["status"] == "applied"
    assert len(told(meeting)) == 1


@pytest.mark.parametrize("by_all", [False, True])
def test_nothing_within_a_minute_of_a_note(by_all: bool) -> None:
    meeting = CommandedMeeting()
    if by_all:
        meeting.done("alice", MUTE_ALL)
    else:
        meeting.answered("alice", Mute(), "bob")
    meeting.drifts("bob", EVERYTHING)
    meeting.clock.pass_by(59)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert (told(meeting), meeting.bits("bob")) == ([], EVERYTHING)
    meeting.clock.pass_by(1)
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert (len(told(meeting)), meeting.bits("bob")) == (1, SILENT)


def test_nothing_while_a_change_is_open(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("carol"))
    meeting.gavel.chime_events.compare(meeting.stored())
    assert told(meeting) == []
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.bits("carol") == RECEIVING
    assert told(meeting) == []


def test_what_is_being_put_right_is_told_once(meeting: CommandedMeeting) -> None:
    meeting.drifts("bob", EVERYTHING)
    meeting.chime.before = [not_now] * 100
    for _ in range(3):
        meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
    assert len(told(meeting)) == 1
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.bits("bob") == SILENT


def test_the_periodic_look_finds_what_no_event_told() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.drifts("carol", EVERYTHING)
    meeting.comes("zoe")
    for _ in range(3):
        meeting.reconcile(60)
    assert meeting.bits("carol") == meeting.bits("zoe") == SILENT
    assert [said["externalUserId"] for said in told(meeting)] == ["carol"]
    looks = len([call for call in meeting.chime.calls if call.operation == "roster"])
    assert 2 <= looks <= 4


def test_one_who_is_changed_meanwhile_keeps_nobody_else_from_being_seen(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "carol")
    meeting.clock.pass_by(61)
    for user in ("bob", "carol"):
        meeting.drifts(user, EVERYTHING)
    transact, seen = meeting.ledger.transact, [0]

    def transact_late(clauses: object) -> None:
        seen[0] += 1
        if seen[0] == 1:
            meeting.ledger.users[MEETING, "bob"] = meeting.user("bob").__class__(
                "bob", meeting.user("bob").rules, meeting.user("bob").attendees, 99
            )
        transact(clauses)  # type: ignore[arg-type]

    meeting.ledger.transact = transact_late  # type: ignore[method-assign]
    meeting.gavel.chime_events.compare(meeting.stored())
    assert meeting.bits("carol") == SILENT


def test_a_meeting_that_is_gone_is_closed_by_event_and_by_sweep() -> None:
    for by_event in (True, False):
        meeting = CommandedMeeting()
        meeting.gavel.chime_events.on_ended(MEETING)
        assert meeting.stored().ended_at is None, "an event is a hint"
        del meeting.chime.rooms[MEETING]
        if by_event:
            meeting.gavel.chime_events.on_ended(MEETING)
            meeting.gavel.chime_events.on_ended(MEETING)
        else:
            meeting.reconcile(121)
        assert meeting.stored().ended_at is not None
        assert len(meeting.entries(MEETING_ENDED)) == 1
        assert meeting.refused("alice", Mute(), "bob").code == "meeting-ended"
        assert isinstance(meeting.gavel.attendee(MEETING, ADMIN, attendee_id=attendee_of("bob")), dict)
        meeting.gavel.chime_events.on_joined(MEETING, attendee_of("bob"))
        meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("bob"))
        assert meeting.reconcile(600).taken == 0


def test_pipelines_and_unknown_meetings_are_none_of_its_business() -> None:
    meeting = CommandedMeeting()
    recorder = meeting.comes("aws:MediaPipeline-1")
    meeting.done("alice", MuteEverybody())
    before = (dict(meeting.ledger.users), list(meeting.ledger.entries))
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, recorder)
    meeting.gavel.chime_events.on_joined(MEETING, recorder)
    meeting.gavel.chime_events.compare(meeting.stored())
    for handle in (meeting.gavel.chime_events.on_joined, meeting.gavel.chime_events.on_capabilities_updated):
        handle("22222222-2222-2222-2222-222222222222", attendee_of("bob"))
    meeting.gavel.chime_events.on_ended("22222222-2222-2222-2222-222222222222")
    assert (meeting.ledger.users, meeting.ledger.entries) == before
    assert meeting.bits("aws:MediaPipeline-1") == EVERYTHING


def test_a_comparison_that_stood_still_tells_of_no_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    """The roster that it has read may have been put right since, by a call that nobody has noted."""
    meeting = CommandedMeeting()
    meeting.drifts("bob", SILENT)
    roster = meeting.chime.roster

    def frozen(meeting_id: str) -> Sequence[ChimeAttendee]:
        found = roster(meeting_id)
        meeting.clock.pass_by(75)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(meeting.chime, "roster", frozen)
        assert meeting.gavel.chime_events.compare(meeting.stored()).drifted == 0
    assert meeting.told(DRIFT_FOUND) == []
    assert meeting.gavel.chime_events.compare(meeting.stored()).drifted == 1
    assert meeting.told(DRIFT_FOUND) == [["bob"]]
