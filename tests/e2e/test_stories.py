"""What hosts do all day, each story told over HTTP from its beginning to its end."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from botocore.exceptions import ClientError

from tests.e2e.caller import Json, done, problem
from tests.e2e.deadline import SLOWER, until, until_equal
from tests.e2e.meeting import EVERYTHING, MUTED, RECEIVING, ModeratedMeeting, ObservedStack
from tests.e2e.remote import EventCommandSupport

SPEAKING = RECEIVING | {"audio": "SendReceive"}
NOTHING = {"audio": "None", "video": "None", "content": "None"}
SOON = 8
"""Seconds until what comes by itself is there, on a busy machine."""
TURN = 12
RECORDER = "aws:MediaPipeline-1"


@pytest.fixture(autouse=True)
def _awake(remote: EventCommandSupport) -> None:
    """The doors that hear of newcomers and of the clock are no cold starts any more."""


def in_chime(meeting: ModeratedMeeting, **wanted: Mapping[str, str]) -> None:
    """What Chime lets each of them do, once everybody who had to order has done so."""
    until_equal(lambda: {user: meeting.has(user) for user in wanted}, wanted, SOON, "what Chime lets each of them do")


def is_there(meeting: ModeratedMeeting, attendee: str) -> bool:
    return attendee in meeting.local_stack.simulator.have(meeting.meeting_id)


def admission(meeting: ModeratedMeeting, user: str) -> Json:
    [item] = done(meeting.admin.post("/admissions", {"users": [{"externalUserId": user}]}))["items"]
    return dict(item)


def joins(meeting: ModeratedMeeting, user: str) -> str:
    """As a well-made back end lets somebody in: with what the admission says."""
    let_in = admission(meeting, user)
    assert let_in["admitted"], let_in
    created = meeting.local_stack.simulator.chime.create_attendee(
        MeetingId=meeting.meeting_id, ExternalUserId=user, Capabilities=let_in["capabilities"]
    )
    attendee = str(created["Attendee"]["AttendeeId"])
    done(meeting.admin.put(f"/attendees/{attendee}"))
    return attendee


def told(meeting: ModeratedMeeting, kind: str) -> list[Json]:
    return [entry for entry in meeting.alice.history() if entry["type"] == kind]


def who(entry: Json) -> set[str]:
    return {attendee["externalUserId"] for attendee in entry["attendees"]}


def raised_hands(meeting: ModeratedMeeting) -> list[str]:
    return [hand["externalUserId"] for hand in done(meeting.alice.get("/hands"))["items"]]


def test_a_lecture(local_stack: ObservedStack) -> None:
    """All listen; three ask to speak; the floor goes round, ends by itself, and everybody is silent again."""
    meeting = local_stack.meeting(
        {"alice": "host", "bob": "participant", "carol": "participant", "dave": "participant"}
    )
    done(meeting.alice.patch("", {"mode": "audience", "reason": "the lecture begins"}))
    in_chime(meeting, alice=EVERYTHING, bob=RECEIVING, carol=RECEIVING, dave=RECEIVING)

    for user in ("carol", "bob", "dave"):
        raised = done(meeting.caller(user).put(meeting.at(user, "/hand")))
        assert raised["attendee"]["hand"]["raisedAt"]
    assert raised_hands(meeting) == ["carol", "bob", "dave"]

    first = done(meeting.alice.post(meeting.at("carol", "/floor"), {"durationSeconds": 600}))
    assert (first["after"], first["effects"]) == (SPEAKING, ["audio-may-flow"])
    assert first["attendee"]["floor"]["media"] == ["audio"]
    assert first["attendee"]["hand"] is None
    in_chime(meeting, carol=SPEAKING, bob=RECEIVING)
    assert raised_hands(meeting) == ["bob", "dave"]

    second = done(meeting.alice.post(meeting.at("bob", "/floor"), {"durationSeconds": TURN, "exclusive": True}))
    assert second["attendee"]["floor"]["remainingSeconds"] <= TURN
    in_chime(meeting, bob=SPEAKING, carol=RECEIVING)
    assert meeting.shown("carol")["floor"] is None
    assert raised_hands(meeting) == ["dave"]

    until(lambda: meeting.has("bob") == RECEIVING, TURN + SOON, "the turn is over")
    [over] = [entry for entry in meeting.alice.history() if entry["actor"]["kind"] == "clock"][-1:]
    granted = next(e for e in meeting.alice.history() if e["changeId"] == second["changeId"])
    lasted = datetime.fromisoformat(over["occurredAt"]) - datetime.fromisoformat(granted["occurredAt"])
    assert TURN <= lasted.total_seconds() <= TURN + SOON * SLOWER
    in_chime(meeting, alice=EVERYTHING, bob=RECEIVING, carol=RECEIVING, dave=RECEIVING)
    done(meeting.alice.delete(meeting.at("dave", "/hand")))
    assert raised_hands(meeting) == []
    for user in ("bob", "carol"):
        done(meeting.caller(user).put(meeting.at(user, "/hand")))
    lowered = done(meeting.alice.post("/hands/lower-all", {"reason": "that's all"}))
    assert {outcome["externalUserId"] for outcome in lowered["outcomes"]} == {"bob", "carol"}
    assert raised_hands(meeting) == []
    assert f"alice gave bob alone the floor for {TURN} s" in [entry["summary"] for entry in meeting.alice.history()]


def test_a_disturber(meeting: ModeratedMeeting) -> None:
    """A muted user rejoins as another attendee and stays muted; a banned user stays out until the ban is lifted."""
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "shouting"}))
    meeting.local_stack.simulator.chime.delete_attendee(
        MeetingId=meeting.meeting_id, AttendeeId=meeting.attendees["bob"]
    )
    again = meeting.join("bob")
    until(
        lambda: meeting.local_stack.simulator.has(meeting.meeting_id, again) == MUTED, SOON, "the new attendee is muted"
    )
    problem(meeting.bob.post(f"/attendees/{again}/unmute"), 409, "capability-unavailable")

    banned = done(meeting.alice.post(f"/attendees/{again}/remove", {"ban": True, "reason": "shouting again"}))
    assert (banned["status"], banned["attendee"]["status"]) == ("applied", "gone")
    assert not is_there(meeting, again)
    [removed] = told(meeting, "Attendee Removed")
    assert (who(removed), removed["banned"], removed["reason"]) == ({"bob"}, True, "shouting again")
    problem(meeting.bob.get("/me"), 403, "banned")
    assert admission(meeting, "bob") == {"externalUserId": "bob", "admitted": False, "code": "banned"}

    smuggled = meeting.join("bob")
    until(lambda: not is_there(meeting, smuggled), SOON, "a banned user is removed, whichever way they joined")
    [ban] = done(meeting.alice.get("/bans"))["items"]
    assert (ban["externalUserId"], ban["actor"], ban["until"]) == ("bob", "alice", None)
    problem(meeting.bob.delete("/bans/bob"), 403, "banned")

    done(meeting.alice.delete("/bans/bob"))
    assert done(meeting.alice.get("/bans"))["items"] == []
    attendee = joins(meeting, "bob")
    assert meeting.local_stack.simulator.has(meeting.meeting_id, attendee) == MUTED
    done(meeting.alice.post(f"/attendees/{attendee}/unmute"))
    until(
        lambda: meeting.local_stack.simulator.has(meeting.meeting_id, attendee) == EVERYTHING,
        SOON,
        "the user may speak again",
    )


def test_a_classroom_with_consent(local_stack: ObservedStack) -> None:
    """No microphone opens unless its owner agrees: not at a host's word, and not when a timed mute ends."""
    meeting = local_stack.meeting(registration={"unmuteConsent": "required"})
    done(meeting.alice.post(meeting.at("bob", "/mute")))
    asked = done(meeting.alice.post(meeting.at("bob", "/unmute"), {"reason": "your question?"}), 202)
    assert (asked["status"], asked["awaiting"]) == ("pending", "consent")
    in_chime(meeting, bob=MUTED)
    shown = done(meeting.bob.get("/me"))["attendee"]["asked"]
    assert (shown["changeId"], shown["kind"], shown["actor"]) == (asked["changeId"], "required", "alice")
    problem(meeting.alice.put(meeting.at("bob", "/consent"), answer(asked["changeId"])), 403, "not-permitted")

    no = done(meeting.bob.put(meeting.at("bob", "/consent"), answer(asked["changeId"], accept=False)))
    assert no["status"] == "declined"
    assert meeting.change(asked["changeId"])["status"] == "declined"
    problem(meeting.bob.put(meeting.at("bob", "/consent"), answer(asked["changeId"])), 409, "no-request")
    assert meeting.has("bob") == MUTED

    again = done(meeting.alice.post(meeting.at("bob", "/unmute")), 202)
    yes = done(meeting.bob.put(meeting.at("bob", "/consent"), answer(again["changeId"])))
    assert (yes["changeId"], yes["status"], yes["effects"]) == (again["changeId"], "applied", ["audio-may-flow"])
    in_chime(meeting, bob=EVERYTHING)
    assert [entry["answer"] for entry in told(meeting, "Unmute Answered")] == ["declined", "accepted"]
    assert [entry["actor"]["id"] for entry in told(meeting, "Unmute Answered")] == ["bob", "bob"]

    done(meeting.alice.post(meeting.at("bob", "/mute"), {"durationSeconds": TURN}))
    request = until(lambda: done(meeting.bob.get("/me"))["attendee"]["asked"], TURN + SOON, "the end of the mute asks")
    assert request["actor"] == "clock"
    assert meeting.has("bob") == MUTED
    done(meeting.bob.put(meeting.at("bob", "/consent"), answer(request["changeId"])))
    in_chime(meeting, bob=EVERYTHING)


