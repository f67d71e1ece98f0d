"""EventBridge as a remote control: events on two buses silence a meeting, once each, and only by who may."""

import uuid

from tests.e2e.bus_events import DECIDED
from tests.e2e.caller import Json, done
from tests.e2e.deadline import until
from tests.e2e.meeting import EVERYTHING, MUTED, RECEIVING, ModeratedMeeting, ObservedStack
from tests.e2e.remote import COMMAND_SOURCE, EventCommandSupport, envelope

SECONDS = 5
SILENT = MUTED | {"content": "Receive"}
PARTICIPANTS = ("bob", "carol")


def in_a_room(local_stack: ObservedStack) -> tuple[ModeratedMeeting, str]:
    """A meeting whose name no other test's meeting has: a command for a name is for all meetings of that name."""
    name = f"room-{uuid.uuid4()}"
    return local_stack.meeting(name=name), name


def everybody_has(meeting: ModeratedMeeting, wanted: Json) -> bool:
    return all(meeting.has(user) == wanted for user in PARTICIPANTS)


def decided(meeting: ModeratedMeeting, source: str) -> list[Json]:
    return [
        entry
        for entry in meeting.alice.history()
        if entry["type"] == DECIDED and entry["actor"] == {"kind": "service", "id": source}
    ]


def test_a_command_on_the_bus_silences_a_meeting(meeting: ModeratedMeeting, remote: EventCommandSupport) -> None:
    command = {"command": "mute-all", "meetingId": meeting.meeting_id, "media": ["audio", "content"]}
    remote.command({**command, "reason": "exam"})
    until(lambda: everybody_has(meeting, SILENT), SECONDS, "the meeting is silent")
    assert meeting.has("alice") == EVERYTHING
    [entry] = decided(meeting, "exam.app")
    assert (entry["verdict"], entry["command"], entry["reason"]) == ("accepted", "mute-all", "exam")
    assert entry["policies"] == ["exam-app-may-moderate"]


def test_an_event_that_a_trigger_matches_silences_a_room(
    local_stack: ObservedStack, remote: EventCommandSupport
) -> None:
    """The sender knows the room's name and nothing of Gavel; the end of the exam gives back what there was before."""
    meeting, room = in_a_room(local_stack)
    done(meeting.alice.post(meeting.at("carol", "/mute"), {"reason": "noise"}))
    remote.happened("ExamStarted", {"room": room})
    until(lambda: everybody_has(meeting, SILENT), SECONDS, "the room is silent")
    assert [limit["actor"] for limit in meeting.shown("bob")["limits"]] == ["trigger/exam-started"]
    remote.happened("ExamEnded", {"room": room})
    people = {"alice": EVERYTHING, "bob": EVERYTHING, "carol": MUTED}
    until(lambda: {who: meeting.has(who) for who in people} == people, SECONDS, "the room is open again")
    assert [len(decided(meeting, f"trigger/exam-{what}")) for what in ("started", "ended")] == [1, 1]


def test_an_event_delivered_again_makes_no_second_change(
    meeting: ModeratedMeeting, remote: EventCommandSupport
) -> None:
    """Twice at once, and once more after a host has undone what it did."""
    event = envelope({"command": "mute-all", "meetingId": meeting.meeting_id})
    remote.deliver(event, event)
    until(lambda: everybody_has(meeting, MUTED), SECONDS, "the meeting is silent")
    until(remote.is_through, 20, "both deliveries are worked off")
    done(meeting.alice.post("/unmute-all", {}))
    calls = len(meeting.changes())
    remote.deliver(event)
    until(remote.is_through, 20, "the third delivery is worked off")
    assert everybody_has(meeting, EVERYTHING)
    assert len(meeting.changes()) == calls
    [entry] = decided(meeting, "exam.app")
    assert meeting.change(entry["changeId"])["status"] in ("applied", "superseded")


def test_a_source_of_the_configuration_needs_no_policy(meeting: ModeratedMeeting, remote: EventCommandSupport) -> None:
    remote.command({"command": "mute-all", "meetingId": meeting.meeting_id}, source=COMMAND_SOURCE)
    until(lambda: everybody_has(meeting, MUTED), SECONDS, "the meeting is silent")
    [entry] = decided(meeting, COMMAND_SOURCE)
    assert (entry["verdict"], entry["policies"]) == ("accepted", ["command-source-may-moderate"])


def test_a_source_without_a_permit_is_refused_once(meeting: ModeratedMeeting, remote: EventCommandSupport) -> None:
    """Recorded and told, and not tried again: a second attempt would be refused as well."""
    remote.command({"command": "mute-all", "meetingId": meeting.meeting_id}, source="prankster")
    [entry] = until(lambda: decided(meeting, "prankster") or None, SECONDS, "the refusal is recorded")
    assert (entry["verdict"], entry["code"], entry["policies"]) == ("refused", "not-permitted", ["no-permit"])
    told = meeting.local_stack.bus_events.until(meeting.meeting_id, lambda seen: entry["entryId"] in entry_ids(seen))
    assert [e["detail-type"] for e in told if e["detail"]["entryId"] == entry["entryId"]] == [DECIDED]
    until(remote.is_through, 20, "nothing waits to be tried again")
    assert len(decided(meeting, "prankster")) == 1
    assert remote.undeliverable() == 0
    assert everybody_has(meeting, EVERYTHING)


def test_nobody_passes_for_a_trigger(meeting: ModeratedMeeting, remote: EventCommandSupport) -> None:
    """The rule on the bus lets no such source through; one that came through all the same would be refused."""
    source, command = "trigger/exam-started", {"command": "mute-all", "meetingId": meeting.meeting_id}
    until(lambda: meeting.has("victor") == RECEIVING, SECONDS, "all have the capabilities of their roles")
    calls = meeting.changes()
    remote.command(command, source=source)
    remote.deliver(envelope(command, source=source))
    [entry] = until(lambda: decided(meeting, source) or None, SECONDS, "the refusal is recorded")
    assert (entry["verdict"], entry["code"]) == ("refused", "not-permitted")
    until(remote.is_through, 20, "nothing else is under way")
    assert decided(meeting, source) == [entry]
    assert everybody_has(meeting, EVERYTHING)
    assert meeting.changes() == calls


def entry_ids(events: list[Json]) -> set[str]:
    return {event["detail"]["entryId"] for event in events}
