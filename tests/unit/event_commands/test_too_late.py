"""A late command widens nothing and ends nothing; nor does one that later commands have overtaken."""

from datetime import timedelta
from typing import Any

import pytest
from moderation.application.requests import Request
from moderation.domain.capability import NOTHING, Capabilities, Medium
from moderation.domain.commands import Ban, Command, Hold, Mute, MuteEverybody, SetCapabilities, SetMeeting, SetRole
from moderation.domain.documents import meeting_revision
from moderation.domain.entry import DECIDED, iso

from tests.memory.moderated_meeting import ADMIN, MEETING

from .command_queue import BOB, EXTERNAL, MAX_AGE, CommandQueue, event

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
    # An effect that is not visible at once widens capabilities later.
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


def after(before: list[tuple[Command, str | None]]) -> CommandQueue:
    queue = CommandQueue()
    for number, (command, user) in enumerate(before):
        queue.gavel.perform(Request(MEETING, ADMIN, command, user_id=user, key=f"k{number}"))
    return queue


def late(queue: CommandQueue, by: timedelta) -> None:
    queue.meeting.clock.pass_by((MAX_AGE + by).total_seconds())


@pytest.mark.parametrize(("before", "detail"), WIDENING)
def test_too_late(before: list[tuple[Command, str | None]], detail: dict[str, Any]) -> None:
    queue = after(before)
    held = [queue.meeting.held(user) for user in ("alice", "bob", "carol")]
    at = queue.meeting.clock.now()
    late(queue, timedelta(seconds=1))
    for _ in range(2):
        assert queue(event(detail, at=at)) == []
    assert [code for _, _, code in queue.verdicts()][len(before) :] == ["too-late"]
    assert [queue.meeting.held(user) for user in ("alice", "bob", "carol")] == held


@pytest.mark.parametrize(("before", "detail"), WIDENING)
def test_just_in_time(before: list[tuple[Command, str | None]], detail: dict[str, Any]) -> None:
    queue = after(before)
    at = queue.meeting.clock.now()
    late(queue, timedelta(0))
    assert queue(event(detail, at=at)) == []
    assert [code for _, _, code in queue.verdicts()][len(before) :] == [None]


@pytest.mark.parametrize(("before", "detail"), NARROWING)
def test_never_too_late(before: list[tuple[Command, str | None]], detail: dict[str, Any]) -> None:
    queue = after(before)
    at = queue.meeting.clock.now()
    late(queue, timedelta(hours=1))
    assert queue(event(detail, at=at)) == []
    assert [code for _, _, code in queue.verdicts()][len(before) :] == [None]


def test_a_ban_is_not_lifted_late() -> None:
    queue = after([(Ban(), "bob")])
    unban, at = {"command": "unban", **HERE, "externalUserId": "bob"}, queue.meeting.clock.now()
    late(queue, timedelta(seconds=1))
    assert queue(event(unban, at=at)) == []
    assert queue.verdicts()[-1][2] == "too-late"
    assert queue.meeting.user("bob").rules.ban is not None
    assert queue(event(unban, "e-2", at=queue.meeting.clock.now())) == []
    assert queue.meeting.user("bob").rules.ban is None


def test_a_ban_does_not_end_sooner_for_a_late_command() -> None:
    queue = after([(Ban(), "bob")])
    at, until = queue.meeting.clock.now(), queue.meeting.clock.now() + timedelta(hours=1)
    late(queue, timedelta(seconds=1))
    assert queue(event({"command": "ban", **HERE, "externalUserId": "bob", "until": iso(until)}, at=at)) == []
    assert queue.verdicts()[-1][2] == "too-late"


def test_an_undo_that_gives_something_back() -> None:
    queue = after([MUTED])
    at, [muted] = queue.meeting.clock.now(), queue.meeting.entries(DECIDED)
    late(queue, timedelta(seconds=1))
    undo = {"command": "undo", **HERE, "changeId": muted.change_id}
    assert queue(event(undo, at=at)) == []
    assert queue.verdicts()[-1][2] == "too-late"
    assert queue.meeting.held("bob")["audio"] == "Receive"
    assert queue(event(undo, "e-2", at=queue.meeting.clock.now())) == []
    assert queue.meeting.held("bob")["audio"] == "SendReceive"


@pytest.mark.parametrize("time", [None, "", "yesterday", 7, "2026-05-04T10:00:00"])
@pytest.mark.parametrize("command", ["unmute", "mute", "remove"])
def test_of_unknown_age(time: object, command: str) -> None:
    """Nobody can tell whether it is older than the meeting."""
    queue = after([(Mute((Medium.VIDEO,)), "bob")])
    for _ in range(2):
        assert queue(event({"command": command, **BOB}) | {"time": time}) == []
    assert [code for _, _, code in queue.verdicts()] == [None, "bad-time"]


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
    queue = after([])
    at = queue.meeting.clock.now()
    late(queue, timedelta(seconds=1))
    for _ in range(2):
        assert queue(event(detail, at=at)) == []
    assert [code for _, _, code in queue.verdicts()] == ["too-late"]
    assert (queue.meeting.stored().ended_at, queue.meeting.user("bob").rules.ban) == (None, None)
    assert queue.meeting.held("bob")["audio"] == "SendReceive"
    assert queue(event(detail, "e-2", at=queue.meeting.clock.now())) == []
    assert queue.verdicts()[-1][2] is None


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
    queue = CommandQueue()
    registered = queue.meeting.stored().registered_at
    assert registered is not None
    named = {**detail, "externalMeetingId": EXTERNAL}
    for _ in range(2):
        assert queue(event(named, at=registered - timedelta(seconds=seconds))) == []
    assert [code for _, _, code in queue.verdicts()] == ["too-late"]
    assert queue.meeting.held("bob") == dict.fromkeys(("audio", "video", "content"), "SendReceive")
    assert queue.meeting.user("bob").hand is None
    assert queue(event(named, "e-2", at=registered)) == []
    assert queue.verdicts()[-1][2] is None or queue.meeting.user("bob").hand


