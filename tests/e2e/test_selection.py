"""A command on several users as one request, on the deployed stack, whose function carries out several at once."""

from concurrent.futures import ThreadPoolExecutor

from tests.e2e.caller import Json, done, problem
from tests.e2e.deadline import until
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack

SECONDS = 60
PUPILS = tuple(f"pupil-{number:02d}" for number in range(24))
ROLES = {"alice": "host", "hugo": "host", **dict.fromkeys(PUPILS, "participant")}
ALL: Json = {"externalUserIds": [*PUPILS]}


def answered(meeting: ModeratedMeeting, who: str, path: str, body: Json, **headers: str) -> Json:
    """What has not come about when it is answered is pending, which a slow machine decides."""
    answer = meeting.caller(who).post(path, body, **headers)
    return done(answer, 202 if answer.status_code == 202 else 200)


def of_each(answer: Json) -> dict[str, str]:
    return {outcome["externalUserId"]: outcome["outcome"] for outcome in answer["outcomes"]}


def test_muted_told_and_muted_no_more(local_stack: ObservedStack) -> None:
    meeting = local_stack.meeting(ROLES)
    began = len(meeting.changes())
    key = "one-key"
    answer = answered(meeting, "alice", "/mute", ALL | {"reason": "exam"}, idempotency_key=key)
    assert set(of_each(answer)) == set(PUPILS)
    assert set(of_each(answer).values()) <= {"applied", "pending"}
    until(lambda: all(meeting.has(user) == MUTED for user in PUPILS), SECONDS, "each is muted")
    assert meeting.has("hugo") == EVERYTHING
    calls = [call for call in meeting.changes()[began:] if call["status"] == 200]
    assert len(calls) <= 2 * len(PUPILS)
    changes = {outcome["changeId"] for outcome in answer["outcomes"]}
    assert len(changes) == len(PUPILS)

    def is_settled() -> bool:
        return all(meeting.change(change_id)["status"] == "applied" for change_id in changes)

    until(is_settled, SECONDS, "each change is applied")
    again = meeting.alice.post("/mute", ALL | {"reason": "exam"}, idempotency_key=key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert {outcome["changeId"] for outcome in done(again)["outcomes"]} == changes
    problem(meeting.alice.post("/mute", ALL, idempotency_key=key), 422, "idempotency-key-reused")
    attendees = {"attendeeIds": [meeting.attendees[user] for user in PUPILS]}
    assert set(of_each(answered(meeting, "hugo", "/unmute", attendees))) == set(PUPILS)
    until(lambda: all(meeting.has(user) == EVERYTHING for user in PUPILS), SECONDS, "each may speak")


def test_two_hosts_at_once_leave_each_with_what_the_rules_say(local_stack: ObservedStack) -> None:
    meeting = local_stack.meeting(ROLES)
    with ThreadPoolExecutor(2) as hosts:
        asked = [
            hosts.submit(answered, meeting, "alice", "/mute", ALL),
            hosts.submit(answered, meeting, "hugo", "/mute", {**ALL, "media": ["video"]}),
        ]
    for each in asked:
        assert set(of_each(each.result()).values()) <= {"applied", "pending", "superseded"}
    silent = EVERYTHING | {"audio": "Receive", "video": "Receive"}
    until(lambda: all(meeting.has(user) == silent for user in PUPILS), SECONDS, "each has both")


def test_one_who_is_not_there_stops_nobody(local_stack: ObservedStack) -> None:
    meeting = local_stack.meeting({"alice": "host", "hugo": "host", "bob": "participant"})
    nobody = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
    answer = answered(meeting, "alice", "/mute", {"attendeeIds": [nobody, meeting.attendees["bob"]]})
    first, second = answer["outcomes"]
    assert (first["attendeeId"], first["outcome"], first["code"]) == (nobody, "refused", "attendee-not-found")
    assert second["externalUserId"] == "bob"
    until(lambda: meeting.has("bob") == MUTED, SECONDS, "bob is muted")
    problem(meeting.bob.post("/mute", {"externalUserIds": ["alice", "hugo"]}), 403, "not-permitted")
