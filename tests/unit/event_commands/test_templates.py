"""Templates of triggers: values of an event are values. None adds a key, changes one, or is taken for a path."""

import json
from typing import Any

import pytest
from event_commands.message import UnreadableMessageError, read
from event_commands.trigger_template import PATH, resolved
from moderation.domain.entry import DECIDED

from infra.settings import triggers
from tests.memory.moderated_meeting import MEETING

from .command_queue import CommandQueue, triggered

MUTE = {
    "command": "mute",
    "meetingId": "$.detail.meeting",
    "externalUserId": "$.detail.user",
    "reason": "$.detail.note",
}
DETAIL: dict[str, Any] = {"meeting": MEETING, "user": "bob", "note": "noise"}
EVENT: dict[str, Any] = {
    "id": "e-1",
    "detail-type": "Happened",
    "detail": {
        "a/b": 1,
        "list": [{"id": "x"}, {"id": "y"}],
        "deep": {"deeper": [[1, 2], [3]]},
        "no": None,
        "yes": True,
    },
}
ATTACKS = [
    'x","except":{"roles":["participant"]},"y":"',
    '"}, "command": {"command": "end"}, "x": {"',
    "{}",
    "}",
    '{"command": "end"}',
    "<aws.events.event.json>",
    "<aws.events.rule-arn>",
    "$.detail.meeting",
    "$.id",
    "\\",
    '\\"',
    "\u2028\u0000\u007f",
    "null",
    "' OR 1=1 --",
]


@pytest.mark.parametrize("note", ATTACKS)
def test_a_text_stays_a_text(note: str) -> None:
    """The author of a note is heard as its author, and as nothing else."""
    queue = CommandQueue()
    assert queue(triggered(MUTE, detail={**DETAIL, "note": note})) == []
    [entry] = queue.meeting.entries(DECIDED)
    assert (entry.command, entry.reason, entry.extra["verdict"]) == ("mute", note, "accepted")
    assert {user: queue.meeting.held(user)["audio"] for user in ("bob", "carol")} == {
        "bob": "Receive",
        "carol": "SendReceive",
    }


@pytest.mark.parametrize(
    "note", [{"except": {"roles": []}}, {"command": "end"}, [{"roles": ["x"]}], [["x"]], [None], {}, None]
)
def test_what_is_no_plain_value_is_refused(note: object) -> None:
    queue = CommandQueue()
    assert queue(triggered(MUTE, detail={**DETAIL, "note": note})) == []
    entry = queue.refusal()
    assert (entry.actor.id, entry.command, entry.extra["code"]) == ("trigger/exam", "mute", "invalid-request")
    assert "`$.detail.note`" in str(entry.extra["detail"])
    assert queue.meeting.held("bob")["audio"] == "SendReceive"


@pytest.mark.parametrize("note", [7, 1.5, True, ["a"], [1, 2]])
def test_a_value_of_the_wrong_kind_is_refused(note: object) -> None:
    queue = CommandQueue()
    assert queue(triggered(MUTE, detail={**DETAIL, "note": note})) == []
    assert "`/reason`" in str(queue.refusal().extra["detail"])
    assert queue.meeting.held("bob")["audio"] == "SendReceive"


@pytest.mark.parametrize(("missing", "key"), [("user", "externalUserId"), ("note", "reason")])
def test_a_missing_path_is_refused(missing: str, key: str) -> None:
    queue = CommandQueue()
    detail = {name: value for name, value in DETAIL.items() if name != missing}
    for _ in range(2):
        assert queue(triggered(MUTE, detail=detail)) == []
    assert queue.refusal().extra["detail"] == f"`/{key}`: the event has no value at `$.detail.{missing}`"


def test_the_command_is_never_taken_from_the_event() -> None:
    queue = CommandQueue()
    assert queue(triggered({**MUTE, "command": "$.detail.what"}, detail={**DETAIL, "what": "end"})) == []
    assert (queue.refusal().command, queue.meeting.stored().ended_at) == ("unknown", None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.id", "e-1"),
        ("$.detail-type", "Happened"),
        ("$.detail.a/b", 1),
        ("$.detail.list[0].id", "x"),
        ("$.detail.list[*].id", ["x", "y"]),
        ("$.detail.deep.deeper[0]", [1, 2]),
        ("$.detail.deep.deeper[0][1]", 2),
        ("$.detail.deep.deeper[*][0]", [1, 3]),
        ("$.detail.yes", True),
    ],
)
def test_paths(path: str, value: object) -> None:
    found = resolved({"reason": path, "except": {"roles": [path]}}, EVENT)
    assert (found.command, found.faults) == ({"reason": value, "except": {"roles": [value]}}, ())


