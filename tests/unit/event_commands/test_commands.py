"""Every command by event does what its route does."""

from datetime import UTC, datetime
from typing import Any

import pytest
from event_commands.command_specs import COMMANDS, addressed_command
from moderation.domain.capability import Capabilities, LiftableBy, Medium
from moderation.domain.commands import (
    Ban,
    Command,
    End,
    EndFloor,
    GrantFloor,
    Hold,
    LowerAllHands,
    LowerHand,
    Mute,
    MuteEverybody,
    RaiseHand,
    Release,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    Unmute,
    UnmuteEverybody,
)
from moderation.models import Admissions, Binding, Body, Registration, routed_bodies
from moderation.models import Undo as UndoBody

from infra.settings.triggers import MEETING_COMMANDS, USER_COMMANDS
from tests.memory.moderated_meeting import MEETING, attendee_of

from .command_queue import BOB, EXTERNAL, SOURCE, CommandQueue

ALL = {"meetingId": MEETING}
UNTIL = datetime(2026, 6, 1, 12, tzinfo=UTC)
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
        {"command": "mute-all", **ALL, "except": {"roles": [], "attendeeIds": [attendee_of("bob") + "#content"]}},
        MuteEverybody(spared_roles=(), spared_attendees=(attendee_of("bob"),)),
    ),
    ({"command": "unmute-all", **ALL, "media": ["content"]}, UnmuteEverybody((Medium.CONTENT,))),
    ({"command": "set-mode", **ALL, "mode": "audience", "reason": "x"}, SetMeeting(mode="audience", reason="x")),
    ({"command": "freeze", **ALL, "reason": "x"}, SetMeeting(frozen=True, reason="x")),
    ({"command": "unfreeze", **ALL}, SetMeeting(frozen=False)),
    ({"command": "hold", **BOB, "reason": "x"}, Hold("x")),
    ({"command": "release", **BOB, "reason": "x"}, Release("x")),
    ({"command": "set-role", **BOB, "role": "viewer", "reason": "x"}, SetRole("viewer", "x")),
    ({"command": "remove", **BOB}, Remove()),
    (
        {"command": "remove", **BOB, "ban": True, "until": "2026-06-01T12:00:00Z", "reason": "x"},
        Remove(True, UNTIL, "x"),
    ),
    ({"command": "ban", **BOB, "until": "2026-06-01T12:00:00Z", "reason": "x"}, Ban(UNTIL, "x")),
    ({"command": "unban", **BOB, "reason": "x"}, Unban("x")),
    (
        {"command": "grant-floor", **BOB, "durationSeconds": 9, "media": ["video"], "exclusive": True, "reason": "x"},
        GrantFloor(9, (Medium.VIDEO,), True, "x"),
    ),
    ({"command": "end-floor", **BOB, "reason": "x"}, EndFloor("x")),
    ({"command": "raise-hand", **BOB, "reason": "x"}, RaiseHand("x")),
    ({"command": "lower-hand", **BOB, "reason": "x"}, LowerHand("x")),
    ({"command": "lower-all-hands", **ALL, "reason": "x"}, LowerAllHands("x")),
    ({"command": "undo", **ALL, "changeId": "01JZ", "reason": "x"}, Undo("01JZ", "x")),
    ({"command": "end", **ALL, "reason": "x"}, End("x")),
]


@pytest.mark.parametrize(("detail", "command"), CASES)
def test_what_is_asked_for(detail: dict[str, Any], command: Command) -> None:
    assert addressed_command(detail).command == command


def test_every_command_is_tested() -> None:
    assert {detail["command"] for detail, _ in CASES} == set(COMMANDS)


def test_every_body_that_a_route_has_is_reused() -> None:
    """What a route does takes the same fields here. Consent and the lobby's answer are for people alone."""
    bodies: set[type[Body]] = {*routed_bodies(), Admissions, Binding, Registration, UndoBody}
    assert {name for name, spec in COMMANDS.items() if spec.body not in bodies} == {"set-mode", "freeze", "unfreeze"}
    others = {body.__name__ for body in bodies - {spec.body for spec in COMMANDS.values()}}
    for_people = {"Registration", "MeetingPatch", "Admissions", "Binding", "Consent", "LeaveLobby", "LetIn"}
    assert others == for_people | {"MuteSelected", "UnmuteSelected", "LowerHands", "SetRoles", "RemoveSelected"}


