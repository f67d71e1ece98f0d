"""A command that was long on its way widens nothing and ends nothing; nor does one that others have overtaken."""

from datetime import timedelta
from typing import Any

import pytest
from moderation.application.requests import Request
from moderation.domain.capability import NOTHING, Capabilities, Medium
from moderation.domain.commands import Ban, Command, Hold, Mute, MuteEverybody, SetCapabilities, SetMeeting, SetRole
from moderation.domain.documents import meeting_revision
from moderation.domain.entry import DECIDED, iso

from tests.memory.moderated_meeting import ADMIN, MEETING

from .door import BOB, EXTERNAL, MAX_AGE, Door, event

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
@pytest.mark.parametrize("command", ["unmute", "mute", "remove"])
def test_of_unknown_age(time: object, command: str) -> None:
    """Nobody can tell whether it is older than the meeting."""
    door = after([(Mute((Medium.VIDEO,)), "bob")])
    for _ in range(2):
        assert door(event({"command": command, **BOB}) | {"time": time}) == []
    assert [code for _, _, code in door.verdicts()] == [None, "bad-time"]


@pytest.mark.parametrize(
    "detail",
    [
        {"command": "end", **HERE},
        {"command": "remove", **BOB},
        {"command": "remove", **BOB, "ban": True},
        {"command": "ban", **BOB},
    ],
)
def test_what_cannot_be_taken_back_is_not_done_late(detail: dict[str, Any]) -> None:
    door = after([])
    at = door.scene.surroundings.now()
    late(door, timedelta(seconds=1))
    for _ in range(2):
        assert door(event(detail, at=at)) == []
    assert [code for _, _, code in door.verdicts()] == ["too-late"]
    assert (door.scene.meeting().ended_at, door.scene.user("bob").rules.ban) == (None, None)
    assert door.scene.held("bob")["audio"] == "SendReceive"
    assert door(event(detail, "e-2", at=door.scene.surroundings.now())) == []
    assert door.verdicts()[-1][2] is None


OF_ANOTHER_DAY = [
    {"command": "mute-all"},
    {"command": "freeze"},
    {"command": "set-mode", "mode": "audience"},
    {"command": "mute", "externalUserId": "bob"},
    {"command": "hold", "externalUserId": "bob"},
    {"command": "raise-hand", "externalUserId": "bob"},
]


@pytest.mark.parametrize("detail", OF_ANOTHER_DAY)
@pytest.mark.parametrize("seconds", [1, 120, 86_400])
def test_older_than_the_meeting_of_that_name(detail: dict[str, Any], seconds: float) -> None:
    """A queue that is redriven brings yesterday's commands to today's meeting in the same room."""
    door = Door()
    registered = door.scene.meeting().registered_at
    assert registered is not None
    named = {**detail, "externalMeetingId": EXTERNAL}
    for _ in range(2):
        assert door(event(named, at=registered - timedelta(seconds=seconds))) == []
    assert [code for _, _, code in door.verdicts()] == ["too-late"]
    assert door.scene.held("bob") == dict.fromkeys(("audio", "video", "content"), "SendReceive")
    assert door.scene.user("bob").hand is None
    assert door(event(named, "e-2", at=registered)) == []
    assert door.verdicts()[-1][2] is None or door.scene.user("bob").hand


def test_a_registration_anew_is_not_the_meeting_anew() -> None:
    door = Door()
    at = door.scene.surroundings.now()
    door.scene.surroundings.pass_by(60)
    revision = meeting_revision(door.scene.meeting())
    door.scene.register(if_match=revision, roles=door.scene.roles, mode="audio-only")
    assert door(event({"command": "mute-all", **HERE}, at=at)) == []
    assert door.verdicts()[-1][2] is None


LIFTING = [case for case in WIDENING if case[0] and case[1]["command"] != "set-role"]
"""A higher role lifts no rule."""