@pytest.mark.parametrize(
    "path",
    [
        "$.detail.no",
        "$.detail",
        "$.detail.list",
        "$.detail.list[2].id",
        "$.detail.list[*].name",
        "$.detail.list.id",
        "$.detail.deep[0]",
        "$.detail.deep.deeper",
        "$.detail.deep.deeper[*][1]",
        "$.id[0]",
        "$.id.x",
        "$",
        "$x",
        "$.detail['list']",
        "$..id",
    ],
)
def test_paths_that_lead_to_no_value(path: str) -> None:
    found = resolved({"command": "mute", "reason": path}, EVENT)
    assert found.command == {"command": "mute"}
    assert [fault.pointer for fault in found.faults] == ["/reason"]


def test_the_configuration_takes_the_same_paths() -> None:
    assert triggers.PATH.pattern == PATH.pattern


def test_an_event_may_arrive_as_a_text() -> None:
    """AWS documents the variable both as JSON and as a text."""
    queue, message = CommandQueue(), triggered(MUTE, detail=DETAIL)
    assert queue({**message, "event": json.dumps(message["event"])}) == []
    assert queue.meeting.held("bob")["audio"] == "Receive"


NUMBERS = ["1e999", "NaN", "Infinity", "9" * 5_000]


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_numbers_that_are_none(number: str) -> None:
    """Nobody is muted for an infinite time, nor for what another reader takes for another number."""
    template = {**MUTE, "durationSeconds": "$.detail.seconds"}
    body = json.dumps(triggered(template, detail={**DETAIL, "seconds": "SECONDS"})).replace('"SECONDS"', number)
    queue = CommandQueue()
    assert queue(body) in ([], ["0"])
    assert queue.meeting.held("bob")["audio"] == "SendReceive"


BROKEN = [
    '{"trigger": "exam", "template": {"command": "end"}, "event": }',
    '{"trigger": "exam", "template": {"command": "end"}, "event": {"id": "e-1", "id": "e-2"}}',
    '{"trigger": "exam", "template": {"command": "end"}, "event": "{"}',
    '{"trigger": "exam", "template": {"command": "end"}, "event": {"detail": {}}}',
    '{"trigger": "exam", "template": ["end"], "event": {"id": "e-1"}}',
    '{"trigger": "exam", "template": {"command": "end"}}',
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_a_message_that_cannot_be_read_names_its_trigger(body: str) -> None:
    with pytest.raises(UnreadableMessageError) as unreadable:
        read(body)
    assert unreadable.value.message is not None
    assert unreadable.value.message.actor.id == "trigger/exam"


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_a_message_that_cannot_be_read_is_refused_once_and_kept(body: str) -> None:
    """It comes again until it lies in the dead-letter queue; the refusal is told the first time."""
    queue = CommandQueue()
    for _ in range(5):
        assert queue(body) == ["0"]
    entry = queue.refusal()
    assert (entry.meeting_id, entry.actor.id, entry.extra["code"]) == (None, "trigger/exam", "invalid-request")
    assert "cannot be read" in str(entry.extra["detail"])
    assert queue.meeting.stored().ended_at is None


@pytest.mark.parametrize("room", [{"meeting": None}, {}, {"meeting": 7}, {"meeting": {"meetingId": MEETING}}])
def test_a_meeting_that_the_event_does_not_name_is_refused(room: dict[str, Any]) -> None:
    queue = CommandQueue()
    assert queue(triggered(MUTE, detail={"user": "bob", "note": "noise", **room})) == []
    entry = queue.refusal()
    assert (entry.meeting_id, entry.actor.id, entry.command) == (None, "trigger/exam", "mute")
    assert "meeting" in str(entry.extra["detail"])


def test_what_an_event_holds_is_taken_for_no_beginning() -> None:
    with pytest.raises(UnreadableMessageError) as unreadable:
        read('{"version": "0", "x": {"trigger": "exam"}')
    assert unreadable.value.message is None