def test_the_configuration_of_triggers_knows_the_same() -> None:
    assert {name for name, spec in COMMANDS.items() if spec.on_user} == USER_COMMANDS
    assert {name for name, spec in COMMANDS.items() if not spec.on_user} == MEETING_COMMANDS


def test_the_contract_knows_no_other() -> None:
    assert set(COMMANDS) == {
        "mute", "unmute", "hold", "release", "set-capabilities", "mute-all", "unmute-all", "set-mode", "set-role",
        "freeze", "unfreeze", "remove", "ban", "unban", "grant-floor", "end-floor", "raise-hand", "lower-hand", "undo",
        "lower-all-hands", "end",
    }  # fmt: skip


def test_one_user() -> None:
    queue = CommandQueue()
    assert queue.send("mute", **BOB, reason="exam") == []
    assert queue.meeting.held("bob")["audio"] == "Receive"
    [entry] = queue.meeting.entries("Moderation Decided")
    assert (entry.actor.kind, entry.actor.id, entry.reason) == ("service", SOURCE, "exam")
    assert queue.send("unmute", "e-2", meetingId=MEETING, externalUserId="bob") == []
    assert queue.meeting.held("bob")["audio"] == "SendReceive"


def test_everybody() -> None:
    queue = CommandQueue()
    assert queue.send("mute-all", meetingId=MEETING, media=["audio", "content"]) == []
    assert queue.meeting.held("bob") == {"audio": "Receive", "video": "SendReceive", "content": "Receive"}
    assert queue.meeting.held("alice")["audio"] == "SendReceive"
    assert queue.send("unmute-all", "e-2", externalMeetingId=EXTERNAL) == []
    assert queue.meeting.held("bob") == {"audio": "SendReceive", "video": "SendReceive", "content": "Receive"}


def test_the_meeting() -> None:
    queue = CommandQueue()
    assert queue.send("set-mode", meetingId=MEETING, mode="audience") == []
    assert queue.send("freeze", "e-2", meetingId=MEETING) == []
    rules = queue.meeting.stored().rules
    assert (rules.mode, rules.frozen_at is not None) == ("audience", True)
    assert queue.send("unfreeze", "e-3", meetingId=MEETING) == []
    assert queue.meeting.stored().rules.frozen_at is None


def test_a_trigger_raises_a_hand_for_somebody() -> None:
    """Of a caller by telephone, say, who has pressed a key."""
    queue = CommandQueue()
    assert queue.trigger("raise-hand", name="dial-in", **BOB, reason="pressed 1") == []
    assert queue.meeting.user("bob").hand is not None
    assert queue.trigger("lower-hand", "e-2", name="dial-in", **BOB) == []
    assert queue.meeting.user("bob").hand is None
    [raised] = queue.meeting.entries("Hand Raised")
    assert (raised.actor.id, raised.reason) == ("trigger/dial-in", "pressed 1")


def test_all_hands_come_down() -> None:
    queue = CommandQueue()
    for number, user in enumerate(("bob", "carol")):
        assert queue.trigger("raise-hand", f"e-{number}", meetingId=MEETING, externalUserId=user) == []
    assert queue.send("lower-all-hands", "e-9", meetingId=MEETING, reason="next topic") == []
    assert queue.meeting.ledger.hands(MEETING) == {}
    [entry] = queue.meeting.entries("Hand Lowered")
    assert (entry.command, entry.reason, set(entry.names)) == ("lower-all-hands", "next topic", {"bob", "carol"})


def test_out_of_the_meeting() -> None:
    queue = CommandQueue()
    assert queue.send("remove", **BOB, ban=True) == []
    rules = queue.meeting.user("bob").rules
    assert rules.ban is not None
    assert queue.send("unban", "e-2", meetingId=MEETING, externalUserId="bob") == []
    assert queue.meeting.user("bob").rules.ban is None


def test_undone() -> None:
    queue = CommandQueue()
    assert queue.send("hold", **BOB) == []
    [entry] = queue.meeting.entries("Moderation Decided")
    assert queue.send("undo", "e-2", meetingId=MEETING, changeId=entry.change_id) == []
    assert queue.meeting.held("bob")["audio"] == "SendReceive"
