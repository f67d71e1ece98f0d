"""Every error of the contract that applies, with its exact code, and what it leaves behind: nothing."""

import uuid

import httpx
import pytest

from tests.e2e.bus_events import kinds
from tests.e2e.caller import done, problem
from tests.e2e.meeting import EVERYTHING, ModeratedMeeting, ObservedStack

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_what_is_not_there(local_stack: ObservedStack, meeting: ModeratedMeeting) -> None:
    elsewhere = ModeratedMeeting(local_stack, NOWHERE, {})
    problem(elsewhere.alice.get(), 404, "meeting-not-found")
    problem(elsewhere.alice.post("/users/bob/mute"), 404, "meeting-not-found")
    problem(elsewhere.admin.get("/history"), 404, "meeting-not-found")
    problem(elsewhere.admin.put(body={}), 404, "meeting-not-found")
    problem(meeting.alice.get(f"/attendees/{NOWHERE}"), 404, "attendee-not-found")
    problem(meeting.alice.post(f"/attendees/{NOWHERE}/mute"), 404, "attendee-not-found")
    problem(meeting.alice.get("/users/nobody-at-all"), 404, "attendee-not-found")
    problem(meeting.alice.get("/changes/01ARZ3NDEKTSV4RRFFQ69G5FAV"), 404, "change-not-found")
    problem(meeting.alice.get("/no/such/route"), 404, "not-found")


def test_a_meeting_that_nobody_registered(local_stack: ObservedStack) -> None:
    """Chime has it, Gavel doesn't: 404 for everybody, and a participant can't register it."""
    unregistered = ModeratedMeeting(local_stack, local_stack.simulator.create_meeting(), {})
    problem(unregistered.alice.get("/me"), 404, "meeting-not-found")
    problem(unregistered.alice.put(body={}), 403, "not-permitted")
    problem(unregistered.admin.get(), 404, "meeting-not-found")


def test_somebody_who_is_nobody_leaves_no_history(meeting: ModeratedMeeting) -> None:
    stranger = meeting.caller("stranger")
    for answer in (
        stranger.get(),
        stranger.get("/me"),
        stranger.get("/history"),
        stranger.get(meeting.at("bob")),
        stranger.post(meeting.at("bob", "/mute")),
        stranger.post("/users/stranger/unmute"),
        stranger.post(f"/attendees/{uuid.uuid4()}/mute"),
        stranger.put(body={"roles": {"stranger": "host"}}),
    ):
        assert problem(answer, 403, "not-permitted")["policies"] == ["no-permit"]
    assert "stranger" not in {entry["actor"]["id"] for entry in meeting.alice.history()}
    assert meeting.has("bob") == EVERYTHING


def test_somebody_who_goes_on_and_on(meeting: ModeratedMeeting) -> None:
    """Each user has a bucket of 60 tokens in a meeting, and each attempt takes six."""
    refused = 0
    while (answer := meeting.bob.post("/mute-all")).status_code == httpx.codes.FORBIDDEN:
        refused += 1
        assert refused < 20
    assert refused >= 10
    problem(answer, 429, "too-many")
    assert answer.headers["Retry-After"] == "6"
    assert len([entry for entry in meeting.alice.history() if entry.get("verdict") == "refused"]) < 20
    done(meeting.caller("carol").post("/users/carol/mute"))


def test_malformed_ids(meeting: ModeratedMeeting) -> None:
    for path, pointer in (
        ("/attendees/bob", "{attendeeId}"),
        ("/users/x", "{externalUserId}"),
        ("/users/~%3F", "{externalUserId}"),
        ("/changes/%2Fetc", "{changeId}"),
    ):
        answer = meeting.alice.get(path)
        if answer.status_code == httpx.codes.NOT_FOUND:  # a gateway that decodes `%2F` splits the path there
            continue
        assert problem(answer, 400, "invalid-request")["errors"][0]["pointer"] == pointer
    problem(ModeratedMeeting(meeting.local_stack, "not-a-meeting", {}).alice.get(), 400, "invalid-request")


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
    meeting = muted_by_nobody
    answer = meeting.alice.post(meeting.at("bob", "/mute"), body, content_type="application/json")
    assert problem(answer, 400, "invalid-request")["errors"][0]["pointer"] == pointer
    assert meeting.has("bob") == EVERYTHING


@pytest.fixture(scope="module")
def muted_by_nobody(local_stack: ObservedStack) -> ModeratedMeeting:
    """For requests that never get as far as a command."""
    return local_stack.meeting()


def test_requests_that_are_not_valid_in_other_ways(muted_by_nobody: ModeratedMeeting) -> None:
    alice, attendee = muted_by_nobody.alice, muted_by_nobody.at("bob")
    problem(alice.patch(f"{attendee}/capabilities", {}), 400, "invalid-request")
    problem(alice.patch(f"{attendee}/capabilities", {"audio": "Loud"}), 400, "invalid-request")
    problem(alice.post(f"{attendee}/mute?dryRun=perhaps"), 400, "invalid-request")
    problem(alice.post(f"{attendee}/mute?force=true"), 400, "invalid-request")
    problem(alice.get("/history?limit=0"), 400, "invalid-request")
    problem(alice.post(f"{attendee}/mute", idempotency_key="has space"), 400, "invalid-request")
    problem(alice.post(f"{attendee}/mute", if_match='"a", "b"'), 400, "invalid-request")
    problem(alice.post(f"{attendee}/mute", b"reason=noise", content_type="text/plain"), 400, "invalid-request")
    problem(alice.send("DELETE", f"{attendee}/mute"), 405, "method-not-allowed")
    problem(alice.post(f"{attendee}/mute", {"reason": "x" * 70_000}), 413, "payload-too-large")
    problem(muted_by_nobody.bob.post("/users/bob/mute", {"liftableBy": "host"}), 400, "invalid-request")
    problem(muted_by_nobody.admin.put(body={"mode": "party"}, if_match="m1"), 400, "invalid-request")


def test_a_role_withholds_what_no_patch_gives(meeting: ModeratedMeeting) -> None:
    refused = problem(
        meeting.alice.patch(meeting.at("victor", "/capabilities"), {"audio": "SendReceive"}),
        409,
        "capability-unavailable",
    )
    assert [limit["by"] for limit in refused["limits"]] == ["policy"]


def test_a_revision_that_is_not_the_one_seen(meeting: ModeratedMeeting) -> None:
    seen = meeting.alice.get(meeting.at("bob")).headers["ETag"]
    done(meeting.alice.post(meeting.at("bob", "/mute"), if_match=seen))
    problem(meeting.alice.post(meeting.at("bob", "/unmute"), if_match=seen), 412, "revision-mismatch")
    assert meeting.has("bob")["audio"] == "Receive"
    done(
        meeting.alice.post(meeting.at("bob", "/unmute"), if_match=meeting.alice.get(meeting.at("bob")).headers["ETag"])
    )


def test_nothing_is_decided_while_chime_does_not_answer(local_stack: ObservedStack) -> None:
    meeting_id = local_stack.simulator.create_meeting()
    local_stack.simulator.fault(meeting_id, operation="GetMeeting", status=503, count=3)
    back_end = ModeratedMeeting(local_stack, meeting_id, {}).admin
    answer = back_end.put(body={"roles": {"alice": "host"}})
    problem(answer, 503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1
    problem(back_end.get(), 404, "meeting-not-found")
    done(back_end.put(body={"roles": {"alice": "host"}}))
    events = local_stack.bus_events.until(meeting_id, lambda seen: len(seen) >= 2)
    assert kinds(events)[0] == "Moderation Decided"
