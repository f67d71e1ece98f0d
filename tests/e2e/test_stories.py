"""What hosts do all day, each story told over HTTP from its beginning to its end."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from botocore.exceptions import ClientError

from tests.e2e.caller import Json, done, problem
from tests.e2e.deadline import until
from tests.e2e.remote import EventCommandSupport
from tests.e2e.scene import EVERYTHING, MUTED, RECEIVING, ModeratedMeeting, Theatre

SPEAKING = RECEIVING | {"audio": "SendReceive"}
NOTHING = {"audio": "None", "video": "None", "content": "None"}
SOON = 8
"""Seconds until what comes by itself is there, on a busy machine."""
TURN = 4
RECORDER = "aws:MediaPipeline-1"


@pytest.fixture(autouse=True)
def _awake(remote: EventCommandSupport) -> None:
    """The doors that hear of newcomers and of the clock are no cold starts any more."""


def in_chime(scene: ModeratedMeeting, **wanted: Mapping[str, str]) -> None:
    """What Chime lets each of them do, once everybody who had to order has done so."""
    until(
        lambda: all(scene.has(user) == words for user, words in wanted.items()),
        SOON,
        f"{wanted} but { ({user: scene.has(user) for user in wanted}) }",
    )


def is_there(scene: ModeratedMeeting, seat: str) -> bool:
    try:
        scene.theatre.simulator.has(scene.meeting_id, seat)
    except ClientError:
        return False
    return True


def admission(scene: ModeratedMeeting, user: str) -> Json:
    [item] = done(scene.admin.post("/admissions", {"users": [{"externalUserId": user}]}))["items"]
    return dict(item)


def joins(scene: ModeratedMeeting, user: str) -> str:
    """As a well-made back end lets somebody in: with what the admission says."""
    let_in = admission(scene, user)
    assert let_in["admitted"], let_in
    created = scene.theatre.simulator.chime.create_attendee(
        MeetingId=scene.meeting_id, ExternalUserId=user, Capabilities=let_in["capabilities"]
    )
    seat = str(created["Attendee"]["AttendeeId"])
    done(scene.admin.put(f"/attendees/{seat}"))
    return seat


def told(scene: ModeratedMeeting, kind: str) -> list[Json]:
    return [entry for entry in scene.alice.history() if entry["type"] == kind]


def who(entry: Json) -> set[str]:
    return {attendee["externalUserId"] for attendee in entry["attendees"]}


def raised_hands(scene: ModeratedMeeting) -> list[str]:
    return [hand["externalUserId"] for hand in done(scene.alice.get("/hands"))["items"]]


def test_a_lecture(theatre: Theatre) -> None:
    """All listen; three ask to speak; the floor goes round, ends by itself, and everybody is silent again."""
    scene = theatre.scene({"alice": "host", "bob": "participant", "carol": "participant", "dave": "participant"})
    done(scene.alice.patch("", {"mode": "audience", "reason": "the lecture begins"}))
    in_chime(scene, alice=EVERYTHING, bob=RECEIVING, carol=RECEIVING, dave=RECEIVING)

    for user in ("carol", "bob", "dave"):
        raised = done(scene.person(user).put(scene.at(user, "/hand")))
        assert raised["attendee"]["hand"]["raisedAt"]
    assert raised_hands(scene) == ["carol", "bob", "dave"]

    first = done(scene.alice.post(scene.at("carol", "/floor"), {"durationSeconds": 600}))
    assert (first["after"], first["effects"]) == (SPEAKING, ["audio-may-flow"])
    assert first["attendee"]["floor"]["media"] == ["audio"]
    assert first["attendee"]["hand"] is None
    in_chime(scene, carol=SPEAKING, bob=RECEIVING)
    assert raised_hands(scene) == ["bob", "dave"]

    second = done(scene.alice.post(scene.at("bob", "/floor"), {"durationSeconds": TURN, "exclusive": True}))
    assert second["attendee"]["floor"]["remainingSeconds"] <= TURN
    in_chime(scene, bob=SPEAKING, carol=RECEIVING)
    assert scene.shown("carol")["floor"] is None
    assert raised_hands(scene) == ["dave"]

    until(lambda: scene.has("bob") == RECEIVING, TURN + SOON, "his turn is over")
    [over] = [entry for entry in scene.alice.history() if entry["actor"]["kind"] == "clock"][-1:]
    granted = next(e for e in scene.alice.history() if e["changeId"] == second["changeId"])
    lasted = datetime.fromisoformat(over["occurredAt"]) - datetime.fromisoformat(granted["occurredAt"])
    assert TURN <= lasted.total_seconds() <= TURN + SOON
    in_chime(scene, alice=EVERYTHING, bob=RECEIVING, carol=RECEIVING, dave=RECEIVING)
    done(scene.alice.delete(scene.at("dave", "/hand")))
    assert raised_hands(scene) == []
    assert "alice gave bob alone the floor for 4 s" in [entry["summary"] for entry in scene.alice.history()]


def test_a_disturber(scene: ModeratedMeeting) -> None:
    """Muted, he comes back under another seat and stays muted; banned, he stays out until the ban is lifted."""
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "shouting"}))
    scene.theatre.simulator.chime.delete_attendee(MeetingId=scene.meeting_id, AttendeeId=scene.seats["bob"])
    again = scene.join("bob")
    until(lambda: scene.theatre.simulator.has(scene.meeting_id, again) == MUTED, SOON, "he is muted at his new seat")
    problem(scene.bob.post(f"/attendees/{again}/unmute"), 409, "capability-unavailable")

    banned = done(scene.alice.post(f"/attendees/{again}/remove", {"ban": True, "reason": "shouting again"}))
    assert (banned["status"], banned["attendee"]["status"]) == ("applied", "gone")
    assert not is_there(scene, again)
    [removed] = told(scene, "Attendee Removed")
    assert (who(removed), removed["banned"], removed["reason"]) == ({"bob"}, True, "shouting again")
    problem(scene.bob.get("/me"), 403, "banned")
    assert admission(scene, "bob") == {"externalUserId": "bob", "admitted": False, "code": "banned"}

    smuggled = scene.join("bob")
    until(lambda: not is_there(scene, smuggled), SOON, "who is banned does not stay, whoever let him in")
    [ban] = done(scene.alice.get("/bans"))["items"]
    assert (ban["externalUserId"], ban["actor"], ban["until"]) == ("bob", "alice", None)
    problem(scene.bob.delete("/bans/bob"), 403, "banned")

    done(scene.alice.delete("/bans/bob"))
    assert done(scene.alice.get("/bans"))["items"] == []
    seat = joins(scene, "bob")
    assert scene.theatre.simulator.has(scene.meeting_id, seat) == MUTED
    done(scene.alice.post(f"/attendees/{seat}/unmute"))
    until(lambda: scene.theatre.simulator.has(scene.meeting_id, seat) == EVERYTHING, SOON, "and he may speak again")


def test_a_classroom_with_consent(theatre: Theatre) -> None:
    """No microphone opens unless its owner agrees: not at a host's word, and not when a timed mute ends."""
    scene = theatre.scene(registration={"unmuteConsent": "required"})
    done(scene.alice.post(scene.at("bob", "/mute")))
    asked = done(scene.alice.post(scene.at("bob", "/unmute"), {"reason": "your question?"}), 202)
    assert (asked["status"], asked["awaiting"]) == ("pending", "consent")
    in_chime(scene, bob=MUTED)
    shown = done(scene.bob.get("/me"))["attendee"]["asked"]
    assert (shown["changeId"], shown["kind"], shown["actor"]) == (asked["changeId"], "required", "alice")
    problem(scene.alice.put(scene.at("bob", "/consent"), answer(asked["changeId"])), 403, "not-permitted")

    no = done(scene.bob.put(scene.at("bob", "/consent"), answer(asked["changeId"], accept=False)))
    assert no["status"] == "declined"
    assert scene.change(asked["changeId"])["status"] == "declined"
    problem(scene.bob.put(scene.at("bob", "/consent"), answer(asked["changeId"])), 409, "no-request")
    assert scene.has("bob") == MUTED

    again = done(scene.alice.post(scene.at("bob", "/unmute")), 202)
    yes = done(scene.bob.put(scene.at("bob", "/consent"), answer(again["changeId"])))
    assert (yes["changeId"], yes["status"], yes["effects"]) == (again["changeId"], "applied", ["audio-may-flow"])
    in_chime(scene, bob=EVERYTHING)
    assert [entry["answer"] for entry in told(scene, "Unmute Answered")] == ["declined", "accepted"]
    assert [entry["actor"]["id"] for entry in told(scene, "Unmute Answered")] == ["bob", "bob"]

    done(scene.alice.post(scene.at("bob", "/mute"), {"durationSeconds": TURN}))
    request = until(lambda: done(scene.bob.get("/me"))["attendee"]["asked"], TURN + SOON, "the end of the mute asks")
    assert request["actor"] == "clock"
    assert scene.has("bob") == MUTED
    done(scene.bob.put(scene.at("bob", "/consent"), answer(request["changeId"])))
    in_chime(scene, bob=EVERYTHING)