def test_a_promotion_under_a_mute_all(local_stack: ObservedStack) -> None:
    """A mute-all does not bind a new cohost; when they are a participant again, it binds them again."""
    meeting = local_stack.meeting()
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    done(meeting.alice.post("/mute-all", {"media": ["audio"]}))
    in_chime(meeting, bob=MUTED, carol=MUTED)
    up = done(meeting.alice.put("/users/bob/role", {"role": "cohost"}))
    assert (up["after"], up["attendee"]["role"], up["attendee"]["limits"]) == (EVERYTHING, "cohost", [])
    in_chime(meeting, bob=EVERYTHING, carol=MUTED)
    done(meeting.bob.post(meeting.at("carol", "/unmute")))
    in_chime(meeting, carol=EVERYTHING)
    problem(meeting.bob.post(meeting.at("alice", "/mute")), 403, "not-permitted")
    problem(meeting.alice.put("/users/alice/role", {"role": "viewer"}), 409, "last-host")
    down = done(meeting.alice.put("/users/bob/role", {"role": "participant"}))
    assert down["after"] == MUTED
    in_chime(meeting, bob=MUTED, carol=EVERYTHING)
    problem(meeting.bob.post(meeting.at("carol", "/mute")), 403, "not-permitted")


def test_a_court_hearing(local_stack: ObservedStack) -> None:
    """A witness waits in the lobby, is let in, put on hold and released; the recorder is never touched."""
    meeting = local_stack.meeting({"alice": "host", "bob": "participant"}, {"lobby": True})
    path = f"meetings/{meeting.meeting_id}/attendees"
    recorder = local_stack.simulator.control("POST", path, {"externalUserId": RECORDER})["attendee"]["AttendeeId"]
    assert admission(meeting, "wendy") == {"externalUserId": "wendy", "admitted": False, "code": "waiting"}
    [waiting] = done(meeting.alice.get("/lobby"))["items"]
    assert waiting["externalUserId"] == "wendy"
    [asks] = told(meeting, "Admission Requested")
    assert who(asks) == {"wendy"}
    problem(meeting.caller("wendy").get("/me"), 403, "waiting")

    done(meeting.alice.put("/lobby/wendy", {"admit": True}))
    assert done(meeting.alice.get("/lobby"))["items"] == []
    attendee = joins(meeting, "wendy")
    meeting.attendees["wendy"] = attendee
    in_chime(meeting, wendy=EVERYTHING)
    muted = done(meeting.alice.post(f"/attendees/{attendee}/mute", {"media": ["video"], "reason": "protected"}))
    before = muted["after"]

    held = done(meeting.alice.post(f"/attendees/{attendee}/hold", {"reason": "the court confers"}))
    assert (held["after"], held["effects"]) == (NOTHING, ["receive-removed"])
    in_chime(meeting, wendy=NOTHING, bob=EVERYTHING)
    assert {limit["by"] for limit in meeting.shown("wendy")["limits"]} >= {"hold"}
    done(meeting.alice.post("/mute-all", {"media": ["audio", "content"]}))
    done(meeting.alice.post("/unmute-all", {"media": ["audio", "content"]}))
    in_chime(meeting, wendy=NOTHING, bob=EVERYTHING)

    released = done(meeting.alice.post(f"/attendees/{attendee}/release"))
    assert released["after"] == before
    in_chime(meeting, wendy=before)
    touched = [call for call in meeting.changes() if call.get("attendeeId") == recorder]
    assert touched == []
    assert meeting.local_stack.simulator.has(meeting.meeting_id, recorder) == EVERYTHING


