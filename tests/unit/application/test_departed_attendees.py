"""Attendees that Chime does not have any more are gone, and are no proof of consent."""

import pytest
from moderation.application.requests import Answer
from moderation.domain.capability import EVERYTHING, NOTHING
from moderation.domain.change import Change
from moderation.domain.commands import Mute, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, REMOVED, UNMUTE_REQUESTED
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import ChimeRetryableError

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, SILENT, CommandedMeeting


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def goes(meeting: CommandedMeeting, how: str, user: str = "bob") -> None:
    meeting.goes(user)
    if how == "event":
        meeting.gavel.chime_events.on_deleted(MEETING, attendee_of(user))
    else:
        meeting.reconcile(121)


def listed(meeting: CommandedMeeting) -> list[object]:
    found = meeting.gavel.attendees(MEETING, ADMIN, limit=100, after=None)
    assert isinstance(found, dict)
    items = found["items"]
    assert isinstance(items, list)
    return [item["externalUserId"] for item in items]


@pytest.mark.parametrize("how", ["event", "sweep"])
def test_a_deleted_attendee_is_gone(meeting: CommandedMeeting, how: str) -> None:
    meeting.chime.calls.clear()
    goes(meeting, how)
    assert "bob" not in listed(meeting)
    found = meeting.gavel.attendee(MEETING, ADMIN, attendee_id=attendee_of("bob"))
    assert isinstance(found, dict)
    assert found["status"] == "gone"
    assert [call.operation for call in meeting.chime.calls] == (["attendee"] if how == "event" else ["roster"])
    assert meeting.entries(REMOVED) == [], "nobody was removed"


def test_who_is_noted_as_gone_while_they_are_muted_is_gone(meeting: CommandedMeeting) -> None:
    """Another process has noted it: no attendee was muted."""

    def leaves() -> None:
        meeting.clock.pass_by(0.01)
        goes(meeting, "event")
        raise ChimeRetryableError

    meeting.chime.before = [leaves]
    muted = meeting.answered("alice", Mute(), "bob")
    assert (muted.status, muted.subject["status"]) == ("gone", "gone")
    assert meeting.entries(CAPABILITIES_CHANGED) == []


@pytest.mark.parametrize("kind", [UnmuteConsent.REQUIRED, UnmuteConsent.MUTED_FIRST])
@pytest.mark.parametrize("how", ["event", "sweep", "lost"])
def test_a_ghost_s_open_microphone_is_no_consent(meeting: CommandedMeeting, how: str, kind: UnmuteConsent) -> None:
    """A page is reloaded: the old attendee is deleted, the new one was created silent."""
    meeting.consenting(kind)
    if how == "lost":
        meeting.goes("bob")
    else:
        goes(meeting, how)
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1, SILENT))
    assert not meeting.heard("bob", 1)
    assert meeting.told(UNMUTE_REQUESTED) == [["bob"]]


def test_an_open_microphone_that_is_there_vouches_as_before(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1, SILENT))
    assert meeting.heard("bob", 1)
    assert meeting.told(UNMUTE_REQUESTED) == []


def test_who_is_noted_as_gone_while_they_agree_to_be_heard_is_gone(meeting: CommandedMeeting) -> None:
    """The answer rests on the user as read half a minute before the commit."""
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    asked = meeting.answered("alice", Unmute(), "bob")
    read = meeting.ledger.change

    def leaves(meeting_id: str, change_id: str) -> Change | None:
        meeting.ledger.change = read  # type: ignore[method-assign]
        found = read(meeting_id, change_id)
        meeting.goes("bob")
        meeting.another_process().chime_events.on_deleted(MEETING, attendee_of("bob"))
        meeting.clock.pass_by(31)
        return found

    meeting.ledger.change = leaves  # type: ignore[method-assign]
    answer = meeting.consents("bob")
    assert isinstance(answer, Answer)
    assert (answer.status, meeting.change(asked.change_id).status) == ("gone", "gone")


def test_an_attendee_the_sweep_took_for_gone_is_seen_again(meeting: CommandedMeeting) -> None:
    meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob"))
    meeting.done("alice", MUTE_ALL)
    meeting.drifts("bob", EVERYTHING)
    meeting.clock.pass_by(61)
    meeting.reconcile(121)
    assert meeting.bits("bob") == SILENT
    assert "bob" in listed(meeting)


def test_who_was_bound_after_the_roster_was_read_is_not_gone(meeting: CommandedMeeting) -> None:
    roster = meeting.chime.roster

    def read_too_early(meeting_id: str) -> object:
        found = roster(meeting_id)
        meeting.another_process().chime_events.on_joined(MEETING, meeting.comes("dora"))
        return found

    meeting.chime.roster = read_too_early  # type: ignore[method-assign,assignment]
    meeting.gavel.chime_events.compare(meeting.stored())
    assert not meeting.user("dora").attendees[attendee_of("dora")].gone


def test_news_of_unknown_attendees_and_meetings_is_none(meeting: CommandedMeeting) -> None:
    before = dict(meeting.ledger.users)
    meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("dora"))
    meeting.gavel.chime_events.on_deleted("22222222-2222-2222-2222-222222222222", attendee_of("bob"))
    meeting.gavel.chime_events.on_left(MEETING, attendee_of("dora"))
    assert meeting.ledger.users == before


def test_a_rule_made_in_between_stands_for_the_next_attendee(meeting: CommandedMeeting) -> None:
    goes(meeting, "event")
    meeting.ask_user("alice", Mute(), "bob")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    assert meeting.bits("bob", 1) == SILENT
    assert meeting.bits("bob", 1) != NOTHING