def test_a_promotion_under_a_mute_all(theatre: Theatre) -> None:
    """Who becomes a cohost is bound by nothing that bound him before; back among the others, he is silent with them."""
    scene = theatre.scene()
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    done(scene.alice.post("/mute-all", {"media": ["audio"]}))
    in_chime(scene, bob=MUTED, carol=MUTED)
    up = done(scene.alice.put("/users/bob/role", {"role": "cohost"}))
    assert (up["after"], up["attendee"]["role"], up["attendee"]["limits"]) == (EVERYTHING, "cohost", [])
    in_chime(scene, bob=EVERYTHING, carol=MUTED)
    done(scene.bob.post(scene.at("carol", "/unmute")))
    in_chime(scene, carol=EVERYTHING)
    problem(scene.bob.post(scene.at("alice", "/mute")), 403, "not-permitted")
    problem(scene.alice.put("/users/alice/role", {"role": "viewer"}), 409, "last-host")
    down = done(scene.alice.put("/users/bob/role", {"role": "participant"}))
    assert down["after"] == MUTED
    in_chime(scene, bob=MUTED, carol=EVERYTHING)
    problem(scene.bob.post(scene.at("carol", "/mute")), 403, "not-permitted")


def test_a_court_hearing(theatre: Theatre) -> None:
    """A witness waits in the lobby, is let in, put on hold and released; the recorder is never touched."""
    scene = theatre.scene({"alice": "host", "bob": "participant"}, {"lobby": True})
    path = f"meetings/{scene.meeting_id}/attendees"
    recorder = theatre.simulator.control("POST", path, {"externalUserId": RECORDER})["attendee"]["AttendeeId"]
    assert admission(scene, "wendy") == {"externalUserId": "wendy", "admitted": False, "code": "waiting"}
    [waiting] = done(scene.alice.get("/lobby"))["items"]
    assert waiting["externalUserId"] == "wendy"
    [asks] = told(scene, "Admission Requested")
    assert who(asks) == {"wendy"}
    problem(scene.person("wendy").get("/me"), 403, "waiting")

    done(scene.alice.put("/lobby/wendy", {"admit": True}))
    assert done(scene.alice.get("/lobby"))["items"] == []
    seat = joins(scene, "wendy")
    scene.seats["wendy"] = seat
    in_chime(scene, wendy=EVERYTHING)
    muted = done(scene.alice.post(f"/attendees/{seat}/mute", {"media": ["video"], "reason": "protected"}))
    before = muted["after"]

    held = done(scene.alice.post(f"/attendees/{seat}/hold", {"reason": "the court confers"}))
    assert (held["after"], held["effects"]) == (NOTHING, ["receive-removed"])
    in_chime(scene, wendy=NOTHING, bob=EVERYTHING)
    assert {limit["by"] for limit in scene.shown("wendy")["limits"]} >= {"hold"}
    done(scene.alice.post("/mute-all", {"media": ["audio", "content"]}))
    done(scene.alice.post("/unmute-all", {"media": ["audio", "content"]}))
    in_chime(scene, wendy=NOTHING, bob=EVERYTHING)

    released = done(scene.alice.post(f"/attendees/{seat}/release"))
    assert released["after"] == before
    in_chime(scene, wendy=before)
    touched = [call for call in scene.changes() if call.get("attendeeId") == recorder]
    assert touched == []
    assert scene.theatre.simulator.has(scene.meeting_id, recorder) == EVERYTHING


