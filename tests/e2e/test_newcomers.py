"""Who comes while rules hold: let in beforehand, unannounced, or for the second time; and who is never moderated."""

from typing import Any

import pytest

from tests.e2e.caller import done, problem
from tests.e2e.deadline import until
from tests.e2e.remote import EventCommandSupport
from tests.e2e.scene import EVERYTHING, MUTED, RECEIVING, ROLES, ModeratedMeeting, Theatre
from tests.e2e.simulator import BATCH

SECONDS = 5


@pytest.fixture(autouse=True)
def _awake(remote: EventCommandSupport) -> None:
    """Whoever hears of newcomers is no cold start any more."""


def seat_has(scene: ModeratedMeeting, seat: str) -> dict[str, str]:
    return scene.theatre.simulator.has(scene.meeting_id, seat)


def creates(scene: ModeratedMeeting, user: str, **how: Any) -> str:
    """A seat, as the customer's back end makes it with what it was told."""
    created = scene.theatre.simulator.chime.create_attendee(MeetingId=scene.meeting_id, ExternalUserId=user, **how)
    return str(created["Attendee"]["AttendeeId"])


def test_who_is_admitted_never_leaks_a_frame(scene: ModeratedMeeting) -> None:
    """His seat is born muted, so nothing is ordered; and what he is granted comes with the end of the mute-all."""
    done(scene.alice.post("/mute-all", {}))
    [admitted] = done(scene.admin.post("/admissions", {"users": [{"externalUserId": "dora"}]}))["items"]
    assert admitted == {
        "externalUserId": "dora",
        "admitted": True,
        "capabilities": {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"},
    }
    calls = len(scene.changes())
    seat = creates(scene, "dora", Capabilities=admitted["capabilities"])
    bound = done(scene.admin.put(f"/attendees/{seat}", {}))
    assert (bound["capabilities"], bound["status"], seat_has(scene, seat)) == (MUTED, "applied", MUTED)
    assert len(scene.changes()) == calls
    done(scene.alice.post("/unmute-all", {}))
    assert seat_has(scene, seat) == EVERYTHING


def test_a_seat_is_bound_before_its_token_is_handed_out(scene: ModeratedMeeting) -> None:
    """A back end that creates first and asks then: the answer comes when Chime has it."""
    done(scene.alice.post("/users/dora/mute", {"media": ["video"]}))
    seat = creates(scene, "dora")
    bound = done(scene.admin.put(f"/attendees/{seat}", {}))
    assert bound["capabilities"] == seat_has(scene, seat) == EVERYTHING | {"video": "Receive"}
    problem(scene.alice.put(f"/attendees/{seat}", {}), 403, "not-permitted")


def test_a_stranger_is_muted_with_everybody(scene: ModeratedMeeting) -> None:
    """Nobody told Gavel of him; it hears it from Chime."""
    done(scene.alice.post("/mute-all", {}))
    seat = scene.join("zoe")
    until(lambda: seat_has(scene, seat) == MUTED, SECONDS, "the stranger is muted")
    until(lambda: shown_status(scene, seat) == "applied", SECONDS, "and the ledger knows it")
    done(scene.alice.post("/unmute-all", {}))
    assert seat_has(scene, seat) == EVERYTHING


def shown_status(scene: ModeratedMeeting, seat: str) -> str:
    return str(done(scene.alice.get(f"/attendees/{seat}"))["status"])


def test_who_leaves_and_comes_back_is_muted_still(scene: ModeratedMeeting) -> None:
    """Rules are for the person: a new seat is no way out of them."""
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    simulator = scene.theatre.simulator
    for action in ("join", "leave"):
        simulator.control("POST", f"meetings/{scene.meeting_id}/attendees/{scene.seats['bob']}/{action}")
    simulator.chime.delete_attendee(MeetingId=scene.meeting_id, AttendeeId=scene.seats["bob"])
    seat = scene.join("bob")
    until(lambda: seat_has(scene, seat) == MUTED, SECONDS, "bob is muted at his new seat")
    done(scene.alice.post("/users/bob/unmute"))
    assert seat_has(scene, seat) == EVERYTHING


def test_a_recording_is_no_participant(theatre: Theatre) -> None:
    """A pipeline that is muted records silence, so every batch leaves it out."""
    scene = theatre.scene()
    path, name = f"meetings/{scene.meeting_id}/attendees", "aws:MediaPipeline-1"
    pipeline = theatre.simulator.control("POST", path, {"externalUserId": name})["attendee"]["AttendeeId"]
    answer = done(scene.alice.post("/mute-all", {"media": ["audio", "video", "content"]}))
    assert pipeline not in {outcome["attendeeId"] for outcome in answer["outcomes"]}
    batches = [call for call in scene.changes() if call["operation"] == BATCH]
    assert batches
    assert all(pipeline in call["excludedAttendeeIds"] for call in batches)
    assert (seat_has(scene, pipeline), scene.has("bob")) == (EVERYTHING, RECEIVING)


def test_presentation_and_back(theatre: Theatre) -> None:
    """Who presents goes on, the others listen; afterwards each has what he had, a muted one too."""
    scene = theatre.scene({**ROLES, "paul": "presenter"})
    done(scene.alice.post(scene.at("carol", "/mute"), {"reason": "noise"}))
    before = {user: scene.has(user) for user in scene.seats}
    narrowed = done(scene.alice.patch("", {"mode": "presentation"}))
    assert (narrowed["status"], narrowed["meeting"]["mode"]) == ("applied", "presentation")
    expected = {"alice": EVERYTHING, "paul": EVERYTHING, **dict.fromkeys(("bob", "carol", "victor"), RECEIVING)}
    assert {user: scene.has(user) for user in scene.seats} == expected
    seat = scene.join("zoe")
    until(lambda: seat_has(scene, seat) == RECEIVING, SECONDS, "who comes now listens as well")
    done(scene.alice.patch("", {"mode": "open"}))
    assert {user: scene.has(user) for user in scene.seats} == before
    assert seat_has(scene, seat) == EVERYTHING


def test_while_frozen_nobody_gains(scene: ModeratedMeeting) -> None:
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    assert done(scene.alice.patch("", {"frozen": True}))["meeting"]["frozen"] is True
    stuck = problem(scene.alice.post(scene.at("bob", "/unmute")), 409, "capability-unavailable")
    assert "freeze" in {limit["by"] for limit in stuck["limits"]}
    assert scene.has("bob") == MUTED
    done(scene.alice.post(scene.at("carol", "/mute")))
    assert scene.has("carol") == MUTED
    done(scene.alice.patch("", {"frozen": False}))
    done(scene.alice.post(scene.at("bob", "/unmute")))
    assert (scene.has("bob"), scene.has("carol")) == (EVERYTHING, MUTED)
