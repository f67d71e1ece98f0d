"""Repeated requests are safe: an idempotency key stands for one command, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.e2e.bus_events import CHANGED, DECIDED, kinds
from tests.e2e.caller import Caller, Json, done, problem
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack

REPLAYED = "Idempotency-Replayed"


def replayed(answer: httpx.Response, first: httpx.Response) -> None:
    assert (answer.status_code, answer.json()) == (first.status_code, first.json())
    assert (answer.headers.get(REPLAYED), first.headers.get(REPLAYED)) == ("true", None)


def told_once(meeting: ModeratedMeeting, change_id: str) -> None:
    """One decision and one change, also after everything that was caused later has come."""
    marker = done(meeting.alice.post(meeting.at("carol", "/mute"), {"reason": "marker"}))
    bus_events = meeting.local_stack.bus_events
    bus_events.until_changed(meeting.meeting_id, marker["changeId"])
    assert sorted(kinds(bus_events.of(meeting.meeting_id, change_id))) == [CHANGED, DECIDED]
    assert meeting.story(change_id) == [DECIDED, CHANGED]


def test_the_first_answer_again(meeting: ModeratedMeeting) -> None:
    """Even when somebody else has changed it meanwhile: a replay is about the past."""
    path, body = meeting.at("bob", "/mute"), {"reason": "noise"}
    first = meeting.alice.post(path, body, idempotency_key="one")
    done(first)
    replayed(meeting.alice.post(path, body, idempotency_key="one"), first)
    done(meeting.alice.post(meeting.at("bob", "/unmute")))
    calls = len(meeting.changes_of("bob"))
    replayed(meeting.alice.post(path, body, idempotency_key="one"), first)
    assert (len(meeting.changes_of("bob")), meeting.has("bob")) == (calls, EVERYTHING)
    told_once(meeting, first.json()["changeId"])


def test_unchanged_and_refused_are_answers_too(meeting: ModeratedMeeting) -> None:
    done(meeting.alice.post(meeting.at("bob", "/mute")))
    for caller, path, status in (
        (meeting.alice, meeting.at("bob", "/mute"), 200),
        (meeting.bob, meeting.at("bob", "/unmute"), 409),
        (meeting.bob, meeting.at("carol", "/mute"), 403),
    ):
        key = f"kept-{status}"
        first = caller.post(path, idempotency_key=key)
        assert first.status_code == status
        replayed(caller.post(path, idempotency_key=key), first)
    assert [entry["verdict"] for entry in meeting.alice.history() if entry["actor"]["id"] == "bob"] == ["refused"] * 2


def test_what_is_wrong_with_a_request_stays_the_answer(meeting: ModeratedMeeting) -> None:
    """Even when the same request would be accepted by now."""
    for key, path, body, status, code in (
        ("role", meeting.at("bob", "/role"), {"role": "clown"}, 400, "invalid-request"),
        ("attendee", "/attendees/00000000-0000-4000-8000-000000000000/mute", {}, 404, "attendee-not-found"),
        ("change", "/undo", {"changeId": "01JZ"}, 404, "change-not-found"),
    ):
        ask = meeting.alice.put if path.endswith("/role") else meeting.alice.post
        first = ask(path, body, idempotency_key=key)
        problem(first, status, code)
        replayed(ask(path, body, idempotency_key=key), first)
    contradiction = {"video": "None", "content": "Receive"}
    first = meeting.alice.patch(meeting.at("bob", "/capabilities"), contradiction, idempotency_key="contradiction")
    problem(first, 422, "content-needs-video")
    replayed(
        meeting.alice.patch(meeting.at("bob", "/capabilities"), contradiction, idempotency_key="contradiction"), first
    )
    seen = meeting.alice.get(meeting.at("bob")).headers["ETag"]
    first = meeting.alice.post(meeting.at("bob", "/mute"), if_match='"p9.m9"', idempotency_key="revision")
    problem(first, 412, "revision-mismatch")
    replayed(meeting.alice.post(meeting.at("bob", "/mute"), if_match=seen, idempotency_key="revision"), first)
    assert meeting.has("bob") == EVERYTHING


def test_a_key_stands_for_one_request(local_stack: ObservedStack, meeting: ModeratedMeeting) -> None:
    """Another body, path or query is another request, in any meeting. Keys of different callers are independent."""
    path, body = meeting.at("bob", "/mute"), {"reason": "noise"}
    done(meeting.alice.post(path, body, idempotency_key="mine"))
    other = local_stack.meeting()
    for answer in (
        meeting.alice.post(path, {"reason": "exam"}, idempotency_key="mine"),
        meeting.alice.post(path, b'{"reason":  "noise"}', idempotency_key="mine", content_type="application/json"),
        meeting.alice.post(meeting.at("carol", "/mute"), body, idempotency_key="mine"),
        meeting.alice.patch(meeting.at("bob", "/capabilities"), {"audio": "None"}, idempotency_key="mine"),
        other.alice.post(other.at("bob", "/mute"), body, idempotency_key="mine"),
    ):
        problem(answer, 422, "idempotency-key-reused")
    assert (meeting.has("bob"), meeting.has("carol"), other.has("bob")) == (MUTED, EVERYTHING, EVERYTHING)
    done(meeting.bob.post("/users/bob/mute", {"media": ["video"]}, idempotency_key="mine"))


def test_the_key_is_looked_at_before_the_revision(meeting: ModeratedMeeting) -> None:
    """A repeated request sends the revision of its first attempt, which that attempt itself has made outdated."""
    seen = meeting.alice.get(meeting.at("bob")).headers["ETag"]
    first = meeting.alice.post(meeting.at("bob", "/mute"), if_match=seen, idempotency_key="key")
    done(first)
    replayed(meeting.alice.post(meeting.at("bob", "/mute"), if_match=seen, idempotency_key="key"), first)
    problem(
        meeting.alice.post(meeting.at("bob", "/mute"), if_match=seen, idempotency_key="new"), 412, "revision-mismatch"
    )


def test_registering_again_with_the_same_key(local_stack: ObservedStack) -> None:
    unregistered = ModeratedMeeting(local_stack, local_stack.simulator.create_meeting(), {})
    first = unregistered.admin.put(body={"roles": {"alice": "host"}}, idempotency_key="register")
    done(first)
    again = unregistered.admin.put(body={"roles": {"alice": "host"}}, idempotency_key="register")
    assert (done(again), again.headers.get(REPLAYED)) == (first.json(), "true")
    problem(unregistered.admin.put(body={}, idempotency_key="register"), 422, "idempotency-key-reused")


def test_ten_at_once_make_one_change(meeting: ModeratedMeeting) -> None:
    """An impatient client: all hear of the same change, and only one of them made it."""
    alice: Caller = meeting.alice
    path, body = meeting.at("bob", "/mute"), {"reason": "noise"}
    with ThreadPoolExecutor(10) as clients:
        posts = [clients.submit(alice.post, path, body, idempotency_key="storm") for _ in range(10)]
        answers = [post.result() for post in posts]
    documents: list[Json] = [answer.json() for answer in answers]
    assert {answer.status_code for answer in answers} <= {200, 202}, documents
    [change_id] = {document["changeId"] for document in documents}
    assert [answer.headers.get(REPLAYED) for answer in answers].count(None) == 1
    assert (len(meeting.changes_of("bob")), meeting.has("bob")) == (1, MUTED)
    told_once(meeting, change_id)
