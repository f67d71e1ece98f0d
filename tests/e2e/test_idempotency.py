"""Repeating a request does no harm: the key stands for one deed, whoever repeats it and however often."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.e2e.caller import Caller, Json, done, problem
from tests.e2e.scene import EVERYTHING, MUTED, ModeratedMeeting, Theatre
from tests.e2e.tap import CHANGED, DECIDED, kinds

REPLAYED = "Idempotency-Replayed"


def replayed(answer: httpx.Response, first: httpx.Response) -> None:
    assert (answer.status_code, answer.json()) == (first.status_code, first.json())
    assert (answer.headers.get(REPLAYED), first.headers.get(REPLAYED)) == ("true", None)


def told_once(scene: ModeratedMeeting, change_id: str) -> None:
    """One decision and one change, also after everything that was caused later has come."""
    marker = done(scene.alice.post(scene.at("carol", "/mute"), {"reason": "marker"}))
    tap = scene.theatre.tap
    tap.until_changed(scene.meeting_id, marker["changeId"])
    assert sorted(kinds(tap.of(scene.meeting_id, change_id))) == [CHANGED, DECIDED]
    assert scene.story(change_id) == [DECIDED, CHANGED]


def test_the_first_answer_again(scene: ModeratedMeeting) -> None:
    """Even when somebody else has changed it meanwhile: a replay is about the past."""
    path, body = scene.at("bob", "/mute"), {"reason": "noise"}
    first = scene.alice.post(path, body, idempotency_key="one")
    done(first)
    replayed(scene.alice.post(path, body, idempotency_key="one"), first)
    done(scene.alice.post(scene.at("bob", "/unmute")))
    calls = len(scene.changes())
    replayed(scene.alice.post(path, body, idempotency_key="one"), first)
    assert (len(scene.changes()), scene.has("bob")) == (calls, EVERYTHING)
    told_once(scene, first.json()["changeId"])


def test_unchanged_and_refused_are_answers_too(scene: ModeratedMeeting) -> None:
    done(scene.alice.post(scene.at("bob", "/mute")))
    for caller, path, status in (
        (scene.alice, scene.at("bob", "/mute"), 200),
        (scene.bob, scene.at("bob", "/unmute"), 409),
        (scene.bob, scene.at("carol", "/mute"), 403),
    ):
        key = f"kept-{status}"
        first = caller.post(path, idempotency_key=key)
        assert first.status_code == status
        replayed(caller.post(path, idempotency_key=key), first)
    assert [entry["verdict"] for entry in scene.alice.history() if entry["actor"]["id"] == "bob"] == ["refused"] * 2


def test_a_key_stands_for_one_request(theatre: Theatre, scene: ModeratedMeeting) -> None:
    """Another body, path or query is another request, in whichever meeting; another caller has keys of his own."""
    path, body = scene.at("bob", "/mute"), {"reason": "noise"}
    done(scene.alice.post(path, body, idempotency_key="mine"))
    other = theatre.scene()
    for answer in (
        scene.alice.post(path, {"reason": "exam"}, idempotency_key="mine"),
        scene.alice.post(path, b'{"reason":  "noise"}', idempotency_key="mine", content_type="application/json"),
        scene.alice.post(scene.at("carol", "/mute"), body, idempotency_key="mine"),
        scene.alice.patch(scene.at("bob", "/capabilities"), {"audio": "None"}, idempotency_key="mine"),
        other.alice.post(other.at("bob", "/mute"), body, idempotency_key="mine"),
    ):
        problem(answer, 422, "idempotency-key-reused")
    assert (scene.has("bob"), scene.has("carol"), other.has("bob")) == (MUTED, EVERYTHING, EVERYTHING)
    done(scene.bob.post("/users/bob/mute", {"media": ["video"]}, idempotency_key="mine"))


def test_the_key_is_looked_at_before_the_revision(scene: ModeratedMeeting) -> None:
    """Whoever repeats his request sends the revision of then, which the request itself has made an old one."""
    seen = scene.alice.get(scene.at("bob")).headers["ETag"]
    first = scene.alice.post(scene.at("bob", "/mute"), if_match=seen, idempotency_key="key")
    done(first)
    replayed(scene.alice.post(scene.at("bob", "/mute"), if_match=seen, idempotency_key="key"), first)
    problem(scene.alice.post(scene.at("bob", "/mute"), if_match=seen, idempotency_key="new"), 412, "revision-mismatch")


def test_registering_again_with_the_same_key(theatre: Theatre) -> None:
    meeting = ModeratedMeeting(theatre, theatre.simulator.create_meeting(), {})
    first = meeting.admin.put(body={"roles": {"alice": "host"}}, idempotency_key="register")
    done(first)
    again = meeting.admin.put(body={"roles": {"alice": "host"}}, idempotency_key="register")
    assert (done(again), again.headers.get(REPLAYED)) == (first.json(), "true")
    problem(meeting.admin.put(body={}, idempotency_key="register"), 422, "idempotency-key-reused")


def test_ten_at_once_make_one_change(scene: ModeratedMeeting) -> None:
    """An impatient client: all hear of the same change, and only one of them made it."""
    alice: Caller = scene.alice
    path, body = scene.at("bob", "/mute"), {"reason": "noise"}
    before = len(scene.changes())
    with ThreadPoolExecutor(10) as clients:
        posts = [clients.submit(alice.post, path, body, idempotency_key="storm") for _ in range(10)]
        answers = [post.result() for post in posts]
    documents: list[Json] = [answer.json() for answer in answers]
    assert {answer.status_code for answer in answers} <= {200, 202}, documents
    [change_id] = {document["changeId"] for document in documents}
    assert [answer.headers.get(REPLAYED) for answer in answers].count(None) == 1
    assert (len(scene.changes()), scene.has("bob")) == (before + 1, MUTED)
    told_once(scene, change_id)
