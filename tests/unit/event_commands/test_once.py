"""The same event delivered twice makes one change; another event makes another."""

from typing import Any

import pytest

from tests.memory.moderated_meeting import MEETING

from .door import BOB, SOURCE, Door

PERSON: tuple[str, dict[str, Any]] = ("mute", {**BOB, "durationSeconds": 60})
EVERYBODY: tuple[str, dict[str, Any]] = ("mute-all", {"meetingId": MEETING})


@pytest.mark.parametrize(("command", "fields"), [PERSON, EVERYBODY])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_twice(command: str, fields: dict[str, Any], elsewhere: bool) -> None:
    door = Door()
    assert door.send(command, **fields) == []
    door.scene.surroundings.pass_by(20)
    if elsewhere:
        door.another_process()
    assert door.send(command, **fields) == []
    assert len(door.scene.ledger.changes) == 2  # the registration's, and one
    assert len(door.verdicts()) == 1
    assert door.send(command, "e-2", **fields) == []
    assert len(door.verdicts()) == 2


def test_again_after_a_host_undid_it() -> None:
    """What comes late again doesn't overrule what was decided since."""
    door = Door()
    door.send("mute", **BOB)
    door.send("unmute", "e-2", **BOB)
    door.send("mute", **BOB)
    assert door.scene.held("bob")["audio"] == "SendReceive"


def test_one_event_may_set_off_several_triggers() -> None:
    door = Door()
    assert door.trigger("mute", name="sound", **BOB) == []
    assert door.trigger("mute", name="screen", **BOB, media=["content"]) == []
    assert door.send("mute", **BOB, media=["video"]) == []
    assert door.scene.held("bob") == {"audio": "Receive", "video": "Receive", "content": "Receive"}
    assert [verdict[0] for verdict in door.verdicts()] == ["trigger/sound", "trigger/screen", SOURCE]
    assert door.trigger("mute", name="sound", **BOB) == []
    assert len(door.verdicts()) == 3
