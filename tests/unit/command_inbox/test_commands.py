"""Every command by event does what its route does."""

from typing import Any

import pytest
from command_inbox.commands import DEEDS, order_of
from host_api.routes import ROUTES
from moderation.core.capability import Capabilities, Medium
from moderation.core.command import Command, Mute, MuteEverybody, SetCapabilities, SetMeeting, Unmute, UnmuteEverybody
from moderation.core.restriction import LiftableBy

from tests.memory.scene import MEETING, seat

from .door import BOB, EXTERNAL, SOURCE, Door

ALL = {"meetingId": MEETING}
CASES: list[tuple[dict[str, Any], Command]] = [
    ({"command": "mute", **BOB}, Mute()),
    (
        {"command": "mute", **BOB, "media": ["video"], "durationSeconds": 9, "reason": "x", "liftableBy": "self"},
        Mute((Medium.VIDEO,), 9, "x", LiftableBy.SELF),
    ),
    ({"command": "unmute", **BOB, "reason": "x"}, Unmute(reason="x")),
    (
        {"command": "set-capabilities", **BOB, "content": "Send", "reason": "x"},
        SetCapabilities({Medium.CONTENT: Capabilities.SEND_CONTENT}, "x"),
    ),
    ({"command": "mute-all", **ALL}, MuteEverybody()),
    (
        {"command": "mute-all", **ALL, "except": {"roles": [], "attendeeIds": [seat("bob") + "#content"]}},
        MuteEverybody(spared_roles=(), spared_attendees=(seat("bob"),)),
    ),
    ({"command": "unmute-all", **ALL, "media": ["content"]}, UnmuteEverybody((Medium.CONTENT,))),
    ({"command": "set-mode", **ALL, "mode": "audience", "reason": "x"}, SetMeeting(mode="audience", reason="x")),
    ({"command": "freeze", **ALL, "reason": "x"}, SetMeeting(frozen=True, reason="x")),
    ({"command": "unfreeze", **ALL}, SetMeeting(frozen=False)),
]


@pytest.mark.parametrize(("detail", "command"), CASES)
def test_what_is_asked_for(detail: dict[str, Any], command: Command) -> None:
    assert order_of(detail).command == command


def test_every_command_is_tested() -> None:
    assert {detail["command"] for detail, _ in CASES} == {name for name, deed in DEEDS.items() if deed}


def test_every_body_that_a_route_has_is_reused() -> None:
    """A command that has a route of its name takes the same fields."""
    bodies = {route.name.removesuffix("-attendee"): route.body() if route.body else None for route in ROUTES}
    bodies["set-capabilities"] = bodies["set-capabilities-of"]
    for name, deed in DEEDS.items():
        if name in bodies and deed is not None:
            assert deed.body is bodies[name]


def test_the_contract_knows_no_other() -> None:
    assert set(DEEDS) == {
        "mute", "unmute", "hold", "release", "set-capabilities", "mute-all", "unmute-all", "set-mode", "set-role",
        "freeze", "unfreeze", "remove", "ban", "unban", "grant-floor", "end-floor", "raise-hand", "lower-hand", "undo",
        "end",
    }  # fmt: skip


def test_one_person() -> None:
    door = Door()
    assert door.send("mute", **BOB, reason="exam") == []
    assert door.scene.held("bob")["audio"] == "Receive"
    [entry] = door.scene.entries("Moderation Decided")
    assert (entry.actor.kind, entry.actor.id, entry.reason) == ("service", SOURCE, "exam")
    assert door.send("unmute", "e-2", meetingId=MEETING, externalUserId="bob") == []
    assert door.scene.held("bob")["audio"] == "SendReceive"


def test_everybody() -> None:
    door = Door()
    assert door.send("mute-all", meetingId=MEETING, media=["audio", "content"]) == []
    assert door.scene.held("bob") == {"audio": "Receive", "video": "SendReceive", "content": "Receive"}
    assert door.scene.held("alice")["audio"] == "SendReceive"
    assert door.send("unmute-all", "e-2", externalMeetingId=EXTERNAL) == []
    assert door.scene.held("bob") == {"audio": "SendReceive", "video": "SendReceive", "content": "Receive"}


def test_the_meeting() -> None:
    door = Door()
    assert door.send("set-mode", meetingId=MEETING, mode="audience") == []
    assert door.send("freeze", "e-2", meetingId=MEETING) == []
    rules = door.scene.meeting().rules
    assert (rules.mode, rules.frozen_at is not None) == ("audience", True)
    assert door.send("unfreeze", "e-3", meetingId=MEETING) == []
    assert door.scene.meeting().rules.frozen_at is None