@pytest.mark.parametrize(("before", "detail"), LIFTING)
def test_overtaken(before: list[tuple[Command, str | None]], detail: dict[str, Any]) -> None:
    """Sent before what it would lift, delivered after it: EventBridge keeps no order."""
    scene = Door()
    sent = scene.scene.surroundings.now()
    scene.scene.surroundings.pass_by(2)
    for number, (command, user) in enumerate(before):
        scene.gavel.perform(Request(MEETING, ADMIN, command, user_id=user, key=f"k{number}"))
    held = [scene.scene.held(user) for user in ("alice", "bob", "carol")]
    for _ in range(2):
        assert scene(event(detail, at=sent)) == []
    assert [code for _, _, code in scene.verdicts()][len(before) :] == ["too-late"]
    assert [scene.scene.held(user) for user in ("alice", "bob", "carol")] == held


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"command": "mute", **BOB}, {"command": "unmute", **BOB}),
        ({"command": "hold", **BOB}, {"command": "release", **BOB}),
        ({"command": "ban", **BOB}, {"command": "unban", **HERE, "externalUserId": "bob"}),
        ({"command": "mute-all", **HERE}, {"command": "unmute-all", **HERE}),
        ({"command": "freeze", **HERE}, {"command": "unfreeze", **HERE}),
        ({"command": "set-mode", **HERE, "mode": "audience"}, {"command": "set-mode", **HERE, "mode": "open"}),
    ],
)
def test_what_was_sent_in_order_is_done_though_the_first_was_slow(first: dict[str, Any], then: dict[str, Any]) -> None:
    """Two events are compared by when they were sent."""
    door = Door()
    sent = door.scene.surroundings.now()
    door.scene.surroundings.pass_by(30)
    assert door(event(first, "e-1", at=sent)) == []
    assert door(event(then, "e-2", at=sent + timedelta(seconds=3))) == []
    assert [code for _, _, code in door.verdicts()] == [None, None]


def test_what_a_command_finds_is_as_old_as_it_was() -> None:
    """Only what the command makes holds since it was sent."""
    door = after([(Mute((Medium.VIDEO,)), "bob"), (MuteEverybody((Medium.VIDEO,)), None)])
    before = door.scene.surroundings.now()
    sent = before + timedelta(seconds=10)
    door.scene.surroundings.pass_by(30)
    door(event({"command": "mute", **BOB}, "e-1", at=sent))
    door(event({"command": "mute-all", **HERE}, "e-2", at=sent))
    restrictions = {r.withholds: r.since for r in door.scene.user("bob").rules.restrictions}
    assert restrictions == {Capabilities.SEND_VIDEO: before, Capabilities.SEND_AUDIO: sent}
    assert {m.medium: m.since for m in door.scene.meeting().rules.mute_alls} == {
        Medium.VIDEO: before, Medium.AUDIO: sent
    }  # fmt: skip


@pytest.mark.parametrize(("seconds", "code"), [(60, None), (61, "bad-time"), (72_000, "bad-time")])
def test_a_clock_that_is_ahead(seconds: float, code: str | None) -> None:
    door = after([MUTED])
    at = door.scene.surroundings.now() + timedelta(seconds=seconds)
    for _ in range(2):
        assert door(event({"command": "unmute", **BOB}, at=at)) == []
    assert [code for _, _, code in door.verdicts()] == [None, code]
    assert (door.scene.held("bob")["audio"] == "Receive") is (code is not None)


def test_what_came_too_early_does_not_work_when_it_comes_again() -> None:
    door = after([MUTED])
    at = door.scene.surroundings.now() + timedelta(seconds=90)
    for _ in range(2):
        assert door(event({"command": "unmute", **BOB}, at=at)) == []
        door.scene.surroundings.pass_by(60)
    assert [code for _, _, code in door.verdicts()] == [None, "bad-time"]
    assert door.scene.held("bob")["audio"] == "Receive"


def test_a_retry_that_comes_late_gets_its_first_answer() -> None:
    door = after([MUTED])
    detail, at = {"command": "unmute", **BOB}, door.scene.surroundings.now()
    assert door(event(detail, at=at)) == []
    late(door, timedelta(hours=1))
    door.another_process()
    assert door(event(detail, at=at)) == []
    assert [code for _, _, code in door.verdicts()] == [None, None]
    assert door.scene.held("bob")["audio"] == "SendReceive"
