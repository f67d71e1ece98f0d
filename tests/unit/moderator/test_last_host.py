"""A meeting that has a host keeps one, whichever way roles are given."""

from moderation.core.command import Admit
from moderation.moderator.request import Answer, Refused, Request

from tests.memory.scene import ADMIN, MEETING, Scene

ROLES = {"alice": "host", "bob": "participant"}


def test_a_registration_leaves_one() -> None:
    scene = Scene(roles=ROLES)
    refused = scene.register(roles={"alice": "participant"}, if_match="m1")
    assert isinstance(refused, Refused)
    assert refused.code == "last-host"
    other = scene.register(roles={"bob": "host"}, if_match="m1")
    assert isinstance(other, Answer)
    assert scene.meeting().hosts == 1


def test_an_admission_leaves_one() -> None:
    scene = Scene(roles={"bob": "participant"})
    scene.register(roles={"alice": "host"}, if_match="m1")
    refused = scene.gavel.perform(Request(MEETING, ADMIN, Admit({"alice": "viewer"})))
    assert isinstance(refused, Refused)
    assert refused.code == "last-host"
    both = scene.gavel.perform(Request(MEETING, ADMIN, Admit({"alice": "viewer", "carol": "host"})))
    assert isinstance(both, Answer)
    assert scene.meeting().hosts == 1


def test_a_meeting_without_hosts_may_stay_so() -> None:
    scene = Scene(roles={"bob": "participant"})
    assert isinstance(scene.register(roles={"bob": "viewer"}, if_match="m1"), Answer)