def test_a_registration_anew_is_not_the_meeting_anew() -> None:
    queue = CommandQueue()
    at = queue.meeting.clock.now()
    queue.meeting.clock.pass_by(60)
    revision = meeting_revision(queue.meeting.stored())
    queue.meeting.register(if_match=revision, roles=queue.meeting.roles, mode="audio-only")
    assert queue(event({"command": "mute-all", **HERE}, at=at)) == []
    assert queue.verdicts()[-1][2] is None


LIFTING = [case for case in WIDENING if case[0] and case[1]["command"] != "set-role"]
"""A higher role lifts no rule."""


@pytest.mark.parametrize(("before", "detail"), LIFTING)
def test_overtaken(before: list[tuple[Command, str | None]], detail: dict[str, Any]) -> None:
    """Sent before what it would lift, delivered after it: EventBridge keeps no order."""
    meeting = CommandQueue()
    sent = meeting.meeting.clock.now()
    meeting.meeting.clock.pass_by(2)
    for number, (command, user) in enumerate(before):
        meeting.gavel.perform(Request(MEETING, ADMIN, command, user_id=user, key=f"k{number}"))
    held = [meeting.meeting.held(user) for user in ("alice", "bob", "carol")]
    for _ in range(2):
        assert meeting(event(detail, at=sent)) == []
    assert [code for _, _, code in meeting.verdicts()][len(before) :] == ["too-late"]
    assert [meeting.meeting.held(user) for user in ("alice", "bob", "carol")] == held


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
    queue = CommandQueue()
    sent = queue.meeting.clock.now()
    queue.meeting.clock.pass_by(30)
    assert queue(event(first, "e-1", at=sent)) == []
    assert queue(event(then, "e-2", at=sent + timedelta(seconds=3))) == []
    assert [code for _, _, code in queue.verdicts()] == [None, None]


def test_what_a_command_finds_is_as_old_as_it_was() -> None:
    """Only what the command makes holds since it was sent."""
    queue = after([(Mute((Medium.VIDEO,)), "bob"), (MuteEverybody((Medium.VIDEO,)), None)])
    before = queue.meeting.clock.now()
    sent = before + timedelta(seconds=10)
    queue.meeting.clock.pass_by(30)
    queue(event({"command": "mute", **BOB}, "e-1", at=sent))
    queue(event({"command": "mute-all", **HERE}, "e-2", at=sent))
    restrictions = {r.withholds: r.since for r in queue.meeting.user("bob").rules.restrictions}
    assert restrictions == {Capabilities.SEND_VIDEO: before, Capabilities.SEND_AUDIO: sent}
    assert {m.medium: m.since for m in queue.meeting.stored().rules.mute_alls} == {
        Medium.VIDEO: before, Medium.AUDIO: sent
    }  # fmt: skip


@pytest.mark.parametrize(("seconds", "code"), [(60, None), (61, "bad-time"), (72_000, "bad-time")])
def test_a_clock_that_is_ahead(seconds: float, code: str | None) -> None:
    queue = after([MUTED])
    at = queue.meeting.clock.now() + timedelta(seconds=seconds)
    for _ in range(2):
        assert queue(event({"command": "unmute", **BOB}, at=at)) == []
    assert [code for _, _, code in queue.verdicts()] == [None, code]
    assert (queue.meeting.held("bob")["audio"] == "Receive") is (code is not None)


def test_what_came_too_early_does_not_work_when_it_comes_again() -> None:
    queue = after([MUTED])
    at = queue.meeting.clock.now() + timedelta(seconds=90)
    for _ in range(2):
        assert queue(event({"command": "unmute", **BOB}, at=at)) == []
        queue.meeting.clock.pass_by(60)
    assert [code for _, _, code in queue.verdicts()] == [None, "bad-time"]
    assert queue.meeting.held("bob")["audio"] == "Receive"


def test_a_retry_that_comes_late_gets_its_first_answer() -> None:
    queue = after([MUTED])
    detail, at = {"command": "unmute", **BOB}, queue.meeting.clock.now()
    assert queue(event(detail, at=at)) == []
    late(queue, timedelta(hours=1))
    queue.another_process()
    assert queue(event(detail, at=at)) == []
    assert [code for _, _, code in queue.verdicts()] == [None, None]
    assert queue.meeting.held("bob")["audio"] == "SendReceive"
