"""Every error of the contract that applies, with its exact code, and what it leaves behind: nothing."""

import uuid

import httpx
import pytest

from tests.e2e.caller import done, problem
from tests.e2e.scene import EVERYTHING, ModeratedMeeting, Theatre
from tests.e2e.tap import kinds

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_what_is_not_there(theatre: Theatre, scene: ModeratedMeeting) -> None:
    elsewhere = ModeratedMeeting(theatre, NOWHERE, {})
    problem(elsewhere.alice.get(), 404, "meeting-not-found")
    problem(elsewhere.alice.post("/users/bob/mute"), 404, "meeting-not-found")
    problem(elsewhere.admin.get("/history"), 404, "meeting-not-found")
    problem(elsewhere.admin.put(body={}), 404, "meeting-not-found")
    problem(scene.alice.get(f"/attendees/{NOWHERE}"), 404, "attendee-not-found")
    problem(scene.alice.post(f"/attendees/{NOWHERE}/mute"), 404, "attendee-not-found")
    problem(scene.alice.get("/users/nobody-at-all"), 404, "attendee-not-found")
    problem(scene.alice.get("/changes/01ARZ3NDEKTSV4RRFFQ69G5FAV"), 404, "change-not-found")
    problem(scene.alice.get("/no/such/route"), 404, "not-found")


def test_a_meeting_that_nobody_registered(theatre: Theatre) -> None:
    """Chime has it, Gavel doesn't: 404 for everybody, and a participant can't register it."""
    unregistered = ModeratedMeeting(theatre, theatre.simulator.create_meeting(), {})
    problem(unregistered.alice.get("/me"), 404, "meeting-not-found")
    problem(unregistered.alice.put(body={}), 403, "not-permitted")
    problem(unregistered.admin.get(), 404, "meeting-not-found")


def test_somebody_who_is_nobody_leaves_no_history(scene: ModeratedMeeting) -> None:
    stranger = scene.person("stranger")
    for answer in (
        stranger.get(),
        stranger.get("/me"),
        stranger.get("/history"),
        stranger.get(scene.at("bob")),
        stranger.post(scene.at("bob", "/mute")),
        stranger.post("/users/stranger/unmute"),
        stranger.post(f"/attendees/{uuid.uuid4()}/mute"),
        stranger.put(body={"roles": {"stranger": "host"}}),
    ):
        assert problem(answer, 403, "not-permitted")["policies"] == ["no-permit"]
    assert "stranger" not in {entry["actor"]["id"] for entry in scene.alice.history()}
    assert scene.has("bob") == EVERYTHING


def test_somebody_who_goes_on_and_on(scene: ModeratedMeeting) -> None:
    """He has a minute in each meeting, and each attempt takes six seconds of it."""
    answers = [scene.bob.post("/mute-all") for _ in range(24)]
    assert 10 <= sum(answer.status_code == httpx.codes.FORBIDDEN for answer in answers) < 20
    problem(answers[-1], 429, "too-many")
    assert answers[-1].headers["Retry-After"] == "6"
    assert len([entry for entry in scene.alice.history() if entry.get("verdict") == "refused"]) < 20
    done(scene.person("carol").post("/users/carol/mute"))


def test_malformed_ids(scene: ModeratedMeeting) -> None:
    for path, pointer in (
        ("/attendees/bob", "{attendeeId}"),
        ("/users/x", "{externalUserId}"),
        ("/users/~%3F", "{externalUserId}"),
        ("/changes/%2Fetc", "{changeId}"),
    ):
        answer = scene.alice.get(path)
        if answer.status_code == httpx.codes.NOT_FOUND:  # a gateway that decodes `%2F` splits the path there
            continue
        assert problem(answer, 400, "invalid-request")["errors"][0]["pointer"] == pointer
    problem(ModeratedMeeting(scene.theatre, "not-a-meeting", {}).alice.get(), 400, "invalid-request")


