"""Runs after all other tests: no JoinToken is stored or logged, since it lets its holder join as the attendee."""

import re

from chime_simulator.meetings import LEAK_MARK

from local.aws import client
from local.logs import messages
from tests.contracts.validation import problems
from tests.e2e.bus_events import CHANGED, DECIDED, Json
from tests.e2e.caller import done
from tests.e2e.meeting import ModeratedMeeting, ObservedStack

TRACES = re.compile(rf"""{LEAK_MARK}|JoinToken\W{{0,3}}[:=]""", re.IGNORECASE)
"""A token of the simulator, or the key, whatever stands behind it. Prose may name it."""


def leaks(texts: list[str]) -> list[str]:
    return [text for text in texts if TRACES.search(text)]


def test_chime_has_given_tokens_whose_traces_would_be_found(local_stack: ObservedStack) -> None:
    """The search below finds them where they are."""
    meeting_id = local_stack.simulator.create_meeting()
    created = local_stack.simulator.chime.create_attendee(MeetingId=meeting_id, ExternalUserId="zoe")
    assert leaks([str(created)])


def test_no_join_token_is_left_anywhere(meeting: ModeratedMeeting) -> None:
    """Answers, table, events, the functions' logs and the emulator's own, after everything that was tried."""
    local_stack = meeting.local_stack
    attendee = meeting.join("zoe")
    changed = done(meeting.alice.post(f"/attendees/{attendee}/mute"))
    local_stack.bus_events.until_changed(meeting.meeting_id, changed["changeId"])
    local_stack.bus_events.everything()
    found = {
        "answers": local_stack.web.answers,
        "table": items(local_stack),
        "events": local_stack.bus_events.bodies,
        "logs": messages(local_stack.stack.aws_endpoint_url),
        "servers": [child.log.read_text(errors="replace") for child in local_stack.stack.children],
    }
    assert [name for name, texts in found.items() if not any(texts)] == []
    assert {name: leaks(texts) for name, texts in found.items()} == {name: [] for name in found}


def items(local_stack: ObservedStack) -> list[str]:
    table = client("dynamodb", local_stack.stack.aws_endpoint_url)
    try:
        pages = table.get_paginator("scan").paginate(TableName=local_stack.stack.table, ConsistentRead=True)
        return [str(item) for page in pages for item in page["Items"]]
    finally:
        table.close()


def test_every_event_is_as_its_schema_says(local_stack: ObservedStack) -> None:
    """Over all tests, as EventBridge delivered it; nothing is in it that no schema speaks of."""
    seen = local_stack.bus_events.everything()
    assert {event["detail-type"] for event in seen} >= {DECIDED, CHANGED}
    assert [problem for event in seen for problem in problems(event)] == []


def test_no_change_was_told_twice(local_stack: ObservedStack) -> None:
    """Over all tests: an entry may be delivered twice, but no change has two entries that do the same to an attendee. A
    change reports more of an attendee if another system, or a call that takes effect late, has undone it.
    """
    told: dict[tuple[str, str], list[Json]] = {}
    for event in local_stack.bus_events.everything():
        if event["detail-type"] == CHANGED:
            for about in event["detail"]["attendees"]:
                told.setdefault((event["detail"]["changeId"], about["attendeeId"]), []).append(about)
    assert told
    assert [reports for reports in told.values() if any(reports.count(report) > 1 for report in reports)] == []
