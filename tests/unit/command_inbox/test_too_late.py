"""A command that was long on its way gives nobody more than he has; what takes away is never too late."""

from datetime import timedelta
from typing import Any

import pytest
from moderation.core.capability import NOTHING, Medium
from moderation.core.command import Ban, Command, Hold, Mute, MuteEverybody, SetCapabilities, SetMeeting, SetRole
from moderation.core.entry import DECIDED, iso
from moderation.moderator.request import Request

from tests.memory.scene import ADMIN, MEETING

from .door import BOB, MAX_AGE, Door, event

HERE = {"meetingId": MEETING}
MUTED = (Mute(), "bob")
SILENT = (MuteEverybody(), None)
MUTED_ALTOGETHER = (SetCapabilities(dict.fromkeys(Medium, NOTHING)), "bob")
WIDENING: list[tuple[list[tuple[Command, str | None]], dict[str, Any]]] = [
    ([MUTED], {"command": "unmute", **BOB}),
    ([MUTED], {"command": "set-capabilities", **BOB, "audio": "SendReceive", "video": "None"}),
    ([SILENT], {"command": "unmute", **BOB}),
    ([SILENT, MUTED], {"command": "set-capabilities", **BOB, "audio": "SendReceive"}),
    ([SILENT], {"command": "unmute-all", **HERE}),
    ([SILENT], {"command": "mute-all", **HERE, "except": {"externalUserIds": ["bob"]}}),
    ([(SetMeeting(mode="audience"), None)], {"command": "set-mode", **HERE, "mode": "open"}),
    ([(SetMeeting(frozen=True), None)], {"command": "unfreeze", **HERE}),
    ([(Hold(), "bob")], {"command": "release", **BOB}),
    ([SILENT], {"command": "grant-floor", **BOB}),
    ([(SetMeeting(mode="audience"), None)], {"command": "set-role", **BOB, "role": "cohost"}),
    # What nobody would notice at once gives him more later on.
    ([], {"command": "set-role", **BOB, "role": "cohost"}),
    ([], {"command": "grant-floor", **BOB}),
    ([(Hold(), "bob"), MUTED_ALTOGETHER], {"command": "release", **BOB}),
    ([SILENT, (SetMeeting(mode="audience"), None)], {"command": "unmute-all", **HERE}),
]
NARROWING: list[tuple[list[tuple[Command, str | None]], dict[str, Any]]] = [
    ([], {"command": "mute", **BOB}),
    ([(Mute(seconds=1), "bob")], {"command": "mute", **BOB, "media": ["video"]}),
    ([], {"command": "set-capabilities", **BOB, "audio": "Receive"}),
    ([], {"command": "mute-all", **HERE}),
    ([SILENT], {"command": "mute-all", **HERE}),
    ([], {"command": "set-mode", **HERE, "mode": "audio-only"}),
    ([], {"command": "freeze", **HERE}),
    ([], {"command": "hold", **BOB}),
    ([], {"command": "remove", **BOB}),
    ([], {"command": "ban", **BOB}),
    ([(SetRole("presenter"), "bob")], {"command": "set-role", **BOB, "role": "viewer"}),
]


def after(before: list[tuple[Command, str | None]]) -> Door:
    door = Door()
    for number, (command, user) in enumerate(before):
        door.gavel.perform(Request(MEETING, ADMIN, command, user_id=user, key=f"k{number}"))
    return door


def late(door: Door, by: timedelta) -> None:
    door.scene.surroundings.pass_by((MAX_AGE + by).total_seconds())


@pytest.mark.parametrize(("before", "detail"), WIDENING)
def test_too_late(before: list[tuple[Command, str | None]], detail: dict[str, Any]) -> None:
    door = after(before)
    held = [door.scene.held(user) for user in ("alice", "bob", "carol")]
    at = door.scene.surroundings.now()
    late(door, timedelta(seconds=1))
    for _ in range(2):
        assert door(event(detail, at=at)) == []
    assert [code for _, _, code in door.verdicts()][len(before) :] == ["too-late"]
    assert [door.scene.held(user) for user in ("alice", "bob", "carol")] == held


@pytest.mark.parametrize(("before", "detail"), WIDENING)
def test_just_in_time(before: list[tuple[Command, str | None]], detail: dict[str, Any]) -> None:
    door = after(before)
    at = door.scene.surroundings.now()
    late(door, timedelta(0))
    assert door(event(detail, at=at)) == []
    assert [code for _, _, code in door.verdicts()][len(before) :] == [None]


@pytest.mark.parametrize(("before", "detail"), NARROWING)
def test_never_too_late(before: list[tuple[Command, str | None]], detail: dict[str, Any]) -> None:
    door = after(before)
    at = door.scene.surroundings.now()
    late(door, timedelta(hours=1))
    assert door(event(detail, at=at)) == []
    assert [code for _, _, code in door.verdicts()][len(before) :] == [None]


def test_a_ban_is_not_lifted_late() -> None:
    door = after([(Ban(), "bob")])
    unban, at = {"command": "unban", **HERE, "externalUserId": "bob"}, door.scene.surroundings.now()
    late(door, timedelta(seconds=1))
    assert door(event(unban, at=at)) == []
    assert door.verdicts()[-1][2] == "too-late"
    assert door.scene.user("bob").rules.ban is not None
    assert door(event(unban, "e-2", at=door.scene.surroundings.now())) == []
    assert door.scene.user("bob").rules.ban is None


def test_a_ban_does_not_end_sooner_for_a_late_command() -> None:
    door = after([(Ban(), "bob")])
    at, until = door.scene.surroundings.now(), door.scene.surroundings.now() + timedelta(hours=1)
    late(door, timedelta(seconds=1))
    assert door(event({"command": "ban", **HERE, "externalUserId": "bob", "until": iso(until)}, at=at)) == []
    assert door.verdicts()[-1][2] == "too-late"


def test_an_undo_that_gives_something_back() -> None:
    door = after([MUTED])
    at, [muted] = door.scene.surroundings.now(), door.scene.entries(DECIDED)
    late(door, timedelta(seconds=1))
    undo = {"command": "undo", **HERE, "changeId": muted.change_id}
    assert door(event(undo, at=at)) == []
    assert door.verdicts()[-1][2] == "too-late"
    assert door.scene.held("bob")["audio"] == "Receive"
    assert door(event(undo, "e-2", at=door.scene.surroundings.now())) == []
    assert door.scene.held("bob")["audio"] == "SendReceive"


@pytest.mark.parametrize("time", [None, "", "yesterday", 7, "2026-05-04T10:00:00"])
def test_of_unknown_age(time: object) -> None:
    door = after([MUTED])
    assert door(event({"command": "unmute", **BOB}) | {"time": time}) == []
    assert door.verdicts()[-1][2] == "too-late"
    assert door(event({"command": "mute", **BOB, "media": ["video"]}, "e-2") | {"time": time}) == []
    assert door.verdicts()[-1][2] is None


def test_a_retry_that_comes_late_gets_its_first_answer() -> None:
    door = after([MUTED])
    detail, at = {"command": "unmute", **BOB}, door.scene.surroundings.now()
    assert door(event(detail, at=at)) == []
    late(door, timedelta(hours=1))
    door.another_process()
    assert door(event(detail, at=at)) == []
    assert [code for _, _, code in door.verdicts()] == [None, None]
    assert door.scene.held("bob")["audio"] == "SendReceive"
