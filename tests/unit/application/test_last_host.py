"""A meeting with a host keeps one, whichever way roles change."""

from moderation.application.requests import Answer, Refused, Request
from moderation.domain.commands import Admit

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting

ROLES = {"alice": "host", "bob": "participant"}


def test_a_registration_leaves_one() -> None:
    meeting = ModeratedMeeting(roles=ROLES)
    refused = meeting.register(roles={"alice": "participant"}, if_match="m1")
    assert isinstance(refused, Refused)
    assert refused.code == "last-host"
    other = meeting.register(roles={"bob": "host"}, if_match="m1")
    assert isinstance(other, Answer)
    assert meeting.stored().hosts == 1


def test_an_admission_leaves_one() -> None:
    meeting = ModeratedMeeting(roles={"bob": "participant"})
    meeting.register(roles={"alice": "host"}, if_match="m1")
    refused = meeting.gavel.perform(Request(MEETING, ADMIN, Admit({"alice": "viewer"})))
    assert isinstance(refused, Refused)
    assert refused.code == "last-host"
    both = meeting.gavel.perform(Request(MEETING, ADMIN, Admit({"alice": "viewer", "carol": "host"})))
    assert isinstance(both, Answer)
    assert meeting.stored().hosts == 1


def test_a_meeting_without_hosts_may_stay_so() -> None:
    meeting = ModeratedMeeting(roles={"bob": "participant"})
    assert isinstance(meeting.register(roles={"bob": "viewer"}, if_match="m1"), Answer)
