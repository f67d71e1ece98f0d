"""Who comes while rules hold: let in beforehand, unannounced, or for the second time; and who is never moderated."""

from typing import Any

import pytest

from tests.e2e.caller import done, problem
from tests.e2e.deadline import until
from tests.e2e.meeting import EVERYTHING, MUTED, RECEIVING, ROLES, ModeratedMeeting, ObservedStack
from tests.e2e.remote import EventCommandSupport
from tests.e2e.simulator import BATCH

SECONDS = 5


@pytest.fixture(autouse=True)
def _awake(remote: EventCommandSupport) -> None:
    """Warms the function that handles joins, so that no test waits for a cold start."""


def attendee_has(meeting: ModeratedMeeting, attendee: str) -> dict[str, str]:
    return meeting.local_stack.simulator.has(meeting.meeting_id, attendee)


def creates(meeting: ModeratedMeeting, user: str, **how: Any) -> str:
    """An attendee, as the customer's back end makes it with what it was told."""
    created = meeting.local_stack.simulator.chime.create_attendee(
        MeetingId=meeting.meeting_id, ExternalUserId=user, **how
    )
    return str(created["Attendee"]["AttendeeId"])


def test_who_is_admitted_never_leaks_a_frame(meeting: ModeratedMeeting) -> None:
    """Chime creates the attendee muted, so no call is needed; the end of the mute-all gives them their grant."""
    done(meeting.alice.post("/mute-all", {}))
    [admitted] = done(meeting.admin.post("/admissions", {"users": [{"externalUserId": "dora"}]}))["items"]
    assert admitted == {
        "externalUserId": "dora",
        "admitted": True,
        "capabilities": {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"},
    }
    calls = len(meeting.changes())
    attendee = creates(meeting, "dora", Capabilities=admitted["capabilities"])
    bound = done(meeting.admin.put(f"/attendees/{attendee}", {}))
    assert (bound["capabilities"], bound["status"], attendee_has(meeting, attendee)) == (MUTED, "applied", MUTED)
    assert len(meeting.changes()) == calls
    done(meeting.alice.post("/unmute-all", {}))
    assert attendee_has(meeting, attendee) == EVERYTHING


def test_an_attendee_is_bound_before_its_token_is_handed_out(meeting: ModeratedMeeting) -> None:
    """A back end that creates first and asks then: the answer comes when Chime has it."""
    done(meeting.alice.post("/users/dora/mute", {"media": ["video"]}))
    attendee = creates(meeting, "dora")
    bound = done(meeting.admin.put(f"/attendees/{attendee}", {}))
    assert bound["capabilities"] == attendee_has(meeting, attendee) == EVERYTHING | {"video": "Receive"}
    problem(meeting.alice.put(f"/attendees/{attendee}", {}), 403, "not-permitted")


def test_a_stranger_is_muted_with_everybody(meeting: ModeratedMeeting) -> None:
    """The back end did not bind the attendee; Gavel learns of it from Chime's event."""
    done(meeting.alice.post("/mute-all", {}))
    attendee = meeting.join("zoe")
    until(lambda: attendee_has(meeting, attendee) == MUTED, SECONDS, "the stranger is muted")
    until(lambda: shown_status(meeting, attendee) == "applied", SECONDS, "and the ledger knows it")
    done(meeting.alice.post("/unmute-all", {}))
    assert attendee_has(meeting, attendee) == EVERYTHING


def shown_status(meeting: ModeratedMeeting, attendee: str) -> str:
    return str(done(meeting.alice.get(f"/attendees/{attendee}"))["status"])


def test_who_leaves_and_comes_back_is_muted_still(meeting: ModeratedMeeting) -> None:
    """Rules are for the person: a new attendee is no way out of them."""
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    simulator = meeting.local_stack.simulator
    for action in ("join", "leave"):
        simulator.control("POST", f"meetings/{meeting.meeting_id}/attendees/{meeting.attendees['bob']}/{action}")
    simulator.chime.delete_attendee(MeetingId=meeting.meeting_id, AttendeeId=meeting.attendees["bob"])
    attendee = meeting.join("bob")
    until(lambda: attendee_has(meeting, attendee) == MUTED, SECONDS, "bob's new attendee is muted")
    done(meeting.alice.post("/users/bob/unmute"))
    assert attendee_has(meeting, attendee) == EVERYTHING


def test_a_recording_is_no_participant(local_stack: ObservedStack) -> None:
    """A pipeline that is muted records silence, so every batch leaves it out."""
    meeting = local_stack.meeting()
    path, name = f"meetings/{meeting.meeting_id}/attendees", "aws:MediaPipeline-1"
    pipeline = local_stack.simulator.control("POST", path, {"externalUserId": name})["attendee"]["AttendeeId"]
    answer = done(meeting.alice.post("/mute-all", {"media": ["audio", "video", "content"]}))
    assert pipeline not in {outcome["attendeeId"] for outcome in answer["outcomes"]}
    batches = [call for call in meeting.changes() if call["operation"] == BATCH]
    assert batches
    assert all(pipeline in call["excludedAttendeeIds"] for call in batches)
    assert (attendee_has(meeting, pipeline), meeting.has("bob")) == (EVERYTHING, RECEIVING)


def test_presentation_and_back(local_stack: ObservedStack) -> None:
    """Presenters go on, the others listen; afterwards each has what they had before, also a muted one."""
    meeting = local_stack.meeting({**ROLES, "paul": "presenter"})
    done(meeting.alice.post(meeting.at("carol", "/mute"), {"reason": "noise"}))
    before = {user: meeting.has(user) for user in meeting.attendees}
    narrowed = done(meeting.alice.patch("", {"mode": "presentation"}))
    assert (narrowed["status"], narrowed["meeting"]["mode"]) == ("applied", "presentation")
    expected = {"alice": EVERYTHING, "paul": EVERYTHING, **dict.fromkeys(("bob", "carol", "victor"), RECEIVING)}
    assert {user: meeting.has(user) for user in meeting.attendees} == expected
    attendee = meeting.join("zoe")
    until(lambda: attendee_has(meeting, attendee) == RECEIVING, SECONDS, "who comes now listens as well")
    done(meeting.alice.patch("", {"mode": "open"}))
    assert {user: meeting.has(user) for user in meeting.attendees} == before
    assert attendee_has(meeting, attendee) == EVERYTHING


def test_while_frozen_nobody_gains(meeting: ModeratedMeeting) -> None:
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    assert done(meeting.alice.patch("", {"frozen": True}))["meeting"]["frozen"] is True
    stuck = problem(meeting.alice.post(meeting.at("bob", "/unmute")), 409, "capability-unavailable")
    assert "freeze" in {limit["by"] for limit in stuck["limits"]}
    assert meeting.has("bob") == MUTED
    done(meeting.alice.post(meeting.at("carol", "/mute")))
    assert meeting.has("carol") == MUTED
    done(meeting.alice.patch("", {"frozen": False}))
    done(meeting.alice.post(meeting.at("bob", "/unmute")))
    assert (meeting.has("bob"), meeting.has("carol")) == (EVERYTHING, MUTED)
