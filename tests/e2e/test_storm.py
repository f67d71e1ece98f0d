"""After a storm nothing is open, nothing is unlike the rules, and no event is missing or told twice.

`make storm SEED=…` is a longer one in a larger meeting.
"""

import os
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from tests.e2e.bus_events import DECIDED
from tests.e2e.caller import Json, done
from tests.e2e.deadline import until
from tests.e2e.meeting import ModeratedMeeting, ObservedStack
from tests.e2e.storm import Storm, decided
from tests.e2e.test_race import whole_history

SEED = int(os.environ.get("STORM_SEED", "1"))
SECONDS = float(os.environ.get("STORM_SECONDS", "15"))
PEOPLE = int(os.environ.get("STORM_PEOPLE", "20"))
REST = 480
"""Seconds: a lease, a call's life, the minute until the next tick, the two until the next look, all four times over."""
NARROWER = {"SendReceive": {"SendReceive", "Send", "Receive", "None"}, "Receive": {"Receive", "None"}, "None": {"None"}}


@pytest.fixture(scope="module")
def storm(local_stack: ObservedStack) -> Iterator[Storm]:
    raging = Storm(local_stack, SEED, SECONDS, PEOPLE)
    raging.rage()
    for meeting in raging.open_meetings:
        comes_to_rest(meeting)
    yield raging
    for meeting in raging.open_meetings:
        done(meeting.alice.post("/end", {}))


def comes_to_rest(meeting: ModeratedMeeting) -> None:
    try:
        until(lambda: not list(unlike(meeting)), REST, "everything is as it is said to be")
    except AssertionError as late:
        raise AssertionError("; ".join(unlike(meeting)) or str(late)) from None


def unlike(meeting: ModeratedMeeting) -> Iterator[str]:
    """What Gavel says of each attendee, held against Chime."""
    have, listed = meeting.local_stack.simulator.have(meeting.meeting_id), {a["attendeeId"]: a for a in roster(meeting)}
    for attendee_id in have.keys() - listed.keys():
        yield f"{attendee_id} is not known"
    for attendee_id, shown in listed.items():
        name, status, said = shown["externalUserId"], shown["status"], shown["capabilities"]
        if status == "gone":
            if attendee_id in have:
                yield f"{name} is said to be gone"
            continue
        if attendee_id not in have:
            yield f"{name} is not there any more"
        elif status not in ("applied", "drifted"):
            yield f"{name} is {status}"
        elif status == "applied" and have[attendee_id] != said:
            yield f"{name} has {have[attendee_id]}, {said} is said"
        elif any(have[attendee_id][medium] not in NARROWER[word] for medium, word in said.items()):
            yield f"{name} drifted to {have[attendee_id]}, which is more than {said}"


def roster(meeting: ModeratedMeeting) -> Iterator[Json]:
    token = ""
    while token is not None:
        page = done(meeting.admin.get("/attendees?limit=100" + (f"&nextToken={token}" if token else "")))
        yield from page["items"]
        token = page["nextToken"]


def is_accepted(entry: Json) -> bool:
    return bool(entry["type"] == DECIDED and entry["verdict"] == "accepted")


def test_it_was_a_storm(storm: Storm) -> None:
    print(
        f"{len(storm.answers)} commands, {storm.killed} workers killed, {storm.ordered} faults, {storm.written} writes"
    )
    assert len(storm.answers) > storm.hands
    assert min(storm.killed, storm.ordered, storm.written) > 0


def is_closed(meeting: ModeratedMeeting, change_id: str) -> bool:
    return bool(meeting.change(change_id)["status"] != "pending")


def test_no_change_is_open(storm: Storm) -> None:
    for meeting in storm.open_meetings:
        for change_id in {entry["changeId"] for entry in whole_history(meeting) if is_accepted(entry)}:
            until(partial(is_closed, meeting, change_id), REST, f"{change_id} is closed")


def test_every_answer_is_true(storm: Storm) -> None:
    """What was answered as decided is decided, once; what was answered as not decided is not."""
    accepted: Counter[str] = Counter()
    for meeting in storm.open_meetings:
        entries = [e for e in whole_history(meeting) if is_accepted(e) and e["actor"]["kind"] == "user"]
        accepted.update(str(entry["reason"]) for entry in entries)
    for label, answer in storm.answers:
        was = decided(answer) if answer is not None else None
        if was is None:
            assert accepted[label] <= 1, (label, answer and answer.text)
        else:
            assert accepted[label] == int(was), (label, answer and answer.text)


def test_no_event_is_missing_or_told_twice(storm: Storm) -> None:
    for meeting in storm.open_meetings:
        entries = {entry["entryId"]: entry["type"] for entry in whole_history(meeting)}
        told = until_all_are_told(meeting, entries)
        assert told.keys() == entries.keys()
        decisions = [entry for entry in whole_history(meeting) if entry["type"] == DECIDED and entry["changeId"]]
        # Attendees of one user who join together are one change, and are decided on one by one.
        told_of = Counter((e["changeId"], *(a["attendeeId"] for a in e["attendees"])) for e in decisions)
        assert not [key for key, count in told_of.items() if count > 1]


def until_all_are_told(meeting: ModeratedMeeting, entries: dict[str, str]) -> dict[str, str]:
    bus_events = meeting.local_stack.bus_events
    found = bus_events.until(
        meeting.meeting_id, lambda seen: entries.keys() <= {e["detail"]["entryId"] for e in seen}, 120
    )
    return {event["detail"]["entryId"]: event["detail-type"] for event in found}
