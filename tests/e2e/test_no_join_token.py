"""After all other tests: whoever holds a JoinToken can join in somebody's place, so it is nowhere but with Chime."""

import re

from local.aws import client
from local.chime.meetings import JOIN_TOKEN_MARK
from local.logs import messages
from tests.contracts.validation import problems
from tests.e2e.caller import done
from tests.e2e.scene import ModeratedMeeting, Theatre
from tests.e2e.tap import CHANGED, DECIDED

TRACES = re.compile(rf"""{JOIN_TOKEN_MARK}|JoinToken\W{{0,3}}[:=]""", re.IGNORECASE)
"""A token of the simulator, or the key, whatever stands behind it. Prose may name it."""


def leaks(texts: list[str]) -> list[str]:
    return [text for text in texts if TRACES.search(text)]


def test_chime_has_given_tokens_whose_traces_would_be_found(theatre: Theatre) -> None:
    """The search below finds them where they are."""
    meeting_id = theatre.simulator.create_meeting()
    created = theatre.simulator.chime.create_attendee(MeetingId=meeting_id, ExternalUserId="zoe")
    assert leaks([str(created)])


def test_no_join_token_is_left_anywhere(scene: ModeratedMeeting) -> None:
    """Answers, table, events, the functions' logs and the emulator's own, after everything that was tried."""
    theatre = scene.theatre
    seat = scene.join("zoe")
    changed = done(scene.alice.post(f"/attendees/{seat}/mute"))
    theatre.tap.until_changed(scene.meeting_id, changed["changeId"])
    theatre.tap.everything()
    found = {
        "answers": theatre.web.answers,
        "table": items(theatre),
        "events": theatre.tap.bodies,
        "logs": messages(theatre.stack.aws_endpoint_url),
        "servers": [child.log.read_text(errors="replace") for child in theatre.stack.children],
    }
    assert [name for name, texts in found.items() if not any(texts)] == []
    assert {name: leaks(texts) for name, texts in found.items()} == {name: [] for name in found}


def items(theatre: Theatre) -> list[str]:
    table = client("dynamodb", theatre.stack.aws_endpoint_url)
    try:
        pages = table.get_paginator("scan").paginate(TableName=theatre.stack.table, ConsistentRead=True)
        return [str(item) for page in pages for item in page["Items"]]
    finally:
        table.close()


def test_every_event_is_as_its_schema_says(theatre: Theatre) -> None:
    """Over all tests, as EventBridge delivered it; nothing is in it that no schema speaks of."""
    seen = theatre.tap.everything()
    assert {event["detail-type"] for event in seen} >= {DECIDED, CHANGED}
    assert [problem for event in seen for problem in problems(event)] == []


def test_no_change_was_told_twice(theatre: Theatre) -> None:
    """Over all tests: an entry may be delivered twice, but no change has two entries that it is done for somebody. A
    full meeting takes several entries, each for other people.
    """
    done_once: set[tuple[str, str]] = set()
    for event in theatre.tap.everything():
        if event["detail-type"] == "Attendee Capabilities Changed":
            told = {(event["detail"]["changeId"], about["attendeeId"]) for about in event["detail"]["attendees"]}
            assert told.isdisjoint(done_once)
            done_once |= told
    assert done_once
