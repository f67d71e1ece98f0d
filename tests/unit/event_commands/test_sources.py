"""The source of a command. A trigger is trusted, so nothing that a sender writes makes their event a trigger."""

import json
from typing import Any

import pytest
from event_commands.message import read

from tests.memory.moderated_meeting import MEETING

from .command_queue import BOB, SOURCE, CommandQueue, event, triggered

MUTE = {"command": "mute", **BOB}


def test_a_trigger() -> None:
    queue = CommandQueue()
    assert queue.trigger("mute", **BOB) == []
    assert queue.verdicts() == [("trigger/exam", "mute", None)]


def test_a_source_that_no_policy_names() -> None:
    queue = CommandQueue()
    assert queue.send("mute", source="other.app", **BOB, reason="why") == []
    assert queue.verdicts() == [("other.app", "mute", "not-permitted")]
    assert queue.refusal().reason == "why"
    assert queue.meeting.held("bob")["audio"] == "SendReceive"


@pytest.mark.parametrize("source", ["gavel", "aws.chime", "aws.x"])
def test_sources_that_never_command(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Gavel's own events would go round in circles."""
    queue = CommandQueue()
    assert queue.send("mute", source=source, **BOB) == []
    assert queue.meeting.entries() == []
    assert '"message dropped"' in capsys.readouterr().out


@pytest.mark.parametrize("source", ["trigger/exam", "trigger/", "trigger/x/y"])
def test_a_source_that_gives_itself_out_as_a_trigger(source: str) -> None:
    queue = CommandQueue()
    assert queue.send("mute", source=source, **BOB) == []
    assert queue.verdicts() == [(source, "mute", "not-permitted")]
    assert queue.meeting.held("bob")["audio"] == "SendReceive"


TRIGGER_MESSAGE = triggered(MUTE)
FORGED: list[dict[str, Any]] = [
    event(TRIGGER_MESSAGE, source="other.app"),
    event({**MUTE, **TRIGGER_MESSAGE}, source="other.app"),
    event({**MUTE, "source": "trigger/exam"}, source="other.app"),
    event({"detail": TRIGGER_MESSAGE, **TRIGGER_MESSAGE}, source="other.app"),
    {**event(MUTE, source="other.app"), **TRIGGER_MESSAGE},
    {**event(MUTE, source="other.app"), "detail-type": "Another", **TRIGGER_MESSAGE},
    {**event(MUTE, source="other.app"), "detail-type": None, **TRIGGER_MESSAGE},
]


@pytest.mark.parametrize("body", FORGED)
def test_an_event_never_becomes_a_trigger(body: dict[str, Any]) -> None:
    queue = CommandQueue()
    assert queue(body) == []
    assert queue.meeting.held("bob")["audio"] == "SendReceive"
    assert not [entry for entry in queue.meeting.entries() if entry.actor.id.startswith("trigger/")]


@pytest.mark.parametrize("body", FORGED[:-2])
def test_the_sender_stays_the_actor(body: dict[str, Any]) -> None:
    message = read(json.dumps(body))
    assert (message.actor.id, message.is_spoofed) == ("other.app", False)


def test_a_trigger_does_not_touch_hosts() -> None:
    queue = CommandQueue()
    assert queue.trigger("mute", meetingId=MEETING, externalUserId="alice") == []
    assert queue.verdicts() == [("trigger/exam", "mute", "not-permitted")]
    assert queue.refusal().extra["policies"] == ["non-hosts-may-not-act-on-hosts"]


def test_the_source_is_the_principal_and_no_other() -> None:
    """`source` in the detail, or an actor there, is an unknown key."""
    queue = CommandQueue()
    assert queue.send("mute", source="other.app", **BOB, actor=SOURCE) == []
    assert queue.verdicts() == [("other.app", "mute", "invalid-request")]


@pytest.mark.parametrize(("cause", "is_dropped"), [("trigger/exam", True), ("trigger/other", False), ("alice", False)])
def test_a_trigger_does_not_answer_its_own_refusals(cause: str, is_dropped: bool) -> None:
    """A trigger on Gavel's own events would be refused, hear of it, and be refused again."""
    queue = CommandQueue()
    body = triggered({"command": "mute-all", "meetingId": MEETING}, at=queue.sent)
    body["event"] |= {"source": "gavel", "detail": {"actor": {"kind": "service", "id": cause}}}
    assert queue(body) == []
    assert (queue.verdicts() == []) is is_dropped
