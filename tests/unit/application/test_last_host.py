"""A meeting that has a host keeps one, whichever way roles are given."""

from moderation.application.requests import Answer, Refused, Request
from moderation.domain.commands import Admit

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting

ROLES = {"alice": "host", "bob": "participant"}


def test_a_registration_leaves_one() -> None:
    scene = ModeratedMeeting(roles=ROLES)
    refused = scene.register(roles={"alice": "participant"}, if_match="m1")
    assert isinstance(refused, Refused)
    assert refused.code == "last-host"
    other = scene.register(roles={"bob": "host"}, if_match="m1")
    assert isinstance(other, Answer)
    assert scene.meeting().hosts == 1


def test_an_admission_leaves_one() -> None:
    scene = ModeratedMeeting(roles={"bob": "participant"})
    scene.register(roles={"alice": "host"}, if_match="m1")
    refused = scene.gavel.perform(Request(MEETING, ADMIN, Admit({"alice": "viewer"})))
    assert isinstance(refused, Refused)
    assert refused.code == "last-host"
    both = scene.gavel.perform(Request(MEETING, ADMIN, Admit({"alice": "viewer", "carol": "host"})))
    assert isinstance(both, Answer)
    assert scene.meeting().hosts == 1


def test_a_meeting_without_hosts_may_stay_so() -> None:
    scene = ModeratedMeeting(roles={"bob": "participant"})
    assert isinstance(scene.register(roles={"bob": "viewer"}, if_match="m1"), Answer)
