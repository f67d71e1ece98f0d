"""The same event delivered twice makes one change; another event makes another."""

from typing import Any

import pytest

from tests.memory.moderated_meeting import MEETING

from .command_queue import BOB, SOURCE, CommandQueue

USER: tuple[str, dict[str, Any]] = ("mute", {**BOB, "durationSeconds": 60})
EVERYBODY: tuple[str, dict[str, Any]] = ("mute-all", {"meetingId": MEETING})


@pytest.mark.parametrize(("command", "fields"), [USER, EVERYBODY])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_twice(command: str, fields: dict[str, Any], elsewhere: bool) -> None:
    queue = CommandQueue()
    assert queue.send(command, **fields) == []
    queue.meeting.clock.pass_by(20)
    if elsewhere:
        queue.another_process()
    assert queue.send(command, **fields) == []
    assert len(queue.meeting.ledger.changes) == 2  # the registration's, and one
    assert len(queue.verdicts()) == 1
    assert queue.send(command, "e-2", **fields) == []
    assert len(queue.verdicts()) == 2


def test_again_after_a_host_undid_it() -> None:
    """What comes late again doesn't overrule what was decided since."""
    queue = CommandQueue()
    queue.send("mute", **BOB)
    queue.send("unmute", "e-2", **BOB)
    queue.send("mute", **BOB)
    assert queue.meeting.held("bob")["audio"] == "SendReceive"


def test_one_event_may_set_off_several_triggers() -> None:
    queue = CommandQueue()
    assert queue.trigger("mute", name="sound", **BOB) == []
    assert queue.trigger("mute", name="screen", **BOB, media=["content"]) == []
    assert queue.send("mute", **BOB, media=["video"]) == []
    assert queue.meeting.held("bob") == {"audio": "Receive", "video": "Receive", "content": "Receive"}
    assert [verdict[0] for verdict in queue.verdicts()] == ["trigger/sound", "trigger/screen", SOURCE]
    assert queue.trigger("mute", name="sound", **BOB) == []
    assert len(queue.verdicts()) == 3