BODIES = [
    ({"medium": ["audio"]}, "/medium"),
    ({"media": []}, "/media"),
    ({"media": ["audio", "audio"]}, "/media"),
    ({"media": ["smell"]}, "/media/0"),
    ({"durationSeconds": 0}, "/durationSeconds"),
    ({"durationSeconds": 86_401}, "/durationSeconds"),
    ({"durationSeconds": 1.5}, "/durationSeconds"),
    ({"durationSeconds": "60"}, "/durationSeconds"),
    ({"reason": "x" * 501}, "/reason"),
    ({"liftableBy": "cohost"}, "/liftableBy"),
    ([], ""),
    (b"{", ""),
    (b'{"reason": "a", "reason": "b"}', "/reason"),
]


@pytest.mark.parametrize(("body", "pointer"), BODIES, ids=[str(index) for index in range(len(BODIES))])
def test_bodies_that_say_nothing_valid(muted_by_nobody: ModeratedMeeting, body: object, pointer: str) -> None:
    scene = muted_by_nobody
    answer = scene.alice.post(scene.at("bob", "/mute"), body, content_type="application/json")
    assert problem(answer, 400, "invalid-request")["errors"][0]["pointer"] == pointer
    assert scene.has("bob") == EVERYTHING


@pytest.fixture(scope="module")
def muted_by_nobody(theatre: Theatre) -> ModeratedMeeting:
    """For requests that never get as far as a command."""
    return theatre.scene()


def test_requests_that_are_not_valid_in_other_ways(muted_by_nobody: ModeratedMeeting) -> None:
    alice, seat = muted_by_nobody.alice, muted_by_nobody.at("bob")
    problem(alice.patch(f"{seat}/capabilities", {}), 400, "invalid-request")
    problem(alice.patch(f"{seat}/capabilities", {"audio": "Loud"}), 400, "invalid-request")
    problem(alice.post(f"{seat}/mute?dryRun=perhaps"), 400, "invalid-request")
    problem(alice.post(f"{seat}/mute?force=true"), 400, "invalid-request")
    problem(alice.get("/history?limit=0"), 400, "invalid-request")
    problem(alice.post(f"{seat}/mute", idempotency_key="has space"), 400, "invalid-request")
    problem(alice.post(f"{seat}/mute", if_match='"a", "b"'), 400, "invalid-request")
    problem(alice.post(f"{seat}/mute", b"reason=noise", content_type="text/plain"), 400, "invalid-request")
    problem(alice.send("DELETE", f"{seat}/mute"), 405, "method-not-allowed")
    problem(alice.post(f"{seat}/mute", {"reason": "x" * 70_000}), 413, "payload-too-large")
    problem(muted_by_nobody.bob.post("/users/bob/mute", {"liftableBy": "host"}), 400, "invalid-request")
    problem(muted_by_nobody.admin.put(body={"mode": "party"}, if_match="m1"), 400, "invalid-request")


def test_a_role_withholds_what_no_patch_gives(scene: ModeratedMeeting) -> None:
    refused = problem(
        scene.alice.patch(scene.at("victor", "/capabilities"), {"audio": "SendReceive"}), 409, "capability-unavailable"
    )
    assert [limit["by"] for limit in refused["limits"]] == ["policy"]


def test_a_revision_that_is_not_the_one_seen(scene: ModeratedMeeting) -> None:
    seen = scene.alice.get(scene.at("bob")).headers["ETag"]
    done(scene.alice.post(scene.at("bob", "/mute"), if_match=seen))
    problem(scene.alice.post(scene.at("bob", "/unmute"), if_match=seen), 412, "revision-mismatch")
    assert scene.has("bob")["audio"] == "Receive"
    done(scene.alice.post(scene.at("bob", "/unmute"), if_match=scene.alice.get(scene.at("bob")).headers["ETag"]))


def test_nothing_is_decided_while_chime_does_not_answer(theatre: Theatre) -> None:
    meeting_id = theatre.simulator.create_meeting()
    theatre.simulator.fault(meeting_id, operation="GetMeeting", status=503, count=3)
    back_end = ModeratedMeeting(theatre, meeting_id, {}).admin
    answer = back_end.put(body={"roles": {"alice": "host"}})
    problem(answer, 503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1
    problem(back_end.get(), 404, "meeting-not-found")
    done(back_end.put(body={"roles": {"alice": "host"}}))
    events = theatre.tap.until(meeting_id, lambda seen: len(seen) >= 2)
    assert kinds(events)[0] == "Moderation Decided"