def test_an_undo_of_mute_all(local_stack: ObservedStack) -> None:
    """Each gets back what they had: a mute from before stays, and a floor from before goes on."""
    meeting = local_stack.meeting(
        {"alice": "host", "bob": "participant", "carol": "participant", "dave": "participant"}
    )
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    done(meeting.alice.post("/mute-all", {"media": ["video"]}))
    done(meeting.alice.post(meeting.at("carol", "/floor"), {"media": ["video"], "durationSeconds": 600}))
    had = {user: until(lambda u=user: meeting.has(u), SOON, user) for user in meeting.attendees}  # type: ignore[misc]
    assert (had["bob"]["audio"], had["carol"]["video"], had["dave"]["video"]) == ("Receive", "SendReceive", "Receive")

    everybody = done(meeting.alice.post("/mute-all", {"media": ["audio", "video"], "except": {"roles": ["host"]}}))
    silent = {"audio": "Receive", "video": "Receive", "content": "SendReceive"}
    in_chime(meeting, bob=silent, carol=silent, dave=silent)
    undone = done(meeting.alice.post("/undo", {"changeId": everybody["changeId"]}))
    assert undone["status"] == "applied"
    in_chime(meeting, **had)
    problem(meeting.alice.post("/undo", {"changeId": everybody["changeId"]}), 409, "not-undoable")
    done(meeting.alice.post("/undo", {"changeId": undone["changeId"]}))
    in_chime(meeting, bob=silent, carol=silent, dave=silent)


def test_the_end(meeting: ModeratedMeeting) -> None:
    """For everybody, in Chime as well; afterwards one can read and no more."""
    problem(meeting.bob.post("/end"), 403, "not-permitted")
    ended = done(meeting.alice.post("/end", {"reason": "time is up"}))
    assert (ended["status"], ended["meeting"]["endedAt"] is None) == ("applied", False)
    with pytest.raises(ClientError):
        meeting.local_stack.simulator.chime.get_meeting(MeetingId=meeting.meeting_id)
    problem(meeting.alice.post(meeting.at("bob", "/mute")), 409, "meeting-ended")
    assert [entry["actor"]["id"] for entry in told(meeting, "Meeting Ended")] == ["alice"]
    assert meeting.shown("bob")["status"] == "gone"


def answer(change_id: str, *, accept: bool = True) -> Json:
    return {"changeId": change_id, "accept": accept}
