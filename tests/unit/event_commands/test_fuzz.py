"""No message makes the function raise, is retried for nothing, or commands what its source may not.

A message that is not the stack's is retried until it goes to the dead-letter queue.
"""

import json

from event_commands.command_specs import COMMANDS
from event_commands.message import read
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.memory.moderated_meeting import MEETING, attendee_of

from .command_queue import EXTERNAL, SOURCE, CommandQueue, event, triggered

TEXT = st.text() | st.text(st.characters(categories=["Cs", "Cc", "Ll"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
).map(lambda value: json.loads(json.dumps(value)))
"""Values as they arrive: JSON makes one character of two surrogates that follow each other."""
FIELDS = {
    "meetingId": st.just(MEETING) | JSON,
    "externalMeetingId": st.just(EXTERNAL) | JSON,
    "attendeeId": st.sampled_from([attendee_of("bob"), attendee_of("bob") + "#content"]) | JSON,
    "externalUserId": st.sampled_from(["bob", "alice"]) | JSON,
    "media": st.lists(st.sampled_from(["audio", "video", "content"]), max_size=3) | JSON,
    "durationSeconds": st.integers(0, 99999) | JSON,
    "reason": TEXT,
    "mode": st.sampled_from(["open", "audience"]) | JSON,
    "except": st.just({"roles": ["viewer"]}) | JSON,
    "role": st.sampled_from(["viewer", "host"]) | JSON,
    "ban": st.booleans() | JSON,
    "until": st.just("2099-01-01T00:00:00Z") | JSON,
    "exclusive": st.booleans() | JSON,
    "changeId": st.just("01JZ") | JSON,
    "audio": st.sampled_from(["None", "SendReceive"]) | JSON,
}
DETAIL = st.fixed_dictionaries({"command": st.sampled_from(sorted(COMMANDS)) | JSON}, optional=FIELDS)


@settings(max_examples=60, deadline=None)
@given(DETAIL | JSON, st.sampled_from([SOURCE, "other.app", "gavel"]))
def test_any_detail(detail: object, source: str) -> None:
    is_object = isinstance(detail, dict)
    assert CommandQueue()(event(detail, source=source)) == ([] if is_object or source == "gavel" else ["0"])
    assert CommandQueue()(triggered(detail)) == ([] if is_object else ["0"])


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({"command": st.just("mute"), "meetingId": st.just(MEETING)}), TEXT)
def test_any_source(detail: object, source: str) -> None:
    assert CommandQueue()(event(detail, source=source)) == []


@settings(max_examples=60, deadline=None)
@given(JSON, TEXT)
def test_any_body(body: object, text: str) -> None:
    assert CommandQueue()(body, text) == ["0", "1"]


@settings(max_examples=100, deadline=None)
@given(JSON, JSON, st.sampled_from(sorted(COMMANDS)))
def test_no_value_of_an_event_adds_a_key(value: object, other: object, command: str) -> None:
    """Whatever the event holds, the command has no key that its template lacks, and no text of the event is a path."""
    template = {
        "command": command,
        "reason": "$.detail.value",
        "media": ["$.detail.value"],
        "except": {"roles": "$.id"},
    }
    message = read(json.dumps(triggered(template, detail={"value": value, "other": other})))
    assert set(message.detail) <= set(template)
    assert message.detail["except"] == {"roles": "e-1"}
    assert message.detail.get("reason", value) == value
    assert not isinstance(message.detail.get("reason"), dict)


@settings(max_examples=60, deadline=None)
@given(DETAIL, st.sampled_from(["other.app", "trigger/exam", "trigger/"]))
def test_a_source_that_is_permitted_nothing_does_nothing(detail: dict[str, object], source: str) -> None:
    queue = CommandQueue()
    assert queue(event(detail, source=source)) == []
    assert len(queue.meeting.ledger.changes) == 1  # the registration
    assert all(entry.extra["verdict"] == "refused" for entry in queue.meeting.entries())
