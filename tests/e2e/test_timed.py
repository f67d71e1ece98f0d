"""What was to last for a time ends by itself, by the clock: to the second, and within a minute if the alarm is lost."""

from datetime import datetime

import pytest

from tests.e2e.bus_events import CHANGED, DECIDED
from tests.e2e.caller import Json, done
from tests.e2e.deadline import SLOWER, until
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack
from tests.e2e.remote import EventCommandSupport

LASTS = 8
"""Seconds in which a test sees that somebody is muted, on a machine that is `SLOWER`."""
AT_LATEST = LASTS + 3
LOST_LASTS = 10
GIVE_UP_AFTER = 75
"""Seconds: the clock looks by itself every minute."""


def at(entry: Json) -> datetime:
    return datetime.fromisoformat(entry["occurredAt"])


def by_clock(meeting: ModeratedMeeting, kind: str) -> list[Json]:
    found = [entry for entry in meeting.alice.history() if entry["type"] == kind]
    return [entry for entry in found if entry["actor"]["kind"] == "clock"]


def seconds_between(meeting: ModeratedMeeting, change_id: str) -> float:
    """From the decision to Chime having the end of it: by Gavel's and Chime's own clocks, which are one here."""
    [began] = [e for e in meeting.alice.history() if e["changeId"] == change_id and e["type"] == DECIDED]
    last = meeting.changes()[-1]
    return (datetime.fromisoformat(last["time"]) - at(began)).total_seconds()


@pytest.fixture(scope="module")
def without_reminder(local_stack: ObservedStack, remote: EventCommandSupport) -> tuple[ModeratedMeeting, str]:
    """A mute whose reminder is lost, begun before the other tests so that its minute passes while they run."""
    meeting = local_stack.meeting()
    muted = done(meeting.alice.post(meeting.at("bob", "/mute"), {"durationSeconds": LOST_LASTS}))
    assert remote.lose_wakeups() >= 1
    assert meeting.has("bob") == MUTED
    return meeting, muted["changeId"]


@pytest.mark.usefixtures("without_reminder")
def test_a_mute_of_a_few_seconds(meeting: ModeratedMeeting) -> None:
    muted = done(meeting.alice.post(meeting.at("bob", "/mute"), {"durationSeconds": LASTS, "reason": "short"}))
    assert meeting.has("bob") == MUTED
    until(lambda: meeting.has("bob") == EVERYTHING, AT_LATEST + 4, "bob may speak again")
    assert LASTS <= seconds_between(meeting, muted["changeId"]) <= AT_LATEST * SLOWER
    [decided] = until(lambda: by_clock(meeting, DECIDED) or None, 5, "the end is an entry")
    [changed] = until(lambda: by_clock(meeting, CHANGED) or None, 5, "and that Chime has it is another")
    assert decided["changeId"] == changed["changeId"] != muted["changeId"]
    told = meeting.local_stack.bus_events.until_changed(meeting.meeting_id, changed["changeId"])
    assert {event["detail"]["actor"]["kind"] for event in told} == {"clock"}
    [attendee] = told[-1]["detail"]["attendees"]
    assert (attendee["externalUserId"], attendee["before"], attendee["after"]) == ("bob", MUTED, EVERYTHING)
    assert meeting.shown("bob")["limits"] == []


def test_a_mute_all_of_a_few_seconds(meeting: ModeratedMeeting) -> None:
    """It ends for all users except those that a host has muted individually."""
    done(meeting.alice.post(meeting.at("carol", "/mute")))
    muted = done(meeting.alice.post("/mute-all", {"durationSeconds": LASTS}))
    assert meeting.has("bob") == MUTED
    until(lambda: meeting.has("bob") == EVERYTHING, AT_LATEST + 4, "everybody may speak again")
    assert LASTS <= seconds_between(meeting, muted["changeId"]) <= AT_LATEST * SLOWER
    assert until(lambda: by_clock(meeting, DECIDED) or None, 5, "the end is an entry")
    assert meeting.has("carol") == MUTED
    assert done(meeting.alice.get())["muteAll"] == []


def test_replaced_by_a_lasting_one_it_does_not_end(meeting: ModeratedMeeting) -> None:
    """The alarm rings all the same, and finds a mute that is to last."""
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"durationSeconds": LASTS}))
    lasting = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "for good"}))
    done(meeting.alice.post(meeting.at("carol", "/mute"), {"durationSeconds": LASTS + 1}))
    until(lambda: meeting.has("carol") == EVERYTHING, AT_LATEST + 4, "a later alarm has rung")
    assert (meeting.has("bob"), meeting.change(lasting["changeId"])["status"]) == (MUTED, "applied")
    ended = [a["externalUserId"] for entry in by_clock(meeting, CHANGED) for a in entry["attendees"]]
    assert set(ended) <= {"carol"}


def test_a_lost_reminder_is_made_good_within_a_minute(without_reminder: tuple[ModeratedMeeting, str]) -> None:
    meeting, change_id = without_reminder
    until(lambda: meeting.has("bob") == EVERYTHING, GIVE_UP_AFTER, "bob may speak again")
    assert LOST_LASTS <= seconds_between(meeting, change_id) <= LOST_LASTS + 65 * SLOWER
    [ended] = until(lambda: by_clock(meeting, CHANGED) or None, 5, "the end is an entry")
    assert ended["attendees"][0]["externalUserId"] == "bob"
