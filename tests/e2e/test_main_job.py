"""The main job: a host mutes an attendee, Chime has it, the world is told; and everybody who may not."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.issuer import AUDIENCE, KEY_ID
from tests.e2e.bus_events import CHANGED, DECIDED, kinds
from tests.e2e.caller import Json, done, problem
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack
from tests.e2e.simulator import UPDATE

EVERY_DETAIL = {
    "schemaVersion",
    "entryId",
    "changeId",
    "meetingId",
    "externalMeetingId",
    "occurredAt",
    "actor",
    "command",
    "reason",
    "revision",
}


def detail(event: Json) -> Json:
    """What every event has, checked."""
    said: Json = event["detail"]
    assert event["source"] == "gavel"
    assert said.keys() >= EVERY_DETAIL
    assert said["schemaVersion"] == "1"
    assert said["externalMeetingId"] == "lesson"
    assert len(said["entryId"]) == 26
    assert said["occurredAt"].endswith("Z")
    return said


def test_a_host_mutes_an_attendee(meeting: ModeratedMeeting) -> None:
    answer = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    assert answer["status"] == "applied"
    assert (answer["before"], answer["after"]) == (EVERYTHING, MUTED)
    assert answer["effects"] == ["content-audio-may-flow"]
    assert answer["attendee"]["capabilities"] == MUTED == meeting.has("bob")
    [call] = meeting.changes_of("bob")
    assert (call["operation"], call["status"]) == (UPDATE, 200)
    assert call["capabilities"] == {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"}


def test_the_world_is_told_once(meeting: ModeratedMeeting) -> None:
    """A later change of the same meeting marks the end: what came before it on the stream has come."""
    muted = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    marker = done(meeting.alice.post(meeting.at("carol", "/mute")))
    bus_events = meeting.local_stack.bus_events
    bus_events.until_changed(meeting.meeting_id, marker["changeId"])
    decided, changed = bus_events.of(meeting.meeting_id, muted["changeId"])
    assert kinds([decided, changed]) == [DECIDED, CHANGED]
    said, has = detail(decided), detail(changed)
    assert said["actor"] == has["actor"] == {"kind": "user", "id": "alice"}
    assert (said["command"], said["reason"], said["verdict"]) == ("mute", "noise", "accepted")
    assert said["policies"] == ["host-may-moderate"]
    assert has["attendees"] == [
        {
            "attendeeId": meeting.attendees["bob"],
            "externalUserId": "bob",
            "before": EVERYTHING,
            "after": MUTED,
            "effects": ["content-audio-may-flow"],
        }
    ]


def test_a_participant_mutes_nobody_else(meeting: ModeratedMeeting) -> None:
    refused = problem(meeting.bob.post(meeting.at("carol", "/mute"), {"reason": "mine"}), 403, "not-permitted")
    assert refused["policies"] == ["no-permit"]
    assert meeting.changes_of("carol") == []
    assert meeting.has("carol") == EVERYTHING
    [entry] = [entry for entry in meeting.alice.history() if entry["actor"]["id"] == "bob"]
    assert (entry["verdict"], entry["code"], entry["policies"]) == ("refused", "not-permitted", ["no-permit"])
    events = meeting.local_stack.bus_events.until(
        meeting.meeting_id, lambda seen: any(event["detail"]["actor"]["id"] == "bob" for event in seen)
    )
    [event] = [event for event in events if event["detail"]["actor"]["id"] == "bob"]
    assert event["detail-type"] == DECIDED
    assert detail(event)["entryId"] == entry["entryId"]
    assert (event["detail"]["verdict"], event["detail"]["changeId"]) == ("refused", None)


def foreign_token(issuer_url: str) -> str:
    """Says that it comes from our issuer, and is signed by somebody else."""
    now = int(time.time())
    claims = {"iss": issuer_url, "aud": AUDIENCE, "iat": now, "exp": now + 600, "sub": "alice"}
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": KEY_ID})


def test_without_a_valid_token_nobody_gets_in(meeting: ModeratedMeeting) -> None:
    stack = meeting.local_stack.stack
    tokens = {
        "none": None,
        "nonsense": "nonsense",
        "expired": stack.token("alice", expires_in=-60),
        "another audience": stack.token("alice", audience="others"),
        "another key": foreign_token(stack.issuer_url),
        "another issuer": foreign_token("https://issuer.example"),
    }
    answers = {name: meeting.with_token(token).post(meeting.at("bob", "/mute")) for name, token in tokens.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(tokens, 401)
    assert meeting.has("bob") == EVERYTHING


def test_a_token_that_names_nobody_may_nothing(meeting: ModeratedMeeting) -> None:
    nobody = meeting.with_token(meeting.local_stack.stack.token(None))
    problem(nobody.post(meeting.at("bob", "/mute")), 403, "not-permitted")
    problem(nobody.get(), 403, "not-permitted")


def test_content_without_video_is_refused_before_chime_hears_of_it(meeting: ModeratedMeeting) -> None:
    answer = meeting.alice.patch(meeting.at("bob", "/capabilities"), {"content": "Receive", "video": "None"})
    problem(answer, 422, "content-needs-video")
    assert meeting.changes_of("bob") == []


@pytest.mark.parametrize("reading", ["lenient", "strict"])
def test_a_meeting_without_video(local_stack: ObservedStack, reading: str) -> None:
    """Amazon's pages contradict each other on Video `Receive` where video is off: both readings get the mute."""
    meeting_id = local_stack.simulator.create_meeting(MeetingFeatures={"Video": {"MaxResolution": "None"}})
    local_stack.simulator.control("PUT", f"meetings/{meeting_id}/settings", {"videoNoneReading": reading})
    attendees = {user: local_stack.simulator.join(meeting_id, user) for user in ("alice", "bob")}
    meeting = ModeratedMeeting(local_stack, meeting_id, attendees)
    done(meeting.admin.put(body={"roles": {"alice": "host", "bob": "participant"}}))
    answer = done(meeting.alice.post(meeting.at("bob", "/mute")))
    assert answer["status"] == "applied"
    assert meeting.has("bob")["audio"] == "Receive"
    assert meeting.shown("bob")["status"] == "applied"
    assert meeting.has("bob") == meeting.shown("bob")["capabilities"]