def test_an_undo_of_mute_all(theatre: Theatre) -> None:
    """Each has what he had: who was muted before stays so, whose turn it was goes on with it."""
    scene = theatre.scene({"alice": "host", "bob": "participant", "carol": "participant", "dave": "participant"})
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    done(scene.alice.post("/mute-all", {"media": ["video"]}))
    done(scene.alice.post(scene.at("carol", "/floor"), {"media": ["video"], "durationSeconds": 600}))
    had = {user: until(lambda u=user: scene.has(u), SOON, user) for user in scene.seats}  # type: ignore[misc]
    assert (had["bob"]["audio"], had["carol"]["video"], had["dave"]["video"]) == ("Receive", "SendReceive", "Receive")

    everybody = done(scene.alice.post("/mute-all", {"media": ["audio", "video"], "except": {"roles": ["host"]}}))
    silent = {"audio": "Receive", "video": "Receive", "content": "SendReceive"}
    in_chime(scene, bob=silent, carol=silent, dave=silent)
    undone = done(scene.alice.post("/undo", {"changeId": everybody["changeId"]}))
    assert undone["status"] == "applied"
    in_chime(scene, **had)
    problem(scene.alice.post("/undo", {"changeId": everybody["changeId"]}), 409, "not-undoable")
    done(scene.alice.post("/undo", {"changeId": undone["changeId"]}))
    in_chime(scene, bob=silent, carol=silent, dave=silent)


def test_the_end(scene: ModeratedMeeting) -> None:
    """For everybody, in Chime as well; afterwards one can read and no more."""
    problem(scene.bob.post("/end"), 403, "not-permitted")
    ended = done(scene.alice.post("/end", {"reason": "time is up"}))
    assert (ended["status"], ended["meeting"]["endedAt"] is None) == ("applied", False)
    with pytest.raises(ClientError):
        scene.theatre.simulator.chime.get_meeting(MeetingId=scene.meeting_id)
    problem(scene.alice.post(scene.at("bob", "/mute")), 409, "meeting-ended")
    assert [entry["actor"]["id"] for entry in told(scene, "Meeting Ended")] == ["alice"]
    assert scene.shown("bob")["status"] == "gone"


def answer(change_id: str, *, accept: bool = True) -> Json:
    return {"changeId": change_id, "accept": accept}
