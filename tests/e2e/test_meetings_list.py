"""The back end finds its meetings again: by name, by user, by time, in pages; nobody else does."""

import uuid

from tests.e2e.caller import Json, done, problem
from tests.e2e.meeting import ObservedStack


def test_the_back_end_finds_its_meetings(local_stack: ObservedStack) -> None:
    name, stranger = f"room {uuid.uuid4()}", f"finn-{uuid.uuid4()}"
    meetings = [local_stack.registered(local_stack.simulator.create_meeting(name), {"alice": "host"}) for _ in range(3)]
    ids = [meeting.meeting_id for meeting in meetings][::-1]
    back_end = meetings[0].of_all_meetings("admin")

    def listed(query: str) -> list[Json]:
        found: list[Json] = done(back_end.get(f"?{query}"))["items"]
        return found

    by_name = listed(f"externalMeetingId={name}")
    assert [item["meetingId"] for item in by_name] == ids
    assert ids == [item["meetingId"] for item in listed("limit=100") if item["externalMeetingId"] == name]
    between = f"from={by_name[1]['registeredAt']}&to={by_name[0]['registeredAt']}"
    assert [item["meetingId"] for item in listed(f"externalMeetingId={name}&{between}")] == ids[1:2]

    found, token = [], ""
    while token is not None:
        page = done(back_end.get(f"?externalMeetingId={name}&limit=2" + (f"&nextToken={token}" if token else "")))
        found += [item["meetingId"] for item in page["items"]]
        token = page["nextToken"]
    assert found == ids

    done(meetings[1].alice.post(f"/users/{stranger}/mute"))
    assert [item["meetingId"] for item in listed(f"user={stranger}")] == [meetings[1].meeting_id]
    assert set(ids) <= {item["meetingId"] for item in listed(f"user=alice&from={by_name[-1]['registeredAt']}")}


def test_nobody_else_does(local_stack: ObservedStack) -> None:
    meeting = local_stack.meeting()
    for query in ("", "?user=alice", "?externalMeetingId=story"):
        refused = problem(meeting.of_all_meetings("alice").get(query), 403, "not-permitted")
        assert refused["policies"] == ["no-permit"]
        assert "items" not in refused
