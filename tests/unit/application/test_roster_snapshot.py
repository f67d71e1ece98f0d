"""What a change of the whole meeting takes users for, from the roster and from what calls have shown since."""

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.application.enforcement.roster_snapshot import RosterSnapshot
from moderation.application.requests import Request
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.commands import Unmute
from moderation.domain.meeting import Attendee, Features, Meeting, MeetingRules, UnmuteConsent, User, UserRules
from moderation.ports import ChimeAttendee

from tests.memory.clock import Clock
from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, SILENT, CommandedMeeting, by, code

OLD, NEW = attendee_of("bob"), attendee_of("bob", 1)


@pytest.mark.parametrize("gone", [set(), {OLD}], ids=["there", "gone"])
def test_who_is_heard_on_an_attendee_that_is_gone_is_asked_before_another_opens(gone: set[str]) -> None:
    """By the notes, bob is heard on both attendees. Chime shows that the new one is silent."""
    attendees = {each: Attendee(each, known=EVERYTHING) for each in (OLD, NEW)}
    snapshot = RosterSnapshot(
        attendees={OLD: "bob", NEW: "bob"},
        before={OLD: EVERYTHING},
        pipelines=(),
        users={"bob": User("bob", UserRules(role="participant"), attendees=attendees)},
        held={OLD: None, NEW: None},
        gone=gone,
        shown={NEW: SILENT},
    )
    assert (Capabilities.SEND_AUDIO in _target(snapshot)) is (not gone)


def test_an_attendee_that_a_later_change_has_opened_is_heard() -> None:
    """The roster was read before, and shows it silent."""
    attendees = {OLD: Attendee(OLD, known=EVERYTHING), NEW: Attendee(NEW, known=SILENT)}
    snapshot = RosterSnapshot(
        attendees={OLD: "bob", NEW: "bob"},
        before={OLD: SILENT, NEW: EVERYTHING},
        pipelines=(),
        users={"bob": User("bob", UserRules(role="participant"), attendees=attendees)},
        held={OLD: SILENT, NEW: SILENT},
        handed_over={OLD},
    )
    assert Capabilities.SEND_AUDIO in _target(snapshot)


def test_what_a_mute_all_gives_back_after_a_later_unmute_is_noted_as_its_own_call() -> None:
    """hugo unmutes bob by another process after the mute-all's first call. Its second call gives bob what is noted."""
    meeting = CommandedMeeting()
    unmute = Request(MEETING, by("hugo"), Unmute(), attendee_id=OLD)
    write = meeting.chime.write

    def unmuted_after(meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        write(meeting_id, attendee, capabilities)
        if attendee.user_id == "bob" and capabilities == SILENT:
            meeting.chime.write = write  # type: ignore[method-assign]
            assert code(meeting.another_process().perform(unmute)) == "applied"
            meeting.clock.pass_by(5)

    meeting.chime.write = unmuted_after  # type: ignore[method-assign]
    meeting.done("alice", MUTE_ALL)
    bob = meeting.user("bob").attendees[OLD]
    assert (meeting.bits("bob"), bob.known, bob.noted_at) == (EVERYTHING, EVERYTHING, meeting.clock.now())


def _target(snapshot: RosterSnapshot) -> Capabilities:
    rules = MeetingRules(unmute_consent=UnmuteConsent.REQUIRED)
    meeting = Meeting(MEETING, "lesson", rules, Features(), revision=1, registration="")
    [target] = snapshot.targets(CedarPolicies(), Clock(), meeting).values()
    return target
